/**
 * The trees of a forest ask at each node for a few features only, which are drawn there (Breiman 2001). So no column is
 * kept sorted: the rows of a node are sorted by the drawn features alone, by the ranks of their values.
 */
import { splitMixWord } from '../../ground/random.js';
import type { SortedTable } from './presort.js';
import type { NodeRange } from './split.js';

export interface Draws {
  /** Of the tree. */
  readonly seed: number;
  /** How many features are drawn at a node. */
  readonly perNode: number;
  /** `ranks[feature * rowCount + row]`: the rank of the value among all of its column's, from 0; the last one: missing. */
  readonly ranks: Uint32Array;
  /**
   * `times[row]`: how often a row is in the bag, where it is the first of its equals; else 0. They are sorted and
   * moved as one.
   */
  readonly times: Uint16Array;
  /** The marks of a node's rows, the first of equals, from the start of its range on; then `NO_MARK`, if there is room. */
  readonly marks: Int32Array;
  /** `mark >>> markShift` is a row. */
  readonly markShift: number;
  readonly sorter: RankSorter;
  /** All features, in some order: the drawn ones are brought to its front. */
  readonly deck: Int32Array;
}

/** What ranks are sorted in; reused for every node. */
interface RankSorter {
  readonly keys: Uint32Array;
  readonly items: Int32Array;
  readonly otherKeys: Uint32Array;
  readonly otherItems: Int32Array;
  readonly starts: Uint32Array;
}

export interface DrawOptions {
  readonly seed: number;
  readonly perNode: number;
  readonly ranks: Uint32Array;
}

export function createDraws(table: SortedTable, options: DrawOptions): Draws {
  const { featureCount, rowCount } = table;
  return {
    ...options,
    ...countRepeated(table),
    markShift: table.rowShift - table.tagBits,
    sorter: {
      keys: new Uint32Array(rowCount),
      items: new Int32Array(rowCount),
      otherKeys: new Uint32Array(rowCount),
      otherItems: new Int32Array(rowCount),
      starts: new Uint32Array(1 << MOST_DIGIT_BITS),
    },
    deck: new Int32Array(featureCount),
  };
}

const NO_MARK = -1;

/** Equal rows follow each other. */
function countRepeated({ marks, rows }: SortedTable): Pick<Draws, 'marks' | 'times'> {
  const times = new Uint16Array(rows.length);
  const first = new Int32Array(rows.length).fill(NO_MARK);
  let last = 0;
  for (let row = 0, next = 0; row < rows.length; row++) {
    if (row === 0 || rows[row] !== rows[row - 1]) {
      first[next++] = marks[row];
      last = row;
    }
    times[last]++;
  }
  return { marks: first, times };
}

/**
 * Draws features for a node, without repetition, and sorts the entries of its rows in their columns. As in scikit-learn,
 * features that are constant at the node count too, and where all of them are, more are drawn until one is not.
 * The draw depends on the seed and the place of the node in the tree, but not on when the node is grown.
 *
 * @returns those that are not constant, ascending
 */
export function drawFeatures(draws: Draws, table: SortedTable, range: NodeRange): number[] {
  const { deck, perNode } = draws;
  const seed = splitMixWord(splitMixWord(draws.seed, range.start), range.end);
  for (let feature = 0; feature < deck.length; feature++) deck[feature] = feature;
  const found: number[] = [];
  for (let drawn = 0; drawn < deck.length && (drawn < perNode || found.length === 0); drawn++) {
    const random = (splitMixWord(seed, drawn) >>> 0) / 4294967296;
    const at = drawn + Math.floor(random * (deck.length - drawn));
    const feature = deck[at];
    deck[at] = deck[drawn];
    deck[drawn] = feature;
    if (sortNode(draws, table, range, feature)) found.push(feature);
  }
  return found.sort((a, b) => a - b);
}

/** Sorts the entries of a node in one column. False where all of its values are the same, and nothing was done. */
function sortNode(draws: Draws, table: SortedTable, { end, start }: NodeRange, feature: number): boolean {
  const { marks, markShift, ranks, sorter } = draws;
  const { keys } = sorter;
  const base = feature * table.rowCount;
  const first = ranks[base + (marks[start] >>> markShift)];
  let differing = 0;
  let count = 0;
  for (let i = start; i < end && marks[i] !== NO_MARK; i++, count++) {
    const rank = ranks[base + (marks[i] >>> markShift)];
    keys[count] = rank;
    differing |= rank ^ first;
  }
  if (differing === 0) return false;
  if (count <= FEW) insertByRank(sorter, marks, start, count);
  else sortByRank(sorter, marks, { start, count }, differing);
  writeEntries(draws, table, base + start, count);
  return true;
}

