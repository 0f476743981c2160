/**
 * The trees of a forest ask at each node for a few features only, which are drawn there (Breiman 2001). So no column is
 * kept sorted: the rows of a node are sorted by the drawn features alone, by keys that hold all that a scan reads.
 * Why: docs/decisions/forests-sort-keys.md
 */
import { splitMixWord } from '../../ground/random.js';
import { MISSING_CODE, type SortedTable } from './presort.js';
import type { Split } from './search.js';
import type { NodeRange } from './split.js';

/** How a key is divided: `rank << rankShift | times - 1 << classBits | class`. */
export interface KeyLayout {
  readonly rankShift: number;
  readonly classBits: number;
}

/** The values of a table, ranked. What is large is in shared memory where threads work on it. */
export interface RankedTable extends KeyLayout {
  /** `keys[row * featureCount + feature]`: the rank of the value among all of its column's, from 0; missing ones come last. */
  readonly keys: Int32Array;
  /** `rowOf[feature * rowCount + rank]`: a row that has the value. */
  readonly rowOf: Uint32Array;
}

/** Of one tree. */
export interface Draws extends KeyLayout {
  readonly seed: number;
  /** How many features are drawn at a node. */
  readonly perNode: number;
  readonly ranked: RankedTable;
  /** `keys[item * featureCount + feature]`. An item is a row and how often it counts, all of it or a part. */
  readonly keys: Int32Array;
  /** The items of a node, from the start of its range on; then `NO_ITEM`, if there is room. */
  readonly items: Int32Array;
  readonly moved: Int32Array;
  readonly sorter: KeySorter;
  /** All features, in some order: the drawn ones are brought to its front. */
  readonly deck: Int32Array;
  /** Per feature: whether it is a number that no row misses, and classes have no weights. */
  readonly isPlain: readonly boolean[];
  readonly allPlain: boolean;
}

/** What keys are sorted in; reused for every node. */
export interface KeySorter {
  /** The sorted ones. */
  keys: Int32Array;
  other: Int32Array;
  readonly starts: Int32Array;
}

export interface DrawOptions {
  readonly seed: number;
  readonly perNode: number;
  /** How often each row is in the bag. */
  readonly bag: Uint32Array;
}

/** Bits for how often a row counts: more are another item. */
const TIMES_BITS = 4;
const KEY_BITS = 31;

/** @param distinct values of the column that has most */
export function keyLayout(distinct: number, classMask: number): KeyLayout {
  const classBits = 32 - Math.clz32(classMask);
  const rankBits = 32 - Math.clz32(distinct - 1);
  return { classBits, rankShift: classBits + Math.min(TIMES_BITS, KEY_BITS - rankBits - classBits) };
}

export function createDraws(
  table: SortedTable,
  ranked: RankedTable,
  { bag, perNode, seed }: DrawOptions,
  isPlain: readonly boolean[],
): Draws {
  const { classBits, rankShift } = ranked;
  const { featureCount, rowCount } = table;
  const most = 1 << (rankShift - classBits);
  let count = 0;
  for (let row = 0; row < bag.length; row++) count += Math.ceil(bag[row] / most);
  return {
    seed,
    perNode,
    ranked,
    classBits,
    rankShift,
    keys: keysOf(ranked, bag, featureCount, count),
    items: new Int32Array(rowCount).fill(NO_ITEM).map((_, item) => (item < count ? item : NO_ITEM)),
    moved: new Int32Array(count),
    sorter: createKeySorter(count),
    deck: new Int32Array(featureCount),
    isPlain,
    allPlain: isPlain.every(Boolean),
  };
}

const NO_ITEM = -1;

function keysOf(
  { classBits, keys: ofRows, rankShift }: RankedTable,
  bag: Uint32Array,
  featureCount: number,
  count: number,
): Int32Array {
  const most = 1 << (rankShift - classBits);
  const keys = new Int32Array(count * featureCount);
  for (let row = 0, to = 0; row < bag.length; row++) {
    for (let left = bag[row]; left > 0; left -= most) {
      const times = (Math.min(left, most) - 1) << classBits;
      for (let from = row * featureCount, end = from + featureCount; from < end; from++) {
        keys[to++] = ofRows[from] | times;
      }
    }
  }
  return keys;
}

