/**
 * The loops over entries that growing a tree takes: sorting them, finding a node's best split, dividing it. `npm run wasm`
 * compiles it, `GrowthLoops` calls it. What each does, and why it is right, is told beside its twin in JavaScript: radix-sort.ts,
 * presort.ts, divide.ts, split.ts, scan.ts and search.ts.
 * Why: docs/decisions/trees-grow-in-webassembly.md
 */

/** In bytes. A key is the image of a value, in 64 bits, and the mark of its row. */
const KEY_BYTES: usize = 12;
const MARK: usize = 8;
const WORD_BYTES: usize = 4;

/** See exact.ts, search.ts and scan.ts. */
const NEAR: f64 = 1e-9;
const EXACT_ROWS: f64 = 2048;
const WHOLE_ROWS: f64 = 262144;
const SEPARATE_ROWS: f64 = 1024;
const BETTER: f64 = 1 + 16 * 2.220446049250313e-16;
const AS_GOOD: f64 = 1 - NEAR;
const MANY_TIES: u64 = 8;
const MISSING_CODE: u32 = 255;

/** Places of a table and of one member of its team. */
let rowCount: u32 = 0;
let rowShift: u32 = 0;
let tagBits: u32 = 0;
let tagMask: u32 = 0;
let classMask: u32 = 0;
let entries: usize = 0;
let rows: usize = 0;
let marks: usize = 0;
let distinct: usize = 0;
let goesRight: usize = 0;
/** Per feature where the codes of its rows are; 0: no row misses it. */
let codes: usize = 0;

export function describeTable(
  rowsOfTable: u32,
  shiftOfRow: u32,
  bitsOfTag: u32,
  entriesAt: usize,
  rowsAt: usize,
  marksAt: usize,
  distinctAt: usize,
  goesRightAt: usize,
  codesAt: usize,
): void {
  rowCount = rowsOfTable;
  rowShift = shiftOfRow;
  tagBits = bitsOfTag;
  tagMask = (1 << bitsOfTag) - 1;
  classMask = (1 << (shiftOfRow - bitsOfTag)) - 1;
  entries = entriesAt;
  rows = rowsAt;
  marks = marksAt;
  distinct = distinctAt;
  goesRight = goesRightAt;
  codes = codesAt;
}

let scratch: usize = 0;
let node: usize = 0;
let present: usize = 0;
let left: usize = 0;
let bestLeft: usize = 0;
let score: usize = 0;
let words: usize = 0;
let sides: usize = 0;
let minSamplesLeaf: f64 = 0;

/** Of each class, two whole numbers: the rows on the left, and twice those of the node. */
const TWICE: usize = 8;

/** Words that both sides read and write. */
const BEST_FEATURE: usize = 0;
const BEST_POSITION: usize = 4;
const FEATURE: usize = 8;
const POSITION: usize = 12;
const LOW_DIFFERS: usize = 16;
const HIGH_DIFFERS: usize = 20;
const BEST_MISSING_LEFT: usize = 24;
const MISSING_LEFT: usize = 28;
/** In doubles, after the best score. */
const NUMERATOR: usize = 16;
const DENOMINATOR: usize = 24;

export function describeMember(
  scratchAt: usize,
  nodeAt: usize,
  presentAt: usize,
  leftAt: usize,
  bestLeftAt: usize,
  scoreAt: usize,
  wordsAt: usize,
  sidesAt: usize,
  leastRows: f64,
): void {
  scratch = scratchAt;
  node = nodeAt;
  present = presentAt;
  left = leftAt;
  bestLeft = bestLeftAt;
  score = scoreAt;
  words = wordsAt;
  sides = sidesAt;
  minSamplesLeaf = leastRows;
}

const SIGN: u64 = 1 << 63;
/** Of an infinite number; those of others are below, but of NaN. */
const INFINITE: u64 = 0x7ff << 52;

/** 2^63 plus or minus the magnitude; NaN is above all. */
function image(bits: u64): u64 {
  const magnitude = bits & ~SIGN;
  if (magnitude >= INFINITE) return u64.MAX_VALUE;
  return bits >= SIGN ? SIGN - magnitude : SIGN + magnitude;
}

/** Leaves in two words in which bits the images differ. */
export function readKeys(values: usize, keys: usize): void {
  const first = image(load<u64>(values + ((<usize>load<u32>(rows)) << 3)));
  let differing: u64 = 0;
  for (let i: usize = 0, key = keys; i < (<usize>rowCount) << 2; i += WORD_BYTES, key += KEY_BYTES) {
    const value = image(load<u64>(values + ((<usize>load<u32>(rows + i)) << 3)));
    store<u64>(key, value);
    store<u32>(key, load<u32>(marks + i), MARK);
    differing |= value ^ first;
  }
  store<u32>(words, <u32>differing, LOW_DIFFERS);
  store<u32>(words, <u32>(differing >> 32), HIGH_DIFFERS);
}

