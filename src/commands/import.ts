import { BaseCommand } from '../cli/base-command.js';
import { columnsFlag, fileArgument, integerFlag, outputFlag } from '../cli/flags.js';
import { keepInputs } from '../cli/kept-inputs.js';
import { Flags } from '../cli/oclif.js';
import { importerNames, importModel } from '../formats/import-model.js';
import { writeModel } from '../formats/store.js';
import { importJson, importText } from '../report/import.js';

export default class Import extends BaseCommand {
  static override args = {
    file: fileArgument({ description: 'Model file of the other library.', name: 'FILE', required: true }),
  };
  static override description =
    'Read a model of XGBoost, LightGBM, scikit-learn or ONNX and write it as one of iris, which answers the same, bit for bit. What it cannot honour is an error.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> booster.ubj --out model.json',
    '<%= config.bin %> <%= command.id %> model.txt --class-names no,yes --out model.json',
    '<%= config.bin %> <%= command.id %> forest.skops --out model.json --json',
  ];
  static override flags = {
    'class-names': columnsFlag('Names of the classes, in their order, of a file that has none.'),
    'feature-names': columnsFlag('Names of the features, in the order of a row, of a file that has none.'),
    format: Flags.option({
      description: 'Which library wrote the file. Default: what it looks like.',
      options: importerNames,
    })(),
    iterations: integerFlag({
      description: 'Rounds of boosting to take. Default: as whoever wrote the file predicts.',
      helpValue: 'N',
      min: 1,
    }),
    out: outputFlag({ char: 'o', description: 'Where to write.', required: true }),
  };
  static override summary = 'Make a model of XGBoost, LightGBM, scikit-learn or ONNX one of iris.';

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Import);
    const { 'class-names': classNames, 'feature-names': featureNames, format, iterations, out: path } = flags;
    await keepInputs({ files: { 'the model': args.file } }, { option: 'out', path });
    this.progress.begin('loading');
    const { model, notes, rounds } = await importModel(args.file, { classNames, featureNames, format, iterations });
    for (const note of notes) this.note(`${args.file}: ${note}`);
    this.signal.throwIfAborted();
    this.progress.begin('writing');
    await writeModel(path, model);
    const result = { model, notes, path, rounds, source: args.file };
    await this.show(importJson(result), () => importText(result));
  }
}