/** Begins to draw: the first `perNode` features, without repetition, come to the front of the deck, ascending. */
export function drawFeatures(draws: Draws, range: NodeRange): number {
  const { deck, perNode } = draws;
  for (let feature = 0; feature < deck.length; feature++) deck[feature] = feature;
  const seed = nodeSeed(draws, range);
  const count = Math.min(perNode, deck.length);
  for (let drawn = 0; drawn < count; drawn++) {
    const feature = drawOne(deck, seed, drawn);
    let at = drawn;
    for (; at > 0 && deck[at - 1] > feature; at--) deck[at] = deck[at - 1];
    deck[at] = feature;
  }
  return count;
}

/** Draws one more. */
export function drawAnother(draws: Draws, range: NodeRange, drawn: number): number {
  return drawOne(draws.deck, nodeSeed(draws, range), drawn);
}

/** A draw depends on the seed and the place of the node in the tree, but not on when the node is grown. */
function nodeSeed({ seed }: Draws, { end, start }: NodeRange): number {
  return splitMixWord(splitMixWord(seed, start), end);
}

function drawOne(deck: Int32Array, seed: number, drawn: number): number {
  const random = (splitMixWord(seed, drawn) >>> 0) / 4294967296;
  const at = drawn + Math.floor(random * (deck.length - drawn));
  const feature = deck[at];
  deck[at] = deck[drawn];
  deck[drawn] = feature;
  return feature;
}

/** Sorts the keys of a node in one column. Returns how many they are; 0 where all values are the same: nothing was done. */
export function sortKeys(draws: Draws, { end, start }: NodeRange, feature: number): number {
  const { deck, items, keys: all, rankShift, sorter } = draws;
  const { keys } = sorter;
  const featureCount = deck.length;
  let least = 0x7fffffff;
  let most = 0;
  let count = 0;
  for (let i = start; i < end; i++) {
    const item = items[i];
    if (item === NO_ITEM) break;
    const key = all[item * featureCount + feature];
    keys[count++] = key;
    if (key < least) least = key;
    if (key > most) most = key;
  }
  if (least >>> rankShift === most >>> rankShift) return 0;
  if (count <= FEW) insertKeys(keys, count);
  else if (!sortIntoBuckets(sorter, count, { least, most }, rankShift)) sortByDigits(sorter, count, rankShift, most);
  return count;
}

/** Up to so many keys are moved one by one. */
const FEW = 24;
/** Buckets that fit a cache. */
const MOST_BUCKETS = 1 << 16;
/** How many keys, on average, a key of a bucket may have beside it: they are moved one by one. */
const CROWDED = 6;

function createKeySorter(count: number): KeySorter {
  const starts = new Int32Array(Math.max(1 << DIGIT_BITS, Math.min(MOST_BUCKETS, 2 * count)) + 1);
  return { keys: new Int32Array(count), other: new Int32Array(count), starts };
}

/** Nearly sorted ones take about as many steps as there are. */
function insertKeys(keys: Int32Array, count: number): void {
  for (let i = 1; i < count; i++) {
    const key = keys[i];
    let at = i;
    for (; at > 0 && keys[at - 1] > key; at--) keys[at] = keys[at - 1];
    keys[at] = key;
  }
}

/** About as many buckets as keys, of ranges of ranks; then insertion. False, with the keys as they were, if they are crowded. */
function sortIntoBuckets(
  sorter: KeySorter,
  count: number,
  { least, most }: { readonly least: number; readonly most: number },
  rankShift: number,
): boolean {
  const { keys, other, starts } = sorter;
  const base = (least >>> rankShift) << rankShift;
  const ranks = ((most - base) >>> rankShift) + 1;
  const shift = rankShift + Math.max(0, Math.clz32(count) - Math.clz32(ranks));
  const buckets = ((most - base) >>> shift) + 1;
  if (buckets >= starts.length) return false;
  for (let bucket = 0; bucket <= buckets; bucket++) starts[bucket] = 0;
  for (let i = 0; i < count; i++) starts[(keys[i] - base) >>> shift]++;
  let next = 0;
  let beside = 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const size = starts[bucket];
    starts[bucket] = next;
    next += size;
    beside += size * size;
  }
  if (shift > rankShift && beside > CROWDED * count) return false;
  for (let i = 0; i < count; i++) {
    const key = keys[i];
    other[starts[(key - base) >>> shift]++] = key;
  }
  sorter.keys = other;
  sorter.other = keys;
  if (shift > rankShift) insertKeys(other, count);
  return true;
}

