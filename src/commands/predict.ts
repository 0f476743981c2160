import { BaseCommand } from '../cli/base-command.js';
import { clientTls } from '../cli/client-tls.js';
import { formatDuration } from '../cli/duration.js';
import {
  clientTlsFlags,
  durationFlag,
  expectModelFlag,
  hostFlag,
  portFlag,
  tableFlags,
  tableOptions,
  verifyKeyFlag,
} from '../cli/flags.js';
import { keepInputs } from '../cli/kept-inputs.js';
import { readVerifyKeys } from '../cli/keys.js';
import { openModel } from '../cli/local-model.js';
import { modelIn } from '../cli/model-path.js';
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
import { RefusedRows } from '../cli/refused-rows.js';
import { rowFromArguments } from '../cli/row-arguments.js';
import { InferenceClient } from '../client/inference-client.js';
import type { Prediction, PredictionSource } from '../client/prediction.js';
import { UnseenTally, unseenInWords } from '../data/unseen.js';
import { shownLocation } from '../formats/model-location.js';
import { DataError, UsageError } from '../ground/errors.js';
import { nameInWords, namesInWords } from '../ground/quote.js';
import { DEFAULT_MODEL_NAME, DEFAULT_PORT } from '../protocol/services.js';

const serverFlags = ['host', 'port', 'name', 'tls-ca', 'tls-cert', 'tls-key'];

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
    'expect-model': expectModelFlag,
    explain: Flags.boolean({ description: 'Say which questions of the tree led to each label.' }),
    file: Flags.string({ description: 'A table of rows (- is standard input); columns by name.', helpValue: 'FILE' }),
    format: Flags.option({ default: 'table' as const, description: 'How to print.', options: predictionFormats })(),
    host: hostFlag({ default: 'localhost', description: 'Where the server is.' }),
    model: Flags.string({
      char: 'm',
      description: 'Predict in this process with a model file, the folder of one, or an https:// URL.',
      exclusive: serverFlags,
      helpValue: 'FILE',
    }),
    name: Flags.string({
      description: `Name of the model at the server. Default: that of its one model, else ${DEFAULT_MODEL_NAME}.`,
    }),
    'on-error': Flags.option({
      dependsOn: ['file'],
      description:
        'What comes of a row that cannot be predicted: stop there, the default; leave it out; or give it no label.',
      options: ['stop', 'skip', 'null'] as const,
    })(),
    port: portFlag({ default: DEFAULT_PORT, description: 'Port of the server.' }),
    precise: Flags.boolean({ dependsOn: ['explain'], description: 'Show thresholds with all of their digits.' }),
    probabilities: Flags.boolean({ description: 'Print the share of each class.' }),
    timeout: durationFlag({ defaultMs: 5000, description: 'How long to wait, and to try again, for each answer.' }),
    ...clientTlsFlags,
    ...tableFlags,
    'verify-key': verifyKeyFlag(['model']),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Predict, this.argv.map(withDigitFirst));
    const values = (args.values ?? []) as readonly string[];
    const { file } = flags;
    if (values.length > 0 === (file !== undefined)) {
      throw new UsageError(`expected either values or --file, found ${values.length > 0 ? 'both' : 'neither'}`);
    }
    const path = flags.model === undefined ? undefined : modelIn(flags.model);
    await keepInputs({ files: { 'the model': path }, tables: { 'the data': file } });
    const source = path === undefined ? await this.#connect(flags) : await this.#open(path, flags);
    // Rows on the same terminal show how far it is.
    if (file !== undefined && !process.stdout.isTTY) this.progress.begin('predicting');
    const onWarning = (warning: string) => this.warning(warning);
    const written = { ...tableOptions(flags), explain: flags.explain, onProgress: this.onRead, onWarning };
    const unseen = new UnseenTally(source.features ?? []);
    const batches =
      file === undefined
        ? [rowFromArguments(values, source, unseen, written)]
        : rowsFromTable(file, source, written, unseen);
    try {
      await this.#predict(source, batches, unseen, flags);
    } finally {
      source.close();
    }
  }

  async #open(path: string, flags: PredictFlags): Promise<PredictionSource> {
    this.progress.begin('loading');
    const verifyKeys = await readVerifyKeys(flags['verify-key']);
    const model = await openModel(path, { expectModel: flags['expect-model'], verifyKeys }, this.signal);
    this.note(`model: ${shownLocation(path)}, version ${model.version} (--model)`);
    return model;
  }

  async #connect(flags: PredictFlags): Promise<PredictionSource> {
    const { host, name, port, timeout: timeoutMs } = flags;
    const patience = formatDuration(timeoutMs);
    let told = false;
    const onRetry = (reason: string) => {
      if (!told) this.note(`${reason}: trying again for up to ${patience}`);
      told = true;
    };
    const client = await InferenceClient.connect(
      { host, port, tls: await clientTls(flags) },
      { model: name, expectModel: flags['expect-model'], timeoutMs, signal: this.signal, onRetry },
    );
    const versions = namesInWords(client.versions) || 'unknown';
    this.note(`model: ${nameInWords(client.model)}, version ${versions}, at ${client.address}`);
    return client;
  }

  async #predict(source: PredictionSource, batches: Batches, unseen: UnseenTally, flags: PredictFlags): Promise<void> {
    const columns = { probabilities: flags.probabilities, path: flags.explain };
    const format = this.jsonEnabled() ? 'json' : flags.format;
    const wanted = { ...columns, probabilities: columns.probabilities || format.startsWith('json') };
    const onError = flags['on-error'] ?? 'stop';
    const writer = createPredictionWriter(format, { ...columns, precise: flags.precise });
    const refused = new RefusedRows((line) => this.note(line));
    const options = { wanted, required: columns, goOn: onError !== 'stop', signal: this.signal };
    let rowCount = 0;
    let version: string | undefined;
    let end: DataError | undefined;
    try {
      for await (const predicted of predictBatches(source, batches, options)) {
        refused.add(predicted.outcomes);
        if (!(await this.print(writer.batch(onError === 'skip' ? withoutRefused(predicted, rowCount) : predicted))))
          return;
        version = this.#noteVersion(predicted.outcomes, version);
        rowCount += predicted.outcomes.length;
      }
    } catch (error) {
      // After broken quotes nobody can say where a row begins; what came before is told as if the table ended there.
      if (!options.goOn || !(error instanceof DataError) || error.reason !== 'syntax') throw error;
      end = error;
    }
    await this.print(writer.end());
    for (const line of unseenInWords(unseen.columns, rowCount)) this.warning(line);
    refused.throwIfAny(
      rowCount,
      onError === 'skip' ? ['was left out', 'were left out'] : ['has no label', 'have no label'],
      end,
    );
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

type Batches = AsyncIterable<InputBatch> | Iterable<InputBatch>;
type PredictFlags = InferredFlags<typeof Predict.flags>;

/** `-.5` → `-0.5`: oclif takes a dash without a digit after it for a flag. */
function withDigitFirst(argument: string): string {
  return /^-\.\d/.test(argument) ? `-0${argument.slice(1)}` : argument;
}
