import { BaseCommand } from '../cli/base-command.js';
import {
  fileArgument,
  fileFlag,
  integerFlag,
  labelledTableFlags,
  labelledTableOptions,
  verifyKeyFlag,
} from '../cli/flags.js';
import { keepInputs } from '../cli/kept-inputs.js';
import { readVerifyKeys } from '../cli/keys.js';
import { Flags, type InferredFlags } from '../cli/oclif.js';
import type { LabelledTableOptions } from '../data/schema.js';
import { readTrainingTable, type Verification, verifyImported, verifyModel } from '../evaluation/verify-model.js';
import { shownLocation } from '../formats/model-location.js';
import { readArtifact } from '../formats/store.js';
import { badOption, CheckFailedError } from '../ground/errors.js';
import { MAX_JOBS } from '../ground/limits.js';
import type { Model } from '../model/model.js';
import { AGGREGATES_HASH } from '../pushdown/fingerprint.js';
import { describeVerification, verificationJson } from '../report/training-verification.js';

export default class Verify extends BaseCommand {
  static override args = {
    model: fileArgument({ description: 'Model file, or its https:// URL.', name: 'MODEL', required: true }),
  };
  static override description =
    'Train a model again from its record and its table, and compare the bytes. Exit code 1 and what differs, if they do. Of an imported model its hash and its verification rows are compared.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> artifacts/iris.json',
    '<%= config.bin %> <%= command.id %> artifacts/wine.json --data wine.csv --json',
  ];
  static override flags = {
    ...labelledTableFlags,
    data: fileFlag({
      char: 'd',
      description:
        'Table that the model was trained on, - for standard input. Default: the bundled iris, if it is that.',
    }),
    jobs: integerFlag({
      description: 'Threads; the tree is the same with any number.',
      helpValue: 'N',
      max: MAX_JOBS,
      min: 1,
    }),
    regrow: Flags.boolean({
      description: 'Of a model that was grown in an engine: grow it again there. Default: its leaves are counted.',
    }),
    'verify-key': verifyKeyFlag(),
  };
  static override summary = 'Train a model again and compare the bytes.';

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Verify);
    await keepInputs({ files: { 'the model': args.model }, tables: { 'the data': flags.data } });
    this.progress.begin('loading');
    const verifyKeys = await readVerifyKeys(flags['verify-key']);
    const { model, text } = await readArtifact(args.model, this.signal, { verifyKeys });
    const verification = this.#verifyImported(model, flags) ?? (await this.#verifyTraining(model, text, flags));
    const path = shownLocation(args.model);
    const answer = describeVerification(model, path, verification);
    if (!verification.verified && !this.jsonEnabled()) throw new CheckFailedError(answer);
    await this.show(verificationJson(model, path, verification), () => `${answer}\n`);
    if (!verification.verified) throw new CheckFailedError(answer);
  }

  /** Null for a model of its own training. @throws UsageError for what is about training */
  #verifyImported(model: Model, flags: VerifyFlags): Verification | null {
    const imported = verifyImported(model);
    if (imported === null) return null;
    for (const option of ['data', 'regrow', 'jobs'] as const) {
      if (flags[option] === undefined || flags[option] === false) continue;
      throw badOption(option, 'none, as the model was imported: there is no training to repeat', flags[option]);
    }
    return imported;
  }

  async #verifyTraining(model: Model, text: string, flags: VerifyFlags): Promise<Verification> {
    this.progress.begin('reading');
    const { signal } = this;
    const layout = labelledTableOptions(flags);
    const isCounted = model.provenance.data?.hash === AGGREGATES_HASH;
    if (!isCounted || flags.data === undefined) {
      return this.#verifyRows(model, text, flags, { ...layout, onProgress: this.onRead, signal });
    }
    const { verifyPushedDown } = await import('../pushdown/verify-pushed-down.js');
    return verifyPushedDown(model, text, flags.data, layout, { regrow: flags.regrow, signal });
  }

  async #verifyRows(
    model: Model,
    text: string,
    { data, jobs, regrow }: VerifyFlags,
    layout: LabelledTableOptions,
  ): Promise<Verification> {
    if (regrow) throw badOption('regrow', 'false, as the model was grown of rows, and always is again', true);
    const dataset = await readTrainingTable(model, data, layout);
    for (const warning of dataset.warnings) this.warning(warning);
    return verifyModel(model, text, dataset, {
      ...(jobs === undefined ? {} : { jobs }),
      signal: this.signal,
      onProgress: this.onTraining,
    });
  }
}

type VerifyFlags = InferredFlags<typeof Verify.flags>;