const DIGIT_BITS = 11;

/** By the digits of their ranks, the least significant first. */
function sortByDigits(sorter: KeySorter, count: number, rankShift: number, most: number): void {
  const { starts } = sorter;
  for (let shift = rankShift; shift < 32 && most >>> shift > 0; shift += DIGIT_BITS) {
    const { keys, other } = sorter;
    const mask = (1 << DIGIT_BITS) - 1;
    starts.fill(0, 0, mask + 1);
    for (let i = 0; i < count; i++) starts[(keys[i] >>> shift) & mask]++;
    let next = 0;
    for (let digit = 0; digit <= mask; digit++) {
      const size = starts[digit];
      starts[digit] = next;
      next += size;
    }
    for (let i = 0; i < count; i++) {
      const key = keys[i];
      other[starts[(key >>> shift) & mask]++] = key;
    }
    sorter.keys = other;
    sorter.other = keys;
  }
}

/** Writes the sorted keys as entries of the table: their rows are some that have the value. */
export function writeEntries(
  draws: Draws,
  table: SortedTable,
  { start }: NodeRange,
  feature: number,
  count: number,
): void {
  const { classBits, rankShift, ranked, sorter } = draws;
  const { classMask, entries, rowCount, rowShift, tagBits } = table;
  const tagMask = (1 << tagBits) - 1;
  const timesMask = (1 << (rankShift - classBits)) - 1;
  const base = feature * rowCount;
  for (let i = 0, to = base + start; i < count; i++) {
    const key = sorter.keys[i];
    const rank = key >>> rankShift;
    const entry = (ranked.rowOf[base + rank] << rowShift) | ((key & classMask) << tagBits) | (rank & tagMask);
    for (let left = (key >>> classBits) & timesMask; left >= 0; left--) entries[to++] = entry;
  }
}

/**
 * Moves the node's left items to the start of their range, and its right ones to `middle`, where theirs begins.
 *
 * @param below a row with the largest value on the left, where it is a number
 */
export function divideItems(
  draws: Draws,
  table: SortedTable,
  range: NodeRange,
  split: Split,
  { below, middle }: { readonly below: number; readonly middle: number },
): void {
  const { feature } = split;
  if (split.categories !== null) {
    moveItems(draws, range, middle, feature, 0, 0, sidesOfRanks(draws, table, split));
    return;
  }
  const { keys, rankShift } = draws.ranked;
  const from = ((keys[below * table.featureCount + feature] >>> rankShift) + 1) << rankShift;
  // Unsigned: the last bits are as good as any.
  const to = split.missingLeft ? (table.distinct[feature] - 1) << rankShift : 1 << KEY_BITS;
  moveItems(draws, range, middle, feature, from, (to - from) >>> 0, null);
}

/** 1 where the rows of a rank go right. */
function sidesOfRanks({ ranked }: Draws, table: SortedTable, { categories, feature, missingLeft }: Split): Uint8Array {
  const right = new Uint8Array(256).fill(1);
  for (const category of categories!) right[category] = 0;
  right[MISSING_CODE] = missingLeft ? 0 : 1;
  const codes = table.codes[feature]!;
  const base = feature * table.rowCount;
  return Uint8Array.from({ length: table.distinct[feature] }, (_, rank) => right[codes[ranked.rowOf[base + rank]]]);
}

/** Right are the `width` keys from `from` on, or those whose ranks are. */
function moveItems(
  { deck, items, keys, moved, rankShift }: Draws,
  { end, start }: NodeRange,
  middle: number,
  feature: number,
  from: number,
  width: number,
  rankIsRight: Uint8Array | null,
): void {
  const featureCount = deck.length;
  let lefts = start;
  let rights = 0;
  for (let i = start; i < end; i++) {
    const item = items[i];
    if (item === NO_ITEM) break;
    const key = keys[item * featureCount + feature];
    const isRight = rankIsRight === null ? Number((key - from) >>> 0 < width) : rankIsRight[key >>> rankShift];
    items[lefts] = item;
    moved[rights] = item;
    rights += isRight;
    lefts += 1 - isRight;
  }
  if (lefts < middle) items[lefts] = NO_ITEM;
  for (let i = 0; i < rights; i++) items[middle + i] = moved[i];
  if (middle + rights < end) items[middle + rights] = NO_ITEM;
}