/** Up to so many rows are moved one by one. */
const FEW = 40;
const LEAST_DIGIT_BITS = 5;
const MOST_DIGIT_BITS = 11;

function insertByRank({ items, keys }: RankSorter, marks: Int32Array, start: number, count: number): void {
  items[0] = marks[start];
  for (let i = 1; i < count; i++) {
    const key = keys[i];
    let at = i;
    for (; at > 0 && keys[at - 1] > key; at--) {
      keys[at] = keys[at - 1];
      items[at] = items[at - 1];
    }
    keys[at] = key;
    items[at] = marks[start + i];
  }
}

/** Least significant digit first; the result is in `keys` and `items`. */
function sortByRank(
  sorter: RankSorter,
  marks: Int32Array,
  { count, start }: { readonly start: number; readonly count: number },
  differing: number,
): void {
  const lowest = 31 - Math.clz32(differing & -differing);
  const bits = 32 - Math.clz32(differing) - lowest;
  // About as many buckets as rows, in passes of equal size.
  const most = Math.min(MOST_DIGIT_BITS, Math.max(LEAST_DIGIT_BITS, 31 - Math.clz32(count)));
  const passes = Math.ceil(bits / most);
  const digitBits = Math.ceil(bits / passes);
  let { items, keys, otherItems, otherKeys } = sorter;
  // An even number of passes ends where it began.
  if (passes % 2 === 1) {
    otherKeys.set(count === keys.length ? keys : keys.subarray(0, count));
    [keys, otherKeys] = [otherKeys, keys];
    [items, otherItems] = [otherItems, items];
  }
  for (let i = 0; i < count; i++) items[i] = marks[start + i];
  for (let pass = 0; pass < passes; pass++) {
    const shift = lowest + pass * digitBits;
    findStarts(sorter.starts, keys, { count, shift, digitBits });
    moveItems(sorter.starts, { keys, items, otherKeys, otherItems }, { count, shift, digitBits });
    [keys, otherKeys] = [otherKeys, keys];
    [items, otherItems] = [otherItems, items];
  }
}

interface Pass {
  readonly count: number;
  readonly shift: number;
  readonly digitBits: number;
}

function findStarts(starts: Uint32Array, keys: Uint32Array, { count, digitBits, shift }: Pass): void {
  const buckets = 1 << digitBits;
  const mask = buckets - 1;
  for (let bucket = 0; bucket < buckets; bucket++) starts[bucket] = 0;
  for (let i = 0; i < count; i++) starts[(keys[i] >>> shift) & mask]++;
  let next = 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const inBucket = starts[bucket];
    starts[bucket] = next;
    next += inBucket;
  }
}

function moveItems(
  starts: Uint32Array,
  { items, keys, otherItems, otherKeys }: Omit<RankSorter, 'starts'>,
  { count, digitBits, shift }: Pass,
): void {
  const mask = (1 << digitBits) - 1;
  for (let i = 0; i < count; i++) {
    const key = keys[i];
    const at = starts[(key >>> shift) & mask]++;
    otherKeys[at] = key;
    otherItems[at] = items[i];
  }
}

function writeEntries(
  { markShift, sorter, times }: Draws,
  { entries, tagBits }: SortedTable,
  at: number,
  count: number,
): void {
  const { items, keys } = sorter;
  const tagMask = (1 << tagBits) - 1;
  for (let i = 0, to = at; i < count; i++) {
    const mark = items[i];
    const entry = (mark << tagBits) | (keys[i] & tagMask);
    for (let left = times[mark >>> markShift]; left > 0; left--) entries[to++] = entry;
  }
}

/** Moves the node's left rows to the start of their range, and its right ones to `middle`, where theirs begins. */
export function partitionRows(
  { marks, markShift, sorter }: Draws,
  { end, start }: NodeRange,
  middle: number,
  goesRight: Uint8Array,
): void {
  const moved = sorter.items;
  let lefts = start;
  let rights = 0;
  for (let i = start; i < end && marks[i] !== NO_MARK; i++) {
    const mark = marks[i];
    const isRight = goesRight[mark >>> markShift];
    marks[lefts] = mark;
    moved[rights] = mark;
    rights += isRight;
    lefts += 1 - isRight;
  }
  if (lefts < middle) marks[lefts] = NO_MARK;
  for (let i = 0; i < rights; i++) marks[middle + i] = moved[i];
  if (middle + rights < end) marks[middle + rights] = NO_MARK;
}
