import { describe, expect, it } from 'vitest';
import { bundledIrisPath } from '../../src/data/bundled.js';
import { crossValidate } from '../../src/evaluation/cross-validation.js';
import { evaluate } from '../../src/evaluation/evaluate.js';
import { measureFeatureLosses } from '../../src/evaluation/feature-losses.js';
import { readSubject } from '../../src/evaluation/subject.js';
import { readTrainingTable, verifyModel } from '../../src/evaluation/verify-model.js';
import { assembleModel, serializeModel } from '../../src/formats/iris-json/format.js';
import { UsageError } from '../../src/ground/errors.js';
import { UNKNOWN_PROVENANCE } from '../../src/model/provenance.js';
import { singleTree } from '../../src/model/single-tree.js';
import { runSteps } from '../../src/model/steps.js';
import { evaluationHtml } from '../../src/report/html/evaluation-html.js';
import { changesText } from '../../src/report/inspection/changes.js';
import { inspectionFormats, renderInspection } from '../../src/report/inspection/formats.js';
import { inspectionJson } from '../../src/report/inspection/inspection.js';
import { playgroundPage } from '../../src/report/playground/page.js';
import { preparing } from '../../src/server/models/served-model.js';
import { ServerCounts } from '../../src/server/telemetry/counts.js';
import { modelMetrics } from '../../src/server/telemetry/metrics.js';
import { impurityImportances } from '../../src/tree/importance.js';
import { trainOn } from '../evaluation/subjects.js';
import { irisModel } from '../server/models.js';
import { flower, serveAndConnect } from '../server/serving.js';

const known = irisModel();
const bare = assembleModel({ ...known, provenance: UNKNOWN_PROVENANCE });

describe('a model that does not say where it comes from', () => {
  it('is scored on all rows of a table that is given, the last column that is no feature being the target', async () => {
    const { dataset, model } = await trainOn({ holdout: 0 });
    const subject = await readSubject(assembleModel({ ...model, provenance: UNKNOWN_PROVENANCE }), bundledIrisPath());
    expect(subject.dataset.target).toBe(dataset.target);
    const { measured, notes, scored } = await evaluate(subject);
    expect([scored, measured.rows, measured.metrics.accuracy.value]).toEqual(['all rows', 150, 1]);
    expect(notes).toContain('the model does not record what it was trained on: these rows may be among it');
    expect(runSteps(measureFeatureLosses(subject))).toMatchObject({ scored: 'all rows', rows: 150 });
    const page = evaluationHtml(await evaluate(subject), {
      model: subject.model,
      path: 'm.json',
      featureLosses: runSteps(measureFeatureLosses(subject)),
    });
    expect(page).toContain('How well the model predicts the class');
    expect(page).not.toContain('id="profile"');
    expect(page).not.toContain('id="record"');
    expect(page).toContain('id="tree-section"');
  });

  it('is not trained again, and says why', async () => {
    const { dataset } = await trainOn();
    const none = (purpose: string, part: string) =>
      new UsageError(`${purpose} needs a model with ${part}, and this one has none`);
    const subject = { model: bare, dataset };
    await expect(crossValidate(subject, { folds: 3, repeats: 1 })).rejects.toThrow(
      none('cross-validation', 'a record of its training'),
    );
    await expect(readTrainingTable(bare, undefined)).rejects.toThrow(
      none('a verification', 'the hash of its training table'),
    );
    await expect(readSubject(bare, undefined)).rejects.toThrow(
      `${none('an evaluation without a table', 'the hash of its training table').message}; option input=FILE scores any table`,
    );
    await expect(verifyModel(bare, serializeModel(bare), dataset)).rejects.toThrow(
      none('a verification', 'a record of its training'),
    );
  });

  it('is inspected and compared like any other', () => {
    const { classWeights, tree } = singleTree(bare)!;
    const importances = impurityImportances(tree, classWeights);
    const inspection = { path: 'm.json', model: bare, importances, pathNodes: new Set<number>() };
    for (const format of inspectionFormats) {
      expect(renderInspection(inspection, format, 'plain')).not.toMatch(/\bNaN\b|\bundefined\b|\bnull\b|Infinity/);
    }
    expect(renderInspection(inspection, 'text', 'plain')).toMatch(
      /\ntraining\n {2}not recorded in the model\n\nmetrics\n {2}not recorded in the model\n$/,
    );
    expect(inspectionJson(inspection)).toMatchObject({ training: null, metrics: null });
    const compared = { before: { path: 'a', model: known }, after: { path: 'b', model: bare } };
    expect(changesText(compared)).toContain('metrics: {');
  });

  it('is served: any positive measurement is one, nothing is out of range, and the engine is unknown', async () => {
    const client = await serveAndConnect({ model: bare });
    const reply = await client.call('iris', 'PredictIrisSpecies', flower);
    expect(reply).toMatchObject({ species_name: 'setosa', model_version: bare.version });
    const counts = new ServerCounts();
    const served = runSteps(preparing(bare, 'iris', counts.predictions.instrument));
    served.classifier.leavesInto(Float64Array.of(1e9, -1e9, 1e9, 0), 1, new Int32Array(1));
    const { outOfRange } = counts.read();
    expect([...outOfRange.values()]).toEqual([0, 0, 0, 0]);
    const [info] = modelMetrics(served, counts.leaves(served), { reloaded: 0, failed: 0, fileRefused: false });
    expect(info.values[0].labels).toMatchObject({ engine: 'unknown' });
  });

  it('has a page to play with, of what is known', () => {
    const page = playgroundPage(bare, 'iris');
    expect(page).not.toMatch(/\bNaN\b|\bundefined\b|Infinity/);
    expect(page).toContain('any number');
    expect(page).not.toContain('type="range"');
    expect(page.match(/data-row=/g)).toHaveLength(3);
    const { provenance } = known;
    const summaries = provenance.summaries!.map((summary) => ({ ...summary, histogram: null }));
    const ranges = playgroundPage({ ...bare, provenance: { ...UNKNOWN_PROVENANCE, summaries } }, 'iris');
    expect(ranges.match(/type="range"/g)).toHaveLength(4);
    expect(ranges).toContain('4.3 to 14.3 in training');
    expect(ranges).not.toContain('class="picture histogram"');
  });
});
