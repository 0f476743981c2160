import { BaseCommand } from '../cli/base-command.js';
import { integerFlag, labelledTableFlags, labelledTableOptions, verifyKeyFlag } from '../cli/flags.js';
import { keepInputs } from '../cli/kept-inputs.js';
import { readVerifyKeys } from '../cli/keys.js';
import { Args, Flags } from '../cli/oclif.js';
import { readTrainingTable, verifyModel } from '../evaluation/verify-model.js';
import { shownLocation } from '../formats/model-location.js';
import { readArtifact } from '../formats/store.js';
import { CheckFailedError } from '../ground/errors.js';
import { MAX_JOBS } from '../ground/limits.js';
import { describeVerification, verificationJson } from '../report/training-verification.js';

export default class Verify extends BaseCommand {
  static override args = {
    model: Args.string({ description: 'Model file, or its https:// URL.', name: 'MODEL', required: true }),
  };
  static override description =
    'Train a model again from its record and its table, and compare the bytes. Exit code 1 and what differs, if they do.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> artifacts/iris.json',
    '<%= config.bin %> <%= command.id %> artifacts/wine.json --data wine.csv --json',
  ];
  static override flags = {
    ...labelledTableFlags,
    data: Flags.string({
      char: 'd',
      description:
        'Table that the model was trained on, - for standard input. Default: the bundled iris, if it is that.',
      helpValue: 'FILE',
    }),
    jobs: integerFlag({
      description: 'Threads; the tree is the same with any number.',
      helpValue: 'N',
      max: MAX_JOBS,
      min: 1,
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
    this.progress.begin('reading');
    const layout = { ...labelledTableOptions(flags), onProgress: this.onRead, signal: this.signal };
    const dataset = await readTrainingTable(model, flags.data, layout);
    for (const warning of dataset.warnings) this.warning(warning);
    const verification = await verifyModel(model, text, dataset, {
      ...(flags.jobs === undefined ? {} : { jobs: flags.jobs }),
      signal: this.signal,
      onProgress: this.onTraining,
    });
    const path = shownLocation(args.model);
    const answer = describeVerification(model, path, verification);
    if (!verification.verified && !this.jsonEnabled()) throw new CheckFailedError(answer);
    await this.show(verificationJson(model, path, verification), () => `${answer}\n`);
    if (!verification.verified) throw new CheckFailedError(answer);
  }
}
