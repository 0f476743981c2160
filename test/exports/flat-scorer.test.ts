import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FlatScorer, flatScorer, followsLeft, leafAnswer, preparedValue } from '../../src/exports/flat-scorer.js';
import { assembleModel } from '../../src/formats/iris-json/format.js';
import type { EnsembleScorer } from '../../src/model/model.js';
import { ensemblePredictor } from '../../src/tree/predict-ensemble.js';
import { ensembleParts, ensembles, rowsOf } from '../arbitraries/ensembles.js';

function leafOf(scorer: FlatScorer, tree: number, row: readonly number[]): number {
  let node = scorer.roots[tree];
  while (scorer.feature[node] >= 0) {
    const value = preparedValue(scorer, row[scorer.feature[node]]);
    node = followsLeft(scorer, node, value) ? node + 1 : scorer.next[node];
  }
  return node;
}

/** What the tables add up to, by what is said of them. */
function sumsOf(scorer: FlatScorer, row: readonly number[]): number[] {
  const { arithmetic, combine, output } = scorer.together!;
  const round = arithmetic.sum === 'float32' ? Math.fround : (value: number) => value;
  const sums = combine.base === null ? new Array<number>(combine.outputs).fill(0) : [...combine.base];
  for (let tree = 0; tree < scorer.treeCount; tree++) {
    const answer = leafAnswer(scorer, tree, leafOf(scorer, tree, row));
    for (const [k, value] of answer.entries())
      sums[Math.max(output[tree], 0) + k] = round(sums[Math.max(output[tree], 0) + k] + value);
  }
  return sums;
}

const drawn = ensembles.chain((ensemble) => fc.tuple(fc.constant(ensemble), rowsOf(ensemble.features, 20)));

describe('a flat scorer', () => {
  it('has the sums of any ensemble', () => {
    fc.assert(
      fc.property(drawn, ([ensemble, rows]) => {
        const model = assembleModel(ensembleParts(ensemble));
        const { outputs } = ensemble.combine;
        const sums = new Float64Array(rows.length * outputs);
        ensemblePredictor((model.scorer as EnsembleScorer).ensemble).answerInto(
          Float64Array.from(rows.flat()),
          rows.length,
          {
            sums,
          },
        );
        const scorer = flatScorer(model);
        expect(rows.flatMap((row) => sumsOf(scorer, row))).toEqual([...sums]);
      }),
      { numRuns: 200 },
    );
  });
});
