import { describe, expect, it } from 'vitest';
import { contractFor } from '../../src/contract/contract.js';
import { writeContract } from '../../src/contract/proto-text.js';
import { importBytes } from '../../src/formats/import-model.js';
import { assembleModel } from '../../src/formats/registry.js';
import { createClassifier } from '../../src/model/classifier.js';
import { runSteps } from '../../src/model/steps.js';
import { playgroundPage } from '../../src/report/playground/page.js';
import { preparing } from '../../src/server/models/served-model.js';
import { ServerCounts } from '../../src/server/telemetry/counts.js';
import { modelMetrics } from '../../src/server/telemetry/metrics.js';
import { fixturesOf, readFixture } from '../formats/fixtures.js';
import { serveHttp } from './http/calling.js';
import { serveAndConnect } from './serving.js';

const { bytes } = readFixture(fixturesOf('sklearn-1.9.1-hist-categories')[0]!);
const { model } = importBytes(bytes, 'm');
const classifier = createClassifier(model);

/** Categories by their index, as the model has them, and by name, as a client sends them. */
const rows = [
  [1.5, 2, 0.3, 4],
  [0.5, 1, -0.3, 11],
  [-0.5, Number.NaN, 2, -1],
];
const inputs = [
  { name: 'a', datatype: 'FP64', shape: [3], data: [1.5, 0.5, -0.5] },
  { name: 'b', datatype: 'BYTES', shape: [3], data: ['2.0', '1', ''] },
  { name: 'c', datatype: 'FP64', shape: [3], data: [0.3, -0.3, 2] },
  { name: 'd', datatype: 'BYTES', shape: [3], data: ['4', '11', 'never seen'] },
];

function expected() {
  const labels = new Int32Array(3);
  const shares = new Float64Array(3 * model.classes.length);
  const leaves = new Int32Array(3 * classifier.treeCount);
  classifier.answerInto(Float64Array.from(rows.flat()), 3, { labels, shares, leaves });
  return { labels: Array.from(labels, (label) => model.classes[label]), shares: [...shares], leaves: [...leaves] };
}

describe('an imported model', () => {
  it('is served over HTTP, with a leaf of each tree and no path', async () => {
    const { get, infer } = await serveHttp({ model });
    const described = (await get('/v2/models/iris')).json;
    expect(described.outputs).toEqual([
      { name: 'label', datatype: 'BYTES', shape: [-1] },
      { name: 'class_index', datatype: 'INT32', shape: [-1] },
      { name: 'probabilities', datatype: 'FP64', shape: [-1, 3] },
      { name: 'leaf', datatype: 'INT32', shape: [-1, 12] },
      { name: 'contributions', datatype: 'FP64', shape: [-1, 3, 6] },
    ]);
    const outputs = [{ name: 'label' }, { name: 'probabilities' }, { name: 'leaf' }];
    const { json } = await infer({ inputs, outputs });
    const { labels, leaves, shares } = expected();
    expect(json.outputs.map(({ data }: { data: unknown }) => data)).toEqual([labels, shares, leaves]);
    expect(await infer({ inputs, outputs: [{ name: 'decision_path' }] })).toMatchObject({ status: 400 });
  });

  it('explains rows by the contributions of their features', async () => {
    const { infer } = await serveHttp({ model });
    const { json } = await infer({ inputs, outputs: [{ name: 'contributions' }] });
    const contributions = new Float64Array(3 * 3 * 6);
    classifier.contributionsInto(Float64Array.from(rows.flat()), 3, contributions);
    expect(json.outputs).toEqual([
      {
        name: 'contributions',
        datatype: 'FP64',
        shape: [3, 3, 6],
        parameters: { classes: JSON.stringify(model.classes), of: 'margin' },
        data: [...contributions],
      },
    ]);
  });

  it('is served over gRPC, by the open protocol and by a contract of its own', async () => {
    const contract = writeContract(contractFor(model, 'thing'));
    const client = await serveAndConnect({ model, contract });
    const tensors = inputs.map(({ data, datatype, name }) => ({
      name,
      datatype,
      shape: [3],
      contents:
        datatype === 'FP64' ? { fp64_contents: data } : { bytes_contents: data.map((text) => Buffer.from(`${text}`)) },
    }));
    const outputs = [{ name: 'probabilities' }];
    const reply = await client.call('inference', 'ModelInfer', { model_name: 'iris', inputs: tensors, outputs });
    expect(reply).toMatchObject({
      outputs: [{ name: 'probabilities', contents: { fp64_contents: expected().shares } }],
    });
  });

  it('is counted and shown without a tree to draw', () => {
    const counts = new ServerCounts();
    const served = runSteps(preparing(model, 'iris', counts.predictions.instrument));
    served.classifier.labelsInto(Float64Array.from(rows.flat()), 3, new Int32Array(3));
    const metrics = modelMetrics(served, counts.leaves(served), { reloaded: 0, failed: 0, fileRefused: false });
    expect(JSON.stringify(metrics)).not.toMatch(/NaN|null/);
    expect(playgroundPage(model, 'iris')).not.toMatch(/\bNaN\b|\bundefined\b|Infinity/);
  });

  it('predicts rows by name, without a path', () => {
    const { shares } = expected();
    const named = model.predict({ a: 1.5, b: 2, c: 0.3, d: '4' });
    expect(named.probabilities.map(({ share }) => share)).toEqual(shares.slice(0, 3));
    expect(() => model.predict({ a: 1.5, b: 2, c: 0.3, d: '4' }, { path: true })).toThrow(
      'the model has no path to a leaf, as it is more than one tree: ask for contributions',
    );
    expect(assembleModel(model).sha256).toBe(model.sha256);
  });
});
