import { describe, expect, it } from 'vitest';
import { type Classifier, withAnswers } from '../../../../src/model/classifier.js';
import type { EnsembleScorer } from '../../../../src/model/model.js';
import { runSteps } from '../../../../src/model/steps.js';
import type { ModelInferRequest } from '../../../../src/protocol/messages.js';
import { Turns } from '../../../../src/server/calls/turns.js';
import { Inference } from '../../../../src/server/models/model-statistics.js';
import { preparing } from '../../../../src/server/models/served-model.js';
import { infer } from '../../../../src/server/services/inference/infer.js';
import { describeOutputs } from '../../../../src/server/services/inference/metadata.js';
import { fixturesOf, readFixture } from '../../../formats/fixtures.js';
import { irisModel } from '../../models.js';

const limits = { maxBatchRows: 100, maxMessageBytes: 1 << 20 };

/** The model twice, as a kind with two trees would be: it has two leaves per row, and cannot say why. */
function twice(classifier: Classifier): Classifier {
  return withAnswers({ ...classifier, treeCount: 2, explainer: null }, (rows, rowCount, { labels, leaves, shares }) => {
    const each = new Int32Array(rowCount);
    classifier.answerInto(rows, rowCount, { labels, shares, leaves: each });
    leaves?.set(Array.from({ length: 2 * rowCount }, (_, at) => each[at >> 1]));
  });
}

const served = runSteps(preparing(irisModel(), 'iris', twice));

const importedModel = readFixture(fixturesOf('xgboost-3.2.0-binary')[0]).imported.model;

function ask(outputs: readonly string[] = [], model = served) {
  const request: ModelInferRequest = {
    model_name: 'iris',
    model_version: '',
    id: '',
    inputs: [
      {
        name: 'features',
        datatype: 'FP64',
        shape: [2, 4],
        contents: { fp64_contents: Float64Array.of(5, 3, 1.3, 0.2, 5, 3, 5, 2) },
      },
    ],
    outputs: outputs.map((name) => ({ name })),
    raw_input_contents: [],
  };
  return infer(model, request, limits, new Turns(), new Inference());
}

describe('a model of more than one tree', () => {
  it('answers with a leaf per row and tree where that is asked for', async () => {
    expect((await ask()).outputs.map(({ name }) => name)).toEqual(['label', 'class_index', 'probabilities']);
    const { outputs } = await ask(['label', 'class_index', 'probabilities', 'leaf']);
    expect(outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['label', [2]],
      ['class_index', [2]],
      ['probabilities', [2, 3]],
      ['leaf', [2, 2]],
    ]);
    expect([...(outputs[3].values as Int32Array)]).toEqual([1, 1, 4, 4]);
    expect(describeOutputs(served).find(({ name }) => name === 'leaf')?.shape).toEqual([-1, 2]);
  });

  it('has no decision path, and says so', async () => {
    expect(describeOutputs(served).map(({ name }) => name)).not.toContain('decision_path');
    await expect(ask(['decision_path'])).rejects.toThrow(
      'expected label, class_index, probabilities, leaf, contributions, found "decision_path": the model is more than one tree',
    );
  });

  it('has no contributions where it does not know its training rows, and says so', async () => {
    const trees = (importedModel.scorer as EnsembleScorer).ensemble.trees;
    const scorer = {
      ...(importedModel.scorer as EnsembleScorer),
      ensemble: { ...(importedModel.scorer as EnsembleScorer).ensemble, trees: { ...trees, cover: null } },
    };
    const uncovered = runSteps(preparing({ ...importedModel, scorer }, 'iris'));
    expect(describeOutputs(uncovered).map(({ name }) => name)).not.toContain('contributions');
    await expect(ask(['contributions'], uncovered)).rejects.toThrow(
      'outputs[0].name: expected label, class_index, probabilities, leaf, found "contributions": the model does not say how many training rows came to each node: import it again, from a file that has the covers of its nodes',
    );
  });

  it('answers the messages of iris row by row, without a path', () => {
    const flower = { sepal_length: 5, sepal_width: 3, petal_length: 5, petal_width: 2 };
    const plain = runSteps(preparing(irisModel(), 'iris'));
    const reply = served.iris.answer({ ...flower, explain: true });
    expect(reply.equals(plain.iris.answer({ ...flower, explain: false }))).toBe(true);
    const other = { ...flower, petal_length: 1 };
    const second = served.iris.answer({ ...other, explain: false });
    expect(second.equals(plain.iris.answer({ ...other, explain: false }))).toBe(true);
  });
});
