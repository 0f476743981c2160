import { basename, dirname, join } from 'node:path';
import { BaseCommand } from '../cli/base-command.js';
import { fileArgument, outputFlag, verifyKeyFlag } from '../cli/flags.js';
import { keepInputs } from '../cli/kept-inputs.js';
import { readVerifyKeys } from '../cli/keys.js';
import { Flags } from '../cli/oclif.js';
import { exportFormats, exportModel, onnxPrecisions } from '../exports/export-model.js';
import { sqlDialects } from '../exports/sql/dialects.js';
import { readModel } from '../formats/store.js';
import { writeWholeFile } from '../formats/whole-file.js';

export default class Export extends BaseCommand {
  static override args = {
    model: fileArgument({ description: 'Model file, or its https:// URL.', name: 'MODEL', required: true }),
  };
  static override description =
    'Write a model as code that needs no iris: the same class, probabilities and leaf for every row, bit for bit. What is in the file is named after it. The format vectors writes rows and answers that prove any of it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> artifacts/iris.json --format c --out scorer/iris.c --with-test',
    '<%= config.bin %> <%= command.id %> artifacts/iris.json --format java --package com.example --out src/com/example/Iris.java',
    '<%= config.bin %> <%= command.id %> artifacts/iris.json --format sql --dialect duckdb --table flowers --out score.sql',
    '<%= config.bin %> <%= command.id %> artifacts/iris.json --format vectors --out iris.tsv',
  ];
  static override flags = {
    dialect: Flags.option({ description: 'Of sql: the engine that reads it.', options: sqlDialects })(),
    format: Flags.option({ description: 'What to write.', options: exportFormats, required: true as const })(),
    function: Flags.string({
      description: 'Of sql: make a function of this name, which gives the class.',
      helpValue: 'NAME',
    }),
    opset: Flags.option({
      description: 'Of onnx: version of ai.onnx.ml; 3 is for runtimes before 2025. Default: 5.',
      options: ['3', '5'] as const,
    })(),
    out: outputFlag({
      char: 'o',
      description: 'Where to write it; other files of the format lie beside it.',
      required: true,
    }),
    package: Flags.string({ description: 'Package of the code, in Go and Java. Default in Go: after the file.' }),
    precision: Flags.option({
      description: 'Of onnx: of rows, thresholds and probabilities. Default: double.',
      options: onnxPrecisions,
    })(),
    table: Flags.string({
      description: 'Of sql: score the rows of this table. Without this and --function: an expression for the class.',
      helpValue: 'NAME',
    }),
    'verify-key': verifyKeyFlag(),
    'with-test': Flags.boolean({ description: 'Write a test beside it that runs the vectors, and these.' }),
  };
  static override summary = 'Write a model as code for other programs.';

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Export);
    const { format, out, 'verify-key': keys, 'with-test': withTest, json: _, opset, ...rest } = flags;
    await keepInputs({ files: { 'the model': args.model } }, { option: 'out', path: out });
    this.progress.begin('loading');
    const trust = { verifyKeys: await readVerifyKeys(keys) };
    const model = await readModel(args.model, this.signal, trust);
    this.progress.begin('exporting');
    const files = exportModel(model, {
      ...{ format, fileName: basename(out), withTest, ...rest },
      ...(opset !== undefined && { opset: opset === '3' ? 3 : 5 }),
    });
    const written = files.map(({ content, name }) => ({ path: join(dirname(out), name), content }));
    for (const { path } of written) {
      await keepInputs({ files: { 'the model': args.model } }, { option: 'out', path });
    }
    for (const { content, path } of written) await writeWholeFile(path, content);
    const paths = written.map(({ path }) => path);
    await this.show({ format, version: model.version, paths }, () => paths.map((path) => `${path}\n`).join(''));
  }
}
