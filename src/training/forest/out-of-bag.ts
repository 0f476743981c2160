import type { OutOfBag } from '../../model/provenance.js';
import { largestShare } from '../../tree/answers.js';
import type { Ensemble } from '../../tree/ensemble.js';
import { type GrownTree, isInBag } from '../../tree/grow/grown-tree.js';

/** Sums that are worked on at once: rows times classes. */
const CHUNK_SUMS = 1 << 16;

/**
 * Counts what the trees say together of each row that they were not grown from: the first of them, the first two, and so on. Yields
 * now and then.
 *
 * @param labels in the order of the bags' bits
 */
export function* scoreOutOfBag(
  labels: Uint16Array,
  { combine, trees: pool }: Ensemble,
  trees: readonly GrownTree[],
): Generator<void, OutOfBag> {
  const { outputs } = combine;
  const hits = new Float64Array(trees.length);
  const asked = new Float64Array(trees.length);
  /** Per tree how many of its leaves are taken. */
  const taken = new Uint32Array(trees.length);
  const chunkRows = Math.max(1, Math.floor(CHUNK_SUMS / outputs));
  for (let start = 0; start < labels.length; start += chunkRows) {
    const end = Math.min(start + chunkRows, labels.length);
    const sums = new Float64Array((end - start) * outputs);
    const isAsked = new Uint8Array(end - start);
    const isHit = new Uint8Array(end - start);
    let [askedCount, hitCount] = [0, 0];
    for (const [index, tree] of trees.entries()) {
      const root = pool.roots[index];
      for (let place = start; place < end; place++) {
        if (isInBag(tree, place)) continue;
        const row = place - start;
        const from = pool.value[root + tree.outOfBag[taken[index]++]];
        for (let k = 0; k < outputs; k++) sums[row * outputs + k] += pool.values[from + k];
        askedCount += 1 - isAsked[row];
        isAsked[row] = 1;
        const hit = Number(largestShare(sums, row * outputs, outputs) === labels[place]);
        hitCount += hit - isHit[row];
        isHit[row] = hit;
      }
      asked[index] += askedCount;
      hits[index] += hitCount;
    }
    yield;
  }
  const curve = Array.from(asked, (count, tree) => (count === 0 ? null : hits[tree] / count));
  return { rows: asked[trees.length - 1], curve };
}
