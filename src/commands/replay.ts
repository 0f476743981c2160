import { BaseCommand } from '../cli/base-command.js';
import { fileArgument, integerFlag } from '../cli/flags.js';
import { keepInputs } from '../cli/kept-inputs.js';
import { Flags, type InferredFlags } from '../cli/oclif.js';
import { isRefused, type Outcome, predictBatches } from '../cli/predict-batches.js';
import { modelFile, openPredictionSource, sourceFlags } from '../cli/prediction-source.js';
import { type PlacedRow, placeOf, type RecordedBatch, recordedBatches } from '../cli/recorded-rows.js';
import type { PredictionSource } from '../client/prediction.js';
import { AnswerChanges } from '../evaluation/answer-changes.js';
import { CheckFailedError } from '../ground/errors.js';
import { plural } from '../ground/quote.js';
import { describeReplay, replayJson } from '../report/replay.js';

export default class Replay extends BaseCommand {
  static override args = {
    files: fileArgument({
      description: 'What iris serve --record wrote; the older file, FILE.1, first.',
      multiple: true,
      name: 'FILE',
      required: true,
    }),
  };
  static override description =
    'Predict the rows that a server recorded again, with a model behind a server or in a file, and say what changed. Exit code 1 where a label changed or a row is refused.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> rows.jsonl --model candidate.json',
    '<%= config.bin %> <%= command.id %> rows.jsonl.1 rows.jsonl --host canary --port 50052 --json',
  ];
  static override flags = {
    recorded: Flags.string({
      description: 'Replay the rows of this model only, where several were recorded.',
      helpValue: 'NAME',
    }),
    show: integerFlag({
      default: 10,
      description: 'Rows that changed to show, the first ones.',
      helpValue: 'N',
      min: 0,
    }),
    ...sourceFlags,
  };
  static override summary = 'Predict recorded rows again, and say what changed.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Replay);
    const files = args.files as readonly string[];
    const path = modelFile(flags);
    await keepInputs({ files: { 'the model': path, ...Object.fromEntries(files.map((file) => [file, file])) } });
    const source = await openPredictionSource(path, flags, {
      note: (line) => this.note(line),
      onLoading: () => this.progress.begin('loading'),
      signal: this.signal,
    });
    this.progress.begin('replaying');
    try {
      await this.#replay(source, files, flags);
    } finally {
      source.close();
    }
  }

  async #replay(source: PredictionSource, files: readonly string[], flags: ReplayFlags): Promise<void> {
    const changes = new AnswerChanges<PlacedRow>(flags.show);
    const [recorded, replayed] = [new Set<string>(), new Set<string>()];
    const onWarning = (warning: string) => this.warning(warning);
    const batches = recordedBatches(files, source, { recorded: flags.recorded, onWarning });
    const wanted = { probabilities: true, path: false };
    const options = { wanted, required: { ...wanted, probabilities: false }, goOn: true, signal: this.signal };
    for await (const { batch, outcomes } of predictBatches(source, batches, options)) {
      // As it goes on after each refused row, batches come as they went.
      for (const [row, record] of (batch as RecordedBatch).records.entries()) {
        const outcome = outcomes[row]!;
        compare(changes, record, outcome);
        recorded.add(record.version);
        if (!isRefused(outcome)) replayed.add(outcome.modelVersion);
      }
    }
    const versions = { recorded: [...recorded], replayed: [...replayed] };
    await this.show(replayJson(changes, versions), () => describeReplay(changes, versions));
    const { changed, refused, rowCount } = changes;
    if (changed + refused === 0) return;
    const refusals = refused === 0 ? '' : `, ${refused} refused`;
    throw new CheckFailedError(`the labels of ${changed} of ${plural(rowCount, 'row')} changed${refusals}`);
  }
}

type ReplayFlags = InferredFlags<typeof Replay.flags>;

function compare(changes: AnswerChanges<PlacedRow>, record: PlacedRow, outcome: Outcome): void {
  const before = { label: record.label, shares: new Map(Object.entries(record.probabilities)) };
  if (isRefused(outcome)) {
    const { message } = outcome.refusal;
    const place = `${placeOf(record)}: `;
    changes.refuse(record, before, message.startsWith(place) ? message.slice(place.length) : message);
    return;
  }
  const { label, probabilities } = outcome;
  const shares = probabilities.length === 0 ? undefined : new Map(probabilities.map((one) => [one.class, one.share]));
  changes.add(record, before, { label, shares });
}
