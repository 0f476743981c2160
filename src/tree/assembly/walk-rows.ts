/**
 * Walks rows down trees, eight walks at once: eight rows down a tree, or a row down eight trees. `npm run wasm` compiles it,
 * `RowWalker` lays out what it walks in and calls it.
 * Why: docs/decisions/rows-walk-in-webassembly.md
 *
 * Siblings are side by side: two doubles, then two pairs of 32-bit numbers, then, in trees with categories, two places of sets in 8
 * bytes each. So a node has from its place on: its threshold, or the value of a leaf; at `CHILD` the place of the first of its
 * children, at `COLUMN` where the column that it asks for begins in a group of rows; at `SET` where its set begins. A leaf is its own
 * child and asks for what is never left of anything: NaN. Its column is odd, and that of others is not.
 *
 * The values of eight rows are a group: per column eight doubles, and where trees have categories eight codes of 32 bits.
 */

/** Where free memory begins. */
export const free: usize = __heap_base;

const CHILD: usize = 16;
const COLUMN: usize = 20;
const SET: usize = 32;
/** In a column. */
const CODES: usize = 64;
/** Codes: see `codeOf` of linked-pool.ts. */
const UNKNOWN_CODE: f64 = 255;
const MISSING_CODE: u32 = 256;

/** Where groups, rows as they came, leaves, sums and vectors of leaves lie. */
let groups: usize = 0;
let rows: usize = 0;
let leaves: usize = 0;
let sums: usize = 0;
let vectors: usize = 0;
/** Per tree its root and its output, 32 bits each. */
let roots: usize = 0;
let outputOfTree: usize = 0;

export function place(
  groupsAt: usize,
  rowsAt: usize,
  leavesAt: usize,
  sumsAt: usize,
  vectorsAt: usize,
  rootsAt: usize,
  outputsAt: usize,
): void {
  groups = groupsAt;
  rows = rowsAt;
  leaves = leavesAt;
  sums = sumsAt;
  vectors = vectorsAt;
  roots = rootsAt;
  outputOfTree = outputsAt;
}

/** How rows become groups: see `Columns` of linked-pool.ts. Columns and groups are in bytes, 0 is a column that nobody asks for. */
let featureCount: u32 = 0;
let columnBytes: u32 = 0;
let groupBytes: u32 = 0;
let negated: u32 = 0;
let withoutZero: u32 = 0;
let negatedWithoutZero: u32 = 0;
/** What is rounded to 32 bits, and what counts as 0: values up to here; below 0: none. */
let inFloats: bool = false;
let zero: f64 = 0;
/** Per feature a byte, which is not 0 where it has codes; 0 where no feature has. */
let categories: usize = 0;

export function describe(
  features: u32,
  bytesOfColumn: u32,
  bytesOfGroup: u32,
  negatedAt: u32,
  withoutZeroAt: u32,
  negatedWithoutZeroAt: u32,
  rounds: bool,
  largestZero: f64,
  categoriesAt: usize,
): void {
  featureCount = features;
  columnBytes = bytesOfColumn;
  groupBytes = bytesOfGroup;
  negated = negatedAt;
  withoutZero = withoutZeroAt;
  negatedWithoutZero = negatedWithoutZeroAt;
  inFloats = rounds;
  zero = largestZero;
  categories = categoriesAt;
}

/** Puts rows into groups, in the forms that trees ask for. What the last group has beyond them may be walked as well. */
export function spreadRows(rowCount: u32): void {
  let from = rows;
  for (let row: u32 = 0; row < rowCount; row++) {
    const group = groups + (row >>> 3) * groupBytes;
    if ((row & 7) == 0) beginGroup(group);
    let to = group + ((row & 7) << 3);
    for (let feature: u32 = 0; feature < featureCount; feature++) {
      let value = load<f64>(from);
      if (inFloats) value = <f64>(<f32>value);
      if (abs(value) <= zero) value = 0;
      store<f64>(to, value);
      if (negated != 0) store<f64>(to + negated, -value);
      const orMissing = value == 0 ? NaN : value;
      if (withoutZero != 0) store<f64>(to + withoutZero, orMissing);
      if (negatedWithoutZero != 0) store<f64>(to + negatedWithoutZero, -orMissing);
      if (categories != 0 && load<u8>(categories + feature) != 0) {
        store<u32>(group + feature * columnBytes + ((row & 7) << 2), codeOf(value), CODES);
      }
      from += 8;
      to += columnBytes;
    }
  }
}

