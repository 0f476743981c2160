import { BaseCommand } from '../cli/base-command.js';
import { fileFlag, tableFlags, tableOptions } from '../cli/flags.js';
import { keepInputs } from '../cli/kept-inputs.js';
import { Args, Flags, type InferredFlags } from '../cli/oclif.js';
import {
  isRefused,
  type Outcome,
  type PredictedBatch,
  predictBatches,
  selectOutcomes,
} from '../cli/predict-batches.js';
import { type InputBatch, rowsFromTable } from '../cli/prediction-input.js';
import { createPredictionWriter, predictionFormats } from '../cli/prediction-output.js';
import { modelFile, openPredictionSource, sourceFlags } from '../cli/prediction-source.js';
import { PredictionTable } from '../cli/prediction-table.js';
import { RefusedRows } from '../cli/refused-rows.js';
import { rowFromArguments } from '../cli/row-arguments.js';
import type { Prediction, PredictionSource } from '../client/prediction.js';
import { openSource } from '../data/open-source.js';
import type { TableOptions } from '../data/schema.js';
import type { TableSource } from '../data/table-source.js';
import { UnseenTally, unseenInWords } from '../data/unseen.js';
import { badOption, DataError, UsageError } from '../ground/errors.js';
import { nameInWords, plural } from '../ground/quote.js';

export default class Predict extends BaseCommand {
  static override args = {
    values: Args.string({
      description: 'One row: values in feature order, or all of them as name=value; ? is a missing value.',
      multiple: true,
    }),
  };
  static override description =
    'Predict rows with a model behind a server, any that speaks the Open Inference Protocol, or in a file.';
  static override summary = 'Predict rows with a server or a model file.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 5.0 3.6 1.3 0.25 --host localhost --port 50052',
    '<%= config.bin %> <%= command.id %> sepal_length=5 sepal_width=3.6 petal_length=1.3 petal_width=0.25 --explain',
    '<%= config.bin %> <%= command.id %> --file rows.csv --format csv --probabilities',
    '<%= config.bin %> <%= command.id %> --file - --model artifacts/iris.json < rows.csv',
  ];
  static override flags = {
    explain: Flags.boolean({
      description:
        'Say which questions of the tree led to each label; of several trees, what each feature contributed.',
    }),
    file: fileFlag({
      aliases: ['data'],
      description: 'A table of rows, as iris train takes it with --data (- is standard input); columns by name.',
    }),
    format: Flags.option({ default: 'table' as const, description: 'How to print.', options: predictionFormats })(),
    into: Flags.string({
      dependsOn: ['file'],
      description: 'Of DuckDB and PostgreSQL: write the rows with their predictions into a new table there.',
      exclusive: ['format'],
      helpValue: 'TABLE',
    }),
    'on-error': Flags.option({
      dependsOn: ['file'],
      description:
        'What comes of a row that cannot be predicted: stop there, the default; leave it out; or give it no label.',
      options: ['stop', 'skip', 'null'] as const,
    })(),
    precise: Flags.boolean({
      dependsOn: ['explain'],
      description: 'Show thresholds, or contributions, with all of their digits.',
    }),
    probabilities: Flags.boolean({ description: 'Print the share of each class.' }),
    ...sourceFlags,
    ...tableFlags,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Predict, this.argv.map(withDigitFirst));
    const values = (args.values ?? []) as readonly string[];
    const { file } = flags;
    if (values.length > 0 === (file !== undefined)) {
      throw new UsageError(`expected either values or --file, found ${values.length > 0 ? 'both' : 'neither'}`);
    }
    const path = modelFile(flags);
    await keepInputs({ files: { 'the model': path }, tables: { 'the data': file } });
    const source = await openPredictionSource(path, flags, {
      note: (line) => this.note(line),
      onLoading: () => this.progress.begin('loading'),
      signal: this.signal,
    });
    // Rows on the same terminal show how far it is.
    if (file !== undefined && !process.stdout.isTTY) this.progress.begin('predicting');
    const onWarning = (warning: string) => this.warning(warning);
    const written = {
      ...tableOptions(flags),
      explain: flags.explain,
      onProgress: this.onRead,
      onWarning,
      signal: this.signal,
    };
    const unseen = new UnseenTally(source.features ?? []);
    const table = flags.into === undefined ? undefined : await writable(file!, written);
    const batches =
      file === undefined
        ? [rowFromArguments(values, source, unseen, written)]
        : rowsFromTable(table ?? file, source, written, unseen);
    const into = table && new PredictionTable(table, flags.into!, wantedOf(flags, source));
    try {
      await this.#predict(source, batches, unseen, { ...flags, into });
    } finally {
      await into?.close();
      source.close();
    }
  }

  async #predict(source: PredictionSource, batches: Batches, unseen: UnseenTally, flags: PredictFlags): Promise<void> {
    const columns = wantedOf(flags, source);
    const format = this.jsonEnabled() ? 'json' : flags.format;
    const wanted = { ...columns, probabilities: columns.probabilities || format.startsWith('json') };
    const onError = flags['on-error'] ?? 'stop';
    const writer = createPredictionWriter(format, { ...columns, precise: flags.precise });
    const refused = new RefusedRows((line) => this.note(line));
    const options = { wanted, required: columns, goOn: onError !== 'stop', signal: this.signal };
    let rowCount = 0;
    let written = 0;
    let version: string | undefined;
    let end: DataError | undefined;
    try {
      for await (const predicted of predictBatches(source, batches, options)) {
        refused.add(predicted.outcomes);
        const shown = onError === 'skip' ? withoutRefused(predicted, rowCount) : predicted;
        if (flags.into !== undefined) await flags.into.batch(shown);
        else if (!(await this.print(writer.batch(shown)))) return;
        written += shown.outcomes.length;
        version = this.#noteVersion(predicted.outcomes, version);
        rowCount += predicted.outcomes.length;
      }
    } catch (error) {
      // After broken quotes nobody can say where a row begins; what came before is told as if the table ended there.
      // A table is written whole, or not at all.
      if (flags.into !== undefined || !options.goOn || !(error instanceof DataError) || error.reason !== 'syntax')
        throw error;
      end = error;
    }
    await (flags.into === undefined ? this.print(writer.end()) : this.#endTable(flags.into, written));
    for (const line of unseenInWords(unseen.columns, rowCount)) this.warning(line);
    refused.throwIfAny(
      rowCount,
      onError === 'skip' ? ['was left out', 'were left out'] : ['has no label', 'have no label'],
      end,
    );
  }

  async #endTable(table: PredictionTable, rows: number): Promise<void> {
    await table.end();
    const { name } = table;
    await this.show({ table: name, rows }, () => `${plural(rows, 'row')} in ${nameInWords(name)}\n`);
  }

  /** @returns the version that predicted last, once one has */
  #noteVersion(outcomes: readonly Outcome[], before: string | undefined): string | undefined {
    const last = outcomes.findLast((outcome): outcome is Prediction => !isRefused(outcome));
    if (last === undefined) return before;
    const found = last.modelVersion;
    if (found !== (before ?? found))
      this.warning(`the model changed from version ${nameInWords(before!)} to ${nameInWords(found)}`);
    return found;
  }
}

