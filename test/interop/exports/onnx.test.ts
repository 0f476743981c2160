import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { exportModel, onnxOpsets, onnxPrecisions } from '../../../src/exports/export-model.js';
import { ROOT } from '../../e2e/cli.js';
import { describeWith, newPython, output } from '../tools.js';
import { exportedModels, type NamedModel } from './models.js';

const python = newPython.command;
const onnxruntime = { name: 'onnxruntime from PyPI', command: python, check: ['-c', 'import numpy, onnxruntime'] };

describeWith([onnxruntime], 'ONNX', () => {
  let models: readonly NamedModel[];
  let folder: string;
  beforeAll(async () => {
    models = await exportedModels(15);
    folder = await mkdtemp(join(tmpdir(), 'iris-onnx-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(onnxOpsets.flatMap((opset) => onnxPrecisions.map((precision) => ({ opset, precision }))))(
    'with version $opset and numbers that are $precision answers as the model does, on one thread and two',
    async ({ opset, precision }) => {
      const tests: string[] = [];
      for (const { model, name } of models) {
        const fileName = `${name}_${opset}_${precision}.onnx`;
        const files = exportModel(model, { format: 'onnx', fileName, opset, precision, withTest: true });
        for (const file of files) await writeFile(join(folder, file.name), file.content);
        tests.push(join(folder, files[1].name));
      }
      const found = await output(python, [`${ROOT}test/interop/exports/run_onnx.py`, ...tests]);
      expect(found.match(/^[12] threads: [1-9]\d* rows, 0 wrong$/gm)).toHaveLength(2 * models.length);
    },
  );

  it('has names, classes and the hash of the model in its metadata', async () => {
    const { model } = models.find(({ name }) => name === 'hostile')!;
    const [file] = exportModel(model, { format: 'onnx', fileName: 'hostile.onnx' });
    await writeFile(join(folder, file.name), file.content);
    const read = `import json, onnxruntime
print(json.dumps(onnxruntime.InferenceSession(${JSON.stringify(join(folder, file.name))}).get_modelmeta().custom_metadata_map))`;
    const metadata = JSON.parse(await output(python, ['-c', read]));
    expect(metadata['iris.sha256']).toBe(model.sha256);
    expect(JSON.parse(metadata['iris.features'])).toEqual(model.features);
    expect(JSON.parse(metadata['iris.classes'])).toEqual(model.classes);
  });
});