/** Its last column is that of leaves: NaN from any byte on. Codes are 0, unless rows bring others. */
function beginGroup(group: usize): void {
  if (categories != 0) memory.fill(group, 0, groupBytes);
  memory.fill(group + groupBytes - columnBytes, 255, CODES);
}

function codeOf(value: f64): u32 {
  if (isNaN(value)) return MISSING_CODE;
  return u32(value > -1 && value < UNKNOWN_CODE ? value : UNKNOWN_CODE);
}

/** Down a tree of thresholds, rows of groups: their leaves go to `leaves`. */
export function walkThresholds(root: u32, rowCount: u32): void {
  const bytes = groupBytes;
  let group = groups;
  let to = leaves;
  for (let row: u32 = 0; row < rowCount; row += 8) {
    let at0 = root;
    let at1 = root;
    let at2 = root;
    let at3 = root;
    let at4 = root;
    let at5 = root;
    let at6 = root;
    let at7 = root;
    do {
      at0 = childOf(at0, load<f64>(group + load<u32>(at0, COLUMN)));
      at1 = childOf(at1, load<f64>(group + load<u32>(at1, COLUMN), 8));
      at2 = childOf(at2, load<f64>(group + load<u32>(at2, COLUMN), 16));
      at3 = childOf(at3, load<f64>(group + load<u32>(at3, COLUMN), 24));
      at4 = childOf(at4, load<f64>(group + load<u32>(at4, COLUMN), 32));
      at5 = childOf(at5, load<f64>(group + load<u32>(at5, COLUMN), 40));
      at6 = childOf(at6, load<f64>(group + load<u32>(at6, COLUMN), 48));
      at7 = childOf(at7, load<f64>(group + load<u32>(at7, COLUMN), 56));
    } while (
      (load<u32>(at0, COLUMN) &
       load<u32>(at1, COLUMN) &
       load<u32>(at2, COLUMN) &
       load<u32>(at3, COLUMN) &
       load<u32>(at4, COLUMN) &
       load<u32>(at5, COLUMN) &
       load<u32>(at6, COLUMN) &
       load<u32>(at7, COLUMN) &
       1) ==
      0
    );
    store<u32>(to, at0);
    store<u32>(to, at1, 4);
    store<u32>(to, at2, 8);
    store<u32>(to, at3, 12);
    store<u32>(to, at4, 16);
    store<u32>(to, at5, 20);
    store<u32>(to, at6, 24);
    store<u32>(to, at7, 28);
    group += bytes;
    to += 32;
  }
}

/** The same of a tree with categories. */
export function walkSets(root: u32, rowCount: u32): void {
  const bytes = groupBytes;
  let group = groups;
  let to = leaves;
  let column: usize = 0;
  for (let row: u32 = 0; row < rowCount; row += 8) {
    let at0 = root;
    let at1 = root;
    let at2 = root;
    let at3 = root;
    let at4 = root;
    let at5 = root;
    let at6 = root;
    let at7 = root;
    do {
      column = group + load<u32>(at0, COLUMN);
      at0 = childBySet(at0, load<f64>(column), load<u32>(column, CODES));
      column = group + load<u32>(at1, COLUMN);
      at1 = childBySet(at1, load<f64>(column, 8), load<u32>(column, CODES + 4));
      column = group + load<u32>(at2, COLUMN);
      at2 = childBySet(at2, load<f64>(column, 16), load<u32>(column, CODES + 8));
      column = group + load<u32>(at3, COLUMN);
      at3 = childBySet(at3, load<f64>(column, 24), load<u32>(column, CODES + 12));
      column = group + load<u32>(at4, COLUMN);
      at4 = childBySet(at4, load<f64>(column, 32), load<u32>(column, CODES + 16));
      column = group + load<u32>(at5, COLUMN);
      at5 = childBySet(at5, load<f64>(column, 40), load<u32>(column, CODES + 20));
      column = group + load<u32>(at6, COLUMN);
      at6 = childBySet(at6, load<f64>(column, 48), load<u32>(column, CODES + 24));
      column = group + load<u32>(at7, COLUMN);
      at7 = childBySet(at7, load<f64>(column, 56), load<u32>(column, CODES + 28));
    } while (
      (load<u32>(at0, COLUMN) &
       load<u32>(at1, COLUMN) &
       load<u32>(at2, COLUMN) &
       load<u32>(at3, COLUMN) &
       load<u32>(at4, COLUMN) &
       load<u32>(at5, COLUMN) &
       load<u32>(at6, COLUMN) &
       load<u32>(at7, COLUMN) &
       1) ==
      0
    );
    store<u32>(to, at0);
    store<u32>(to, at1, 4);
    store<u32>(to, at2, 8);
    store<u32>(to, at3, 12);
    store<u32>(to, at4, 16);
    store<u32>(to, at5, 20);
    store<u32>(to, at6, 24);
    store<u32>(to, at7, 28);
    group += bytes;
    to += 32;
  }
}

