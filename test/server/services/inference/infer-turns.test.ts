import { describe, expect, it } from 'vitest';
import { type Classifier, withAnswers } from '../../../../src/model/classifier.js';
import { runSteps } from '../../../../src/model/steps.js';
import type { ModelInferRequest } from '../../../../src/protocol/messages.js';
import { CallEndedError, Refusal } from '../../../../src/server/calls/refusal.js';
import { TURN_STEPS, Turns } from '../../../../src/server/calls/turns.js';
import { Inference } from '../../../../src/server/models/model-statistics.js';
import { preparing, type ServedModel } from '../../../../src/server/models/served-model.js';
import { infer, isLong } from '../../../../src/server/services/inference/infer.js';
import { deepModel } from '../../models.js';

const DEPTH = 20_000;
const limits = { maxBatchRows: 100_000, maxMessageBytes: 16 * 1024 * 1024 };

/** Rows that are asked every question of the tree. */
function request(rowCount: number, ...outputs: string[]): ModelInferRequest {
  const values = new Float64Array(rowCount * 4).fill(DEPTH + 1);
  return {
    model_name: 'iris',
    model_version: '',
    id: '',
    inputs: [{ name: 'features', datatype: 'FP64', shape: [rowCount, 4], contents: { fp64_contents: values } }],
    outputs: outputs.map((name) => ({ name })),
    raw_input_contents: [],
  };
}

/** The deep model, and how many questions were asked between two turns. */
function serveDeep(call: { cancelled: boolean } = { cancelled: false }) {
  const asked = [0];
  const note = (questions: number) => {
    asked[asked.length - 1] += questions;
  };
  const count = (classifier: Classifier): Classifier => {
    const { pathOf, partOfPath } = classifier.explainer!;
    const explainer = {
      pathOf,
      partOfPath: (row: Float64Array, from: number, most: number) => {
        const part = partOfPath(row, from, most);
        note(part.steps.length);
        return part;
      },
    };
    return withAnswers({ ...classifier, explainer }, (rows, rowCount, answers) => {
      note(rowCount * DEPTH);
      classifier.answerInto(rows, rowCount, answers);
    });
  };
  const served: ServedModel = runSteps(preparing(deepModel(DEPTH), 'iris', count));
  const turns = new Turns(call, async () => {
    asked.push(0);
  });
  return { asked, served, turns };
}

describe('the work of an infer call', () => {
  it('pauses after so many questions of a deep tree, not after so many rows', async () => {
    const { asked, served, turns } = serveDeep();
    const { outputs } = await infer(served, request(300, 'leaf'), limits, turns, new Inference());
    expect(new Set<unknown>(outputs[0].values as Int32Array)).toEqual(new Set([2 * DEPTH]));
    expect(asked.reduce((sum, questions) => sum + questions, 0)).toBe(300 * DEPTH);
    expect(Math.max(...asked)).toBeLessThanOrEqual(TURN_STEPS);
  });

  it('pauses within the path of one row', async () => {
    const { asked, served, turns } = serveDeep();
    const { outputs } = await infer(served, request(1, 'decision_path'), limits, turns, new Inference());
    const path = JSON.parse(String(outputs[0].values[0]));
    expect(path).toHaveLength(DEPTH);
    expect(path).toEqual(served.classifier.explainer!.pathOf(new Float64Array(4).fill(DEPTH + 1)));
    const [, ...later] = asked;
    expect(Math.max(...later)).toBeLessThan(5000);
  });

  it('ends at a pause when nobody waits for it any more', async () => {
    const call = { cancelled: false };
    const { asked, served, turns } = serveDeep(call);
    const working = infer(served, request(300, 'leaf'), limits, turns, new Inference());
    call.cancelled = true;
    await expect(working).rejects.toThrow(CallEndedError);
    expect(asked.length).toBeLessThanOrEqual(2);
  });

  it('ends as soon as paths are larger than a reply may be, before all are made', async () => {
    const { asked, served, turns } = serveDeep();
    const asking = infer(
      served,
      request(100, 'decision_path'),
      { ...limits, maxMessageBytes: 100_000 },
      turns,
      new Inference(),
    );
    await expect(asking).rejects.toThrow(Refusal);
    const questions = asked.reduce((sum, each) => sum + each, 0) - 100 * DEPTH;
    // No question is told in less than fifty bytes.
    expect(questions).toBeLessThan(100_000 / 50);
  });

  it('is long when rows are many for the depth of the tree', () => {
    const { served } = serveDeep();
    expect(isLong(served, request(1, 'leaf'))).toBe(false);
    expect(isLong(served, request(100, 'leaf'))).toBe(true);
    expect(isLong(served, request(1, 'decision_path'))).toBe(true);
    const flat = runSteps(preparing(deepModel(3), 'iris'));
    expect(isLong(flat, request(10_000))).toBe(false);
    expect(isLong(flat, request(100_000))).toBe(true);
  });
});