/** @param before rows of the table before these */
function withoutRefused(predicted: PredictedBatch, before: number): PredictedBatch {
  const numbers = Array.from(predicted.outcomes, (_, row) => before + row + 1);
  return selectOutcomes({ ...predicted, numbers }, (outcome) => !isRefused(outcome));
}

/** What is shown of each prediction. */
function wantedOf(
  { explain, probabilities }: { readonly explain: boolean; readonly probabilities: boolean },
  { explains }: PredictionSource,
) {
  return {
    probabilities,
    path: explain && explains === 'path',
    contributions: explain && explains === 'contributions',
  };
}

type Batches = AsyncIterable<InputBatch> | Iterable<InputBatch>;
type PredictFlags = Omit<InferredFlags<typeof Predict.flags>, 'into'> & { readonly into: PredictionTable | undefined };

/** @throws UsageError where no engine writes tables */
async function writable(input: string, options: TableOptions): Promise<TableSource> {
  const source = await openSource(input, options, true);
  if (source.sink !== undefined) return source;
  throw badOption('into', 'none, as only DuckDB and PostgreSQL write a table beside the one that is read', input);
}

/** `-.5` → `-0.5`: oclif takes a dash without a digit after it for a flag. */
function withDigitFirst(argument: string): string {
  return /^-\.\d/.test(argument) ? `-0${argument.slice(1)}` : argument;
}