/** The first row of the first group, down all trees: its leaves go to `leaves`. There are roots for a multiple of eight trees. */
export function walkRow(treeCount: u32, withSets: bool): void {
  for (let tree: u32 = 0; tree < treeCount; tree += 8) {
    const from = roots + (tree << 2);
    if (withSets) walkEightSets(from, leaves + (tree << 2));
    else walkEightThresholds(from, leaves + (tree << 2));
  }
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function walkEightThresholds(from: usize, to: usize): void {
  const row = groups;
  let at0 = load<u32>(from);
  let at1 = load<u32>(from, 4);
  let at2 = load<u32>(from, 8);
  let at3 = load<u32>(from, 12);
  let at4 = load<u32>(from, 16);
  let at5 = load<u32>(from, 20);
  let at6 = load<u32>(from, 24);
  let at7 = load<u32>(from, 28);
  do {
    at0 = childOf(at0, load<f64>(row + load<u32>(at0, COLUMN)));
    at1 = childOf(at1, load<f64>(row + load<u32>(at1, COLUMN)));
    at2 = childOf(at2, load<f64>(row + load<u32>(at2, COLUMN)));
    at3 = childOf(at3, load<f64>(row + load<u32>(at3, COLUMN)));
    at4 = childOf(at4, load<f64>(row + load<u32>(at4, COLUMN)));
    at5 = childOf(at5, load<f64>(row + load<u32>(at5, COLUMN)));
    at6 = childOf(at6, load<f64>(row + load<u32>(at6, COLUMN)));
    at7 = childOf(at7, load<f64>(row + load<u32>(at7, COLUMN)));
  } while (
    (load<u32>(at0, COLUMN) &
     load<u32>(at1, COLUMN) &
     load<u32>(at2, COLUMN) &
     load<u32>(at3, COLUMN) &
     load<u32>(at4, COLUMN) &
     load<u32>(at5, COLUMN) &
     load<u32>(at6, COLUMN) &
     load<u32>(at7, COLUMN) &
     1) ==
    0
  );
  store<u32>(to, at0);
  store<u32>(to, at1, 4);
  store<u32>(to, at2, 8);
  store<u32>(to, at3, 12);
  store<u32>(to, at4, 16);
  store<u32>(to, at5, 20);
  store<u32>(to, at6, 24);
  store<u32>(to, at7, 28);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function walkEightSets(from: usize, to: usize): void {
  const row = groups;
  let column: usize = 0;
  let at0 = load<u32>(from);
  let at1 = load<u32>(from, 4);
  let at2 = load<u32>(from, 8);
  let at3 = load<u32>(from, 12);
  let at4 = load<u32>(from, 16);
  let at5 = load<u32>(from, 20);
  let at6 = load<u32>(from, 24);
  let at7 = load<u32>(from, 28);
  do {
    column = row + load<u32>(at0, COLUMN);
    at0 = childBySet(at0, load<f64>(column), load<u32>(column, CODES));
    column = row + load<u32>(at1, COLUMN);
    at1 = childBySet(at1, load<f64>(column), load<u32>(column, CODES));
    column = row + load<u32>(at2, COLUMN);
    at2 = childBySet(at2, load<f64>(column), load<u32>(column, CODES));
    column = row + load<u32>(at3, COLUMN);
    at3 = childBySet(at3, load<f64>(column), load<u32>(column, CODES));
    column = row + load<u32>(at4, COLUMN);
    at4 = childBySet(at4, load<f64>(column), load<u32>(column, CODES));
    column = row + load<u32>(at5, COLUMN);
    at5 = childBySet(at5, load<f64>(column), load<u32>(column, CODES));
    column = row + load<u32>(at6, COLUMN);
    at6 = childBySet(at6, load<f64>(column), load<u32>(column, CODES));
    column = row + load<u32>(at7, COLUMN);
    at7 = childBySet(at7, load<f64>(column), load<u32>(column, CODES));
  } while (
    (load<u32>(at0, COLUMN) &
     load<u32>(at1, COLUMN) &
     load<u32>(at2, COLUMN) &
     load<u32>(at3, COLUMN) &
     load<u32>(at4, COLUMN) &
     load<u32>(at5, COLUMN) &
     load<u32>(at6, COLUMN) &
     load<u32>(at7, COLUMN) &
     1) ==
    0
  );
  store<u32>(to, at0);
  store<u32>(to, at1, 4);
  store<u32>(to, at2, 8);
  store<u32>(to, at3, 12);
  store<u32>(to, at4, 16);
  store<u32>(to, at5, 20);
  store<u32>(to, at6, 24);
  store<u32>(to, at7, 28);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function childOf(node: u32, value: f64): u32 {
  return load<u32>(node, CHILD) + (u32(value <= load<f64>(node)) << 3);
}

/** A node that asks for a number has the set of nothing, one that asks for a category a threshold of NaN. */
// @ts-ignore: decorators are AssemblyScript's
@inline
function childBySet(node: u32, value: f64, code: u32): u32 {
  const bits = load<u64>(load<u32>(node, SET) + ((code >>> 6) << 3));
  return load<u32>(node, CHILD) + ((u32(value <= load<f64>(node)) + (u32(bits >>> <u64>code) & 1)) << 3);
}

/**
 * Adds the values of leaves to an output of each row; or, where `output` is below 0, a number to each, which `vectors` has from
 * the leaf's value on. Sums of 32 bits are rounded where they are stored.
 */
// @ts-ignore: decorators are AssemblyScript's
@inline
function addLeaves<T extends number>(output: i32, outputs: u32, rowCount: u32): void {
  const step = outputs * <u32>sizeof<T>();
  const end = leaves + (rowCount << 2);
  let sum = sums;
  if (output < 0) {
    for (let leaf = leaves; leaf < end; leaf += 4, sum += step) addVector<T>(load<u32>(leaf), sum, outputs);
    return;
  }
  sum += <u32>output * <u32>sizeof<T>();
  for (let leaf = leaves; leaf < end; leaf += 4, sum += step) add<T>(sum, load<f64>(load<u32>(leaf)));
}

export function addToFloats(output: i32, outputs: u32, rowCount: u32): void {
  addLeaves<f32>(output, outputs, rowCount);
}

export function addToDoubles(output: i32, outputs: u32, rowCount: u32): void {
  addLeaves<f64>(output, outputs, rowCount);
}

/** Adds the leaves of the first row in all trees, one after another. */
// @ts-ignore: decorators are AssemblyScript's
@inline
function addTrees<T extends number>(treeCount: u32, outputs: u32): void {
  for (let tree: u32 = 0; tree < treeCount; tree++) {
    const leaf = load<u32>(leaves + (tree << 2));
    const output = load<i32>(outputOfTree + (tree << 2));
    if (output < 0) addVector<T>(leaf, sums, outputs);
    else add<T>(sums + <u32>output * <u32>sizeof<T>(), load<f64>(leaf));
  }
}

export function addTreesToFloats(treeCount: u32, outputs: u32): void {
  addTrees<f32>(treeCount, outputs);
}

export function addTreesToDoubles(treeCount: u32, outputs: u32): void {
  addTrees<f64>(treeCount, outputs);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function addVector<T extends number>(leaf: u32, sum: usize, outputs: u32): void {
  const vector = vectors + (u32(load<f64>(leaf)) << 3);
  for (let k: u32 = 0; k < outputs; k++) add<T>(sum + k * <u32>sizeof<T>(), load<f64>(vector + (k << 3)));
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function add<T extends number>(sum: usize, value: f64): void {
  store<T>(sum, <T>(<f64>load<T>(sum) + value));
}
