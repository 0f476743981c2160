import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { exportModel, onnxOpsets, onnxPrecisions } from '../../../src/exports/export-model.js';
import { exp, expf } from '../../../src/exports/onnx/exponential.js';
import { Graph } from '../../../src/exports/onnx/graph.js';
import { onnxBytes } from '../../../src/exports/onnx/messages.js';
import { makeVectors } from '../../../src/exports/vectors.js';
import { createClassifier } from '../../../src/model/classifier.js';
import * as exponential from '../../../src/tree/exponential.js';
import { ROOT } from '../../e2e/cli.js';
import { describeWith, newPython, output } from '../tools.js';
import { exportedEnsembles, exportedModels, type NamedModel } from './models.js';

const python = newPython.command;
const onnxruntime = { name: 'onnxruntime from PyPI', command: python, check: ['-c', 'import numpy, onnxruntime'] };

describeWith([onnxruntime], 'ONNX', () => {
  let models: readonly NamedModel[];
  let folder: string;
  beforeAll(async () => {
    models = [...(await exportedModels(15)), ...(await exportedEnsembles(15))];
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

  it.each(onnxOpsets)('with version %d gives the leaf of each of several trees', async (opset) => {
    const several = models.filter(({ model }) => model.scorer.kind !== 'tree');
    const expected: Record<string, { readonly rows: string; readonly leaves: number[][] }> = {};
    for (const { model, name } of several) {
      const vectors = [...makeVectors(model)];
      const known = vectors.filter(({ label }) => label >= 0).slice(0, 200);
      const refused = vectors.filter(({ label }) => label < 0).slice(0, 20);
      const treeCount = model.scorer.kind === 'tree' ? 1 : model.scorer.ensemble.trees.treeCount;
      const found = new Int32Array(known.length * treeCount);
      const rows = Float64Array.from([...known, ...refused].flatMap(({ input }) => [...input]));
      createClassifier(model).leavesInto(rows, known.length, found);
      const leaves = [...known, ...refused].map((_, row) =>
        Array.from({ length: treeCount }, (_leaf, tree) => found[row * treeCount + tree] ?? -1),
      );
      const [file] = exportModel(model, { format: 'onnx', fileName: `${name}_leaves.onnx`, opset });
      await writeFile(join(folder, file.name), file.content);
      expected[join(folder, file.name)] = { rows: Buffer.from(rows.buffer).toString('hex'), leaves };
    }
    await writeFile(join(folder, 'leaves.json'), JSON.stringify(expected));
    const compare = `import json, numpy, onnxruntime
for path, known in json.load(open(${JSON.stringify(join(folder, 'leaves.json'))})).items():
    session = onnxruntime.InferenceSession(path)
    rows = numpy.frombuffer(bytes.fromhex(known["rows"])).reshape(len(known["leaves"]), -1)
    (found,) = session.run(["leaf"], {"rows": rows})
    print((found == numpy.array(known["leaves"])).all(), found.shape[1] > 0)`;
    expect(await output(python, ['-c', compare])).toBe('True True\n'.repeat(several.length));
  });

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

  it('has the exponential functions of glibc, bit for bit', async () => {
    const values = Float64Array.from(exponents());
    const expected = { exp: values.map(exponential.exp), expf: values.map(Math.fround).map(exponential.expf) };
    for (const name of ['exp', 'expf'] as const) {
      const graph = new Graph();
      const found = name === 'exp' ? exp(graph, 'x') : graph.cast(expf(graph, graph.rounded('x')), 'double');
      graph.add('Identity', [found], {}, 'y');
      const shape = { type: 'double', shape: ['rows'] } as const;
      const bytes = onnxBytes({
        ...{ name, description: '', opsets: { '': 13 }, metadata: {} },
        inputs: [{ name: 'x', ...shape }],
        outputs: [{ name: 'y', ...shape }],
        ...{ initializers: graph.initializers, nodes: graph.nodes },
      });
      await writeFile(join(folder, `${name}.onnx`), bytes);
      await writeFile(join(folder, `${name}.x`), values);
      await writeFile(join(folder, `${name}.y`), expected[name]);
    }
    const compare = `import numpy, onnxruntime
for name in ("exp", "expf"):
    path = ${JSON.stringify(folder)} + "/" + name
    x, y = numpy.fromfile(path + ".x"), numpy.fromfile(path + ".y")
    found = onnxruntime.InferenceSession(path + ".onnx").run(None, {"x": x})[0]
    print(len(x), (found.view("u8") != y.view("u8")).sum())`;
    expect(await output(python, ['-c', compare])).toBe(`${values.length} 0\n`.repeat(2));
  });
});

/** Of each range in which the functions compute otherwise: small, usual, near the largest and the smallest result. */
function exponents(): number[] {
  const random = Array.from({ length: 20_000 }, (_, index) => ((index * 48271) % 20_011) / 20_011 - 0.5);
  const ranges = [10, 210, 1500, 2 ** -20, 2 ** -50].flatMap((width) => random.map((value) => value * width));
  const nearZero = random.map((value) => -728 + value * 40);
  return [0, -0, 1, 709.782712893384, 709.7827128933841, -745.1332191019412, 1e300, -1e300, ...ranges, ...nearZero];
}