/** @param starts in words of 32 bits, as places of keys are */
export function findStarts(keys: usize, shift: u32, mask: u32, starts: usize): void {
  memory.fill(starts, 0, (<usize>mask + 1) << 2);
  const end = keys + KEY_BYTES * rowCount;
  for (let key = keys; key < end; key += KEY_BYTES) {
    const at = starts + ((<usize>(<u32>(load<u64>(key) >> <u64>shift) & mask)) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  let start: u32 = 0;
  for (let value: usize = 0; value <= <usize>mask; value++) {
    const count = load<u32>(starts + (value << 2));
    store<u32>(starts + (value << 2), start);
    start += 3 * count;
  }
}

export function moveKeys(from: usize, to: usize, start: u32, end: u32, shift: u32, mask: u32, starts: usize): void {
  const stop = from + ((<usize>end) << 2);
  for (let key = from + ((<usize>start) << 2); key < stop; key += KEY_BYTES) {
    const value = load<u64>(key);
    const at = starts + ((<usize>(<u32>(value >> <u64>shift) & mask)) << 2);
    const target = load<u32>(at);
    store<u32>(at, target + 3);
    const place = to + ((<usize>target) << 2);
    store<u64>(place, value);
    store<u32>(place, load<u32>(key, MARK), MARK);
  }
}

/** @returns whether the keys are in order; not so after about `maxMoves` */
export function insertionSort(keys: usize, maxMoves: f64): bool {
  const end = keys + KEY_BYTES * rowCount;
  let moves: f64 = 0;
  for (let key = keys + KEY_BYTES; key < end; key += KEY_BYTES) {
    const value = load<u64>(key);
    let target = key;
    while (target > keys && load<u64>(target - KEY_BYTES) > value) target -= KEY_BYTES;
    if (target === key) continue;
    const mark = load<u32>(key, MARK);
    memory.copy(target + KEY_BYTES, target, key - target);
    store<u64>(target, value);
    store<u32>(target, mark, MARK);
    moves += <f64>((key - target) / KEY_BYTES);
    if (moves > maxMoves) return false;
  }
  return true;
}

export function writeEntries(keys: usize, feature: u32): void {
  let at = entries + ((<usize>feature * rowCount) << 2);
  const end = keys + KEY_BYTES * rowCount;
  let rank: u32 = 0;
  let last = load<u64>(keys);
  for (let key = keys; key < end; key += KEY_BYTES, at += WORD_BYTES) {
    const value = load<u64>(key);
    if (value !== last) rank++;
    last = value;
    store<u32>(at, (load<u32>(key, MARK) << tagBits) | (rank & tagMask));
  }
  store<u32>(distinct + ((<usize>feature) << 2), rank + 1);
}

/** Sends the rows of the entries in [from, to) to one side. */
export function mark(from: usize, to: usize, side: u32): void {
  const end = entries + (to << 2);
  for (let at = entries + (from << 2); at < end; at += WORD_BYTES)
    store<u8>(goesRight + (load<u32>(at) >> rowShift), side);
}

/** From here on one call that copies is faster than a loop. */
const BULK: usize = 64 * WORD_BYTES;

/** Of the features in [from, to) but one. */
export function partition(start: u32, end: u32, from: u32, to: u32, inOrder: u32): void {
  for (let feature = from; feature < to; feature++) if (feature !== inOrder) partitionFeature(feature, start, end);
}

function partitionFeature(feature: u32, start: u32, end: u32): void {
  const base = entries + ((<usize>feature * rowCount) << 2);
  const stop = base + ((<usize>end) << 2);
  let to = base + ((<usize>start) << 2);
  let moved = scratch;
  for (let at = to; at < stop; at += WORD_BYTES) {
    const entry = load<u32>(at);
    store<u32>(to, entry);
    store<u32>(moved, entry);
    const step = (<usize>load<u8>(goesRight + (entry >> rowShift))) << 2;
    moved += step;
    to += WORD_BYTES - step;
  }
  const size = moved - scratch;
  if (size >= BULK) memory.copy(to, scratch, size);
  else for (let i: usize = 0; i < size; i += WORD_BYTES) store<u32>(to + i, load<u32>(scratch + i));
}

/** Why a search stops: what is asked is answered by `goOn`. */
const DONE: u32 = 0;
/** Whether the values of the node's first and last entry differ. */
const DO_ENDS_DIFFER: u32 = 1;
/** Whether those before and after the candidate do. */
const IS_BOUNDARY: u32 = 2;
/** Whether the candidate is to be the best. */
const IS_BEST: u32 = 3;

/** Of the node. */
let nodeStart: u32 = 0;
let nodeEnd: u32 = 0;
let nodeRows: f64 = 0;
let nodeSquares: i64 = 0;
/** Where the classes that it has end. */
let presentEnd: usize = 0;
let share: f64 = 0;
/** Of the scan. */
let feature: u32 = 0;
let lastFeature: u32 = 0;
let known: i32 = 0;
let ties: u32 = 0;
let first: usize = 0;
let last: usize = 0;
let at: usize = 0;
/** Where those without a value begin, and where the node's entries end. */
let missing: usize = 0;
let nodeStop: usize = 0;
let missingLeft: u32 = 0;
/** Rows that are left of all candidates. */
let leftBefore: u32 = 0;
let leftSquares: i64 = 0;
let rest: i64 = 0;
let bound: f64 = 0;
let asked: u32 = 0;

/** Of a class that the node has: where in counts. */
function classAt(place: usize): usize {
  return (<usize>load<u32>(place)) << 3;
}

/** Searches a node on the features in [from, to), which are numbers. */
export function search(start: u32, end: u32, presentCount: u32, from: u32, to: u32): u32 {
  nodeStart = start;
  nodeEnd = end;
  nodeRows = <f64>(end - start);
  share = nodeRows <= SEPARATE_ROWS ? BETTER : AS_GOOD;
  nodeSquares = 0;
  presentEnd = present + ((<usize>presentCount) << 2);
  for (let p = present; p < presentEnd; p += WORD_BYTES) {
    const c = classAt(p);
    const n = <i64>load<f64>(node + c);
    store<i64>(sides + 2 * c, n + n, TWICE);
    nodeSquares += n * n;
  }
  feature = from;
  lastFeature = to;
  known = -1;
  return end - start < 2 ? DONE : searchOn();
}

/** @param yes what was asked */
export function goOn(yes: bool): u32 {
  if (asked === DO_ENDS_DIFFER) {
    if (yes) {
      begin();
      if (scan() !== DONE) return asked;
    }
  } else {
    if (yes && asked === IS_BOUNDARY && offer() !== DONE) return asked;
    if (yes && asked === IS_BEST) bound = (load<f64>(score) / load<f64>(score, 8)) * share;
    if (scan() !== DONE) return asked;
  }
  if (searchOtherSide() !== DONE) return asked;
  feature++;
  return searchOn();
}

function searchOn(): u32 {
  for (; feature < lastFeature; feature++) {
    const best = load<i32>(words, BEST_FEATURE);
    // No later split gains more.
    if (best !== known && isPerfect()) break;
    known = best;
    first = entries + ((<usize>feature * rowCount + nodeStart) << 2);
    nodeStop = first + ((<usize>(nodeEnd - nodeStart)) << 2);
    missing = firstMissing();
    missingLeft = 0;
    // With missing values on the right the boundary before the first of them is a candidate too.
    if (searchTo(missing < nodeStop ? missing : nodeStop - WORD_BYTES) !== DONE) return asked;
    if (searchOtherSide() !== DONE) return asked;
  }
  asked = DONE;
  return DONE;
}

/** They come last in a feature's order. */
function firstMissing(): usize {
  const ofFeature = <usize>load<u32>(codes + ((<usize>feature) << 2));
  if (ofFeature === 0) return nodeStop;
  let low = first;
  let high = nodeStop;
  while (low < high) {
    const middle = low + (((high - low) >> 3) << 2);
    if (load<u8>(ofFeature + (load<u32>(middle) >> rowShift)) === MISSING_CODE) high = middle;
    else low = middle + WORD_BYTES;
  }
  return low;
}

/** Searches the feature with its missing values on the left, after it was with them on the right. */
function searchOtherSide(): u32 {
  if (missing === nodeStop || missingLeft !== 0) return DONE;
  missingLeft = 1;
  return searchTo(missing - WORD_BYTES);
}

/** Searches the feature's boundaries up to an entry. */
function searchTo(lastAt: usize): u32 {
  last = lastAt;
  // There may be no value before the first that is missing.
  if (last <= first) return DONE;
  if (((load<u32>(first) ^ load<u32>(last)) & tagMask) === 0) {
    return load<u32>(distinct + ((<usize>feature) << 2)) <= tagMask + 1 ? DONE : stop(DO_ENDS_DIFFER);
  }
  begin();
  return scan();
}

function isPerfect(): bool {
  let leftClasses = 0;
  let rightClasses = 0;
  for (let p = present; p < presentEnd; p += WORD_BYTES) {
    const c = classAt(p);
    const l = load<f64>(bestLeft + c);
    if (l > 0) leftClasses++;
    if (l < load<f64>(node + c)) rightClasses++;
    if (leftClasses > 1 || rightClasses > 1) return false;
  }
  return true;
}

function stop(question: u32): u32 {
  // There may be many classes, and as many boundaries to ask for as rows.
  if (question === IS_BEST) copyLeft(left);
  store<u32>(words, feature, FEATURE);
  store<u32>(words, <u32>(((question === DO_ENDS_DIFFER ? last : at) - first) >> 2), POSITION);
  store<u32>(words, missingLeft, MISSING_LEFT);
  asked = question;
  return question;
}

/** The rows of each class on the left of the candidate. */
function copyLeft(to: usize): void {
  for (let p = present; p < presentEnd; p += WORD_BYTES) {
    const c = classAt(p);
    store<f64>(to + c, <f64>load<i64>(sides + 2 * c));
  }
}

/** Begins the scan of a feature. */
function begin(): void {
  const values = <u64>load<u32>(distinct + ((<usize>feature) << 2));
  ties = values <= <u64>tagMask + 1 && values * MANY_TIES <= nodeEnd - nodeStart ? tagMask : 0;
  for (let p = present; p < presentEnd; p += WORD_BYTES) store<i64>(sides + 2 * classAt(p), 0);
  at = first;
  leftBefore = 0;
  leftSquares = 0;
  rest = nodeSquares;
  if (missingLeft !== 0) placeMissing();
  bound = (load<f64>(score) / load<f64>(score, 8)) * share;
}

/** On the left of all candidates. */
function placeMissing(): void {
  leftBefore = <u32>((nodeStop - missing) >> 2);
  for (let at = missing; at < nodeStop; at += WORD_BYTES) {
    const side = sides + ((<usize>((load<u32>(at) >> tagBits) & classMask)) << 4);
    store<i64>(side, load<i64>(side) + 1);
  }
  for (let p = present; p < presentEnd; p += WORD_BYTES) {
    const side = sides + 2 * classAt(p);
    const l = load<i64>(side);
    leftSquares += l * l;
    rest -= l * load<i64>(side, TWICE);
  }
}

function scan(): u32 {
  while (at < last) {
    let numerator: f64;
    let denominator: f64;
    let leftRows: f64;
    do {
      do {
        const side = sides + ((<usize>((load<u32>(at) >> tagBits) & classMask)) << 4);
        const l = load<i64>(side);
        store<i64>(side, l + 1);
        leftSquares += l + l + 1;
        rest -= load<i64>(side, TWICE);
        at += WORD_BYTES;
      } while (ties !== 0 && at < last && ((load<u32>(at) ^ load<u32>(at - WORD_BYTES)) & ties) === 0);
      leftRows = <f64>(leftBefore + (<u32>(at - first) >> 2));
      const rightRows = nodeRows - leftRows;
      numerator = <f64>leftSquares * rightRows + <f64>(rest + leftSquares) * leftRows;
      denominator = leftRows * rightRows;
    } while (numerator <= bound * denominator && at < last);
    if (numerator <= bound * denominator) break;
    if (leftRows < minSamplesLeaf || nodeRows - leftRows < minSamplesLeaf) continue;
    store<f64>(score, numerator, NUMERATOR);
    store<f64>(score, denominator, DENOMINATOR);
    if (((load<u32>(at) ^ load<u32>(at - WORD_BYTES)) & tagMask) === 0) {
      if (load<u32>(distinct + ((<usize>feature) << 2)) <= tagMask + 1) continue;
      return stop(IS_BOUNDARY);
    }
    if (offer() !== DONE) return asked;
  }
  return DONE;
}

/** Makes the candidate the best if it is better, or asks whether it is. */
function offer(): u32 {
  const numerator = load<f64>(score, NUMERATOR);
  const denominator = load<f64>(score, DENOMINATOR);
  if (load<i32>(words, BEST_FEATURE) >= 0) {
    const ours = numerator * load<f64>(score, 8);
    const theirs = load<f64>(score) * denominator;
    let gain = ours - theirs;
    if (nodeRows > EXACT_ROWS && abs(gain) <= NEAR * theirs) {
      if (nodeRows > WHOLE_ROWS) return stop(IS_BEST);
      // Products of whole numbers, below 2^86, of which the difference is below 2^57: the lower 64 bits tell all of it.
      gain = <f64>(<i64>numerator * <i64>load<f64>(score, 8) - <i64>load<f64>(score) * <i64>denominator);
    }
    if (gain < 0 || (gain === 0 && <i32>feature >= load<i32>(words, BEST_FEATURE))) return DONE;
  }
  store<i32>(words, feature, BEST_FEATURE);
  store<u32>(words, <u32>((at - first) >> 2), BEST_POSITION);
  store<u32>(words, missingLeft, BEST_MISSING_LEFT);
  store<f64>(score, numerator);
  store<f64>(score, denominator, 8);
  copyLeft(bestLeft);
  bound = (numerator / denominator) * share;
  return DONE;
}
