import type { Dataset } from '../../data/dataset.js';
import type { OutOfBag } from '../../model/provenance.js';
import { largestShare } from '../../tree/answers.js';
import type { Ensemble } from '../../tree/ensemble.js';
import type { GrownTree } from '../../tree/grow/forest-team.js';
import { predictorSteps } from '../../tree/predict-ensemble.js';
import { gatherRows } from '../gather-rows.js';

/** Values that are worked on at once: rows times trees. */
const CHUNK_LEAVES = 1 << 18;

/**
 * Asks each row of the trees whose bags it is not in. Yields now and then.
 *
 * @param rows in the order of the bags' bits
 */
export function* scoreOutOfBag(
  dataset: Dataset,
  rows: Uint32Array,
  ensemble: Ensemble,
  trees: readonly GrownTree[],
): Generator<void, OutOfBag> {
  const { combine, trees: pool } = ensemble;
  const predictor = yield* predictorSteps(ensemble);
  const hits = new Float64Array(trees.length);
  const asked = new Float64Array(trees.length);
  const sums = new Float64Array(combine.outputs);
  const chunkRows = Math.max(1, Math.floor(CHUNK_LEAVES / trees.length));
  for (let start = 0; start < rows.length; start += chunkRows) {
    const chunk = rows.subarray(start, start + chunkRows);
    const leaves = new Int32Array(chunk.length * trees.length);
    predictor.answerInto(gatherRows(dataset, chunk), chunk.length, { leaves });
    yield;
    for (let i = 0; i < chunk.length; i++) {
      const place = start + i;
      const label = dataset.labels[chunk[i]];
      let votes = 0;
      let isHit = 0;
      sums.fill(0);
      for (let tree = 0; tree < trees.length; tree++) {
        if (((trees[tree].bag[place >>> 3] >>> (place & 7)) & 1) === 0) {
          const from = pool.value[pool.roots[tree] + leaves[i * trees.length + tree]];
          for (let k = 0; k < sums.length; k++) sums[k] += pool.values[from + k];
          votes++;
          isHit = largestShare(sums, 0, sums.length) === label ? 1 : 0;
        }
        if (votes === 0) continue;
        asked[tree]++;
        hits[tree] += isHit;
      }
    }
    yield;
  }
  const curve = Array.from(asked, (count, tree) => (count === 0 ? null : hits[tree] / count));
  return { rows: asked[trees.length - 1], curve };
}