describe('contributions', () => {
  /** Counts pauses. */
  const counting = () => {
    const count = { pauses: 0 };
    const turns = new Turns({ cancelled: false }, async () => {
      count.pauses++;
    });
    return { count, turns };
  };

  it('are computed in turns, and the same as at once', async () => {
    const { served } = serveDeep();
    const { count, turns } = counting();
    const [output] = (await infer(served, request(2, 'contributions'), limits, turns, new Inference())).outputs;
    expect(output.shape).toEqual([2, 2, 6]);
    const expected = new Float64Array(2 * 2 * 6);
    served.classifier.contributionsInto(new Float64Array(8).fill(DEPTH + 1), 2, expected);
    expect(output.values).toEqual(expected);
    expect(count.pauses).toBeGreaterThan(2);
    expect(isLong(served, request(1, 'contributions'))).toBe(true);
  });

  it('end at a pause when nobody waits for them any more', async () => {
    const call = { cancelled: false };
    const { served } = serveDeep();
    const turns = new Turns(call, async () => {
      call.cancelled = true;
    });
    const asking = infer(served, request(3, 'contributions'), limits, turns, new Inference());
    await expect(asking).rejects.toThrow(CallEndedError);
  });

  it('of more rows than take half a second are refused, before the work', async () => {
    const { served } = serveDeep();
    const { count, turns } = counting();
    const asking = infer(served, request(1000, 'contributions'), limits, turns, new Inference());
    await expect(asking).rejects.toThrow(
      /^inputs\[0\]\.shape\[0\]: expected at most \d+ rows with contributions, found 1000$/,
    );
    expect(count.pauses).toBeLessThan(20);
  });

  it('of a tree whose paths are too long are refused', async () => {
    const features = Array.from({ length: 3000 }, (_, index) => [`f${index}`, 0] as const);
    const served = runSteps(preparing(deepModel(3000, features), 'iris'));
    const inputs = [
      { name: 'features', datatype: 'FP64', shape: [1, 3000], contents: { fp64_contents: new Float64Array(3000) } },
    ];
    const asked = { ...request(1, 'contributions'), inputs };
    await expect(infer(served, asked, limits, new Turns(), new Inference())).rejects.toThrow(
      'outputs: contributions of features cannot be computed: paths of its trees are too long, with too many different features',
    );
  });
});

describe('a flower that is explained', () => {
  it('is answered with the path of a deep tree, in turns', async () => {
    const { asked, served, turns } = serveDeep();
    const flower = { sepal_length: 1e6, sepal_width: 1e6, petal_length: 1e6, petal_width: 1e6, explain: true };
    const reply = await served.iris.explain(flower, limits, turns);
    // The walk to the leaf is made at once.
    expect(Math.max(asked[0] - DEPTH, ...asked.slice(1))).toBeLessThan(5000);
    expect(reply.equals(served.iris.answer(flower))).toBe(true);
    await expect(served.iris.explain(flower, { maxMessageBytes: 10_000 }, turns)).rejects.toThrow(/larger than 10000/);
  });
});
