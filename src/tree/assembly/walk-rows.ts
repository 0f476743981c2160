/**
 * Walks rows down linked trees, eight at once: as `walkRows` of linked-pool.ts does with six. `npm run wasm` compiles it,
 * `RowWalker` calls it. Without checks of bounds, and with eight walks in flight, it takes about half the time.
 * Why: docs/decisions/rows-walk-in-webassembly.md
 */

/** Where free memory begins. */
export const free: usize = __heap_base;

/** Where everything lies, in bytes, and how links are read: see `LinkedPool`. */
let thresholds: usize = 0;
let links: usize = 0;
let sets: usize = 0;
let values: usize = 0;
let places: usize = 0;
let leaves: usize = 0;
let vectors: usize = 0;
let sums: usize = 0;
/** Values of a row. */
let width: u32 = 0;
let columnMask: u32 = 0;
let placeBits: u32 = 0;

export function describe(
  thresholdsAt: usize,
  linksAt: usize,
  setsAt: usize,
  valuesAt: usize,
  placesAt: usize,
  leavesAt: usize,
  vectorsAt: usize,
  sumsAt: usize,
  valuesOfRow: u32,
  mask: u32,
  shift: u32,
): void {
  thresholds = thresholdsAt;
  links = linksAt;
  sets = setsAt;
  values = valuesAt;
  places = placesAt;
  leaves = leavesAt;
  vectors = vectorsAt;
  sums = sumsAt;
  width = valuesOfRow;
  columnMask = mask;
  placeBits = shift;
}

/**
 * Down a tree of thresholds. The rows are those from `values` on, places of leaves go to `places`; up to seven rows more are
 * walked too.
 */
export function walkThresholds(root: u32, rowCount: u32): void {
  const first = load<u32>(links + (root << 2));
  const bits = placeBits;
  const column = columnMask;
  const leaf = column + 1;
  const thresholdBase = thresholds;
  const linkBase = links;
  const bytes = width << 3;
  let from = values;
  let to = places;
  for (let row: u32 = 0; row < rowCount; row += 8) {
    const from0 = from + 0 * bytes;
    const from1 = from + 1 * bytes;
    const from2 = from + 2 * bytes;
    const from3 = from + 3 * bytes;
    const from4 = from + 4 * bytes;
    const from5 = from + 5 * bytes;
    const from6 = from + 6 * bytes;
    const from7 = from + 7 * bytes;
    let at0 = root;
    let at1 = root;
    let at2 = root;
    let at3 = root;
    let at4 = root;
    let at5 = root;
    let at6 = root;
    let at7 = root;
    let link0 = first;
    let link1 = first;
    let link2 = first;
    let link3 = first;
    let link4 = first;
    let link5 = first;
    let link6 = first;
    let link7 = first;
    while ((link0 & link1 & link2 & link3 & link4 & link5 & link6 & link7 & leaf) == 0) {
      at0 = (link0 >>> bits) + u32(load<f64>(from0 + ((link0 & column) << 3)) <= load<f64>(thresholdBase + (at0 << 3)));
      at1 = (link1 >>> bits) + u32(load<f64>(from1 + ((link1 & column) << 3)) <= load<f64>(thresholdBase + (at1 << 3)));
      at2 = (link2 >>> bits) + u32(load<f64>(from2 + ((link2 & column) << 3)) <= load<f64>(thresholdBase + (at2 << 3)));
      at3 = (link3 >>> bits) + u32(load<f64>(from3 + ((link3 & column) << 3)) <= load<f64>(thresholdBase + (at3 << 3)));
      at4 = (link4 >>> bits) + u32(load<f64>(from4 + ((link4 & column) << 3)) <= load<f64>(thresholdBase + (at4 << 3)));
      at5 = (link5 >>> bits) + u32(load<f64>(from5 + ((link5 & column) << 3)) <= load<f64>(thresholdBase + (at5 << 3)));
      at6 = (link6 >>> bits) + u32(load<f64>(from6 + ((link6 & column) << 3)) <= load<f64>(thresholdBase + (at6 << 3)));
      at7 = (link7 >>> bits) + u32(load<f64>(from7 + ((link7 & column) << 3)) <= load<f64>(thresholdBase + (at7 << 3)));
      link0 = load<u32>(linkBase + (at0 << 2));
      link1 = load<u32>(linkBase + (at1 << 2));
      link2 = load<u32>(linkBase + (at2 << 2));
      link3 = load<u32>(linkBase + (at3 << 2));
      link4 = load<u32>(linkBase + (at4 << 2));
      link5 = load<u32>(linkBase + (at5 << 2));
      link6 = load<u32>(linkBase + (at6 << 2));
      link7 = load<u32>(linkBase + (at7 << 2));
    }
    store<u32>(to, at0);
    store<u32>(to, at1, 4);
    store<u32>(to, at2, 8);
    store<u32>(to, at3, 12);
    store<u32>(to, at4, 16);
    store<u32>(to, at5, 20);
    store<u32>(to, at6, 24);
    store<u32>(to, at7, 28);
    from += 8 * bytes;
    to += 32;
  }
}

/**
 * 1 where a value goes to the second of two siblings. `sets` has, per node, the place of its set, in bytes from there on: a set
 * is a bit per code. A node that asks for a number has the set of nothing, one that asks for a category a threshold of NaN.
 */
// @ts-ignore: decorators are AssemblyScript's
@inline
function step(value: f64, thresholdBase: usize, setBase: usize, at: u32): u32 {
  const code: u32 = u32(i32(value)) & 511;
  const set = load<u32>(setBase + (at << 2));
  const word = load<u32>(setBase + set + ((code >>> 5) << 2));
  return u32(value <= load<f64>(thresholdBase + (at << 3))) + ((word >>> (code & 31)) & 1);
}

/** Down a tree with categories: their values are codes, see `setWords` of linked-pool.ts. */
export function walkSets(root: u32, rowCount: u32): void {
  const first = load<u32>(links + (root << 2));
  const bits = placeBits;
  const column = columnMask;
  const leaf = column + 1;
  const thresholdBase = thresholds;
  const linkBase = links;
  const setBase = sets;
  const bytes = width << 3;
  let from = values;
  let to = places;
  for (let row: u32 = 0; row < rowCount; row += 8) {
    const from0 = from + 0 * bytes;
    const from1 = from + 1 * bytes;
    const from2 = from + 2 * bytes;
    const from3 = from + 3 * bytes;
    const from4 = from + 4 * bytes;
    const from5 = from + 5 * bytes;
    const from6 = from + 6 * bytes;
    const from7 = from + 7 * bytes;
    let at0 = root;
    let at1 = root;
    let at2 = root;
    let at3 = root;
    let at4 = root;
    let at5 = root;
    let at6 = root;
    let at7 = root;
    let link0 = first;
    let link1 = first;
    let link2 = first;
    let link3 = first;
    let link4 = first;
    let link5 = first;
    let link6 = first;
    let link7 = first;
    while ((link0 & link1 & link2 & link3 & link4 & link5 & link6 & link7 & leaf) == 0) {
      at0 = (link0 >>> bits) + step(load<f64>(from0 + ((link0 & column) << 3)), thresholdBase, setBase, at0);
      at1 = (link1 >>> bits) + step(load<f64>(from1 + ((link1 & column) << 3)), thresholdBase, setBase, at1);
      at2 = (link2 >>> bits) + step(load<f64>(from2 + ((link2 & column) << 3)), thresholdBase, setBase, at2);
      at3 = (link3 >>> bits) + step(load<f64>(from3 + ((link3 & column) << 3)), thresholdBase, setBase, at3);
      at4 = (link4 >>> bits) + step(load<f64>(from4 + ((link4 & column) << 3)), thresholdBase, setBase, at4);
      at5 = (link5 >>> bits) + step(load<f64>(from5 + ((link5 & column) << 3)), thresholdBase, setBase, at5);
      at6 = (link6 >>> bits) + step(load<f64>(from6 + ((link6 & column) << 3)), thresholdBase, setBase, at6);
      at7 = (link7 >>> bits) + step(load<f64>(from7 + ((link7 & column) << 3)), thresholdBase, setBase, at7);
      link0 = load<u32>(linkBase + (at0 << 2));
      link1 = load<u32>(linkBase + (at1 << 2));
      link2 = load<u32>(linkBase + (at2 << 2));
      link3 = load<u32>(linkBase + (at3 << 2));
      link4 = load<u32>(linkBase + (at4 << 2));
      link5 = load<u32>(linkBase + (at5 << 2));
      link6 = load<u32>(linkBase + (at6 << 2));
      link7 = load<u32>(linkBase + (at7 << 2));
    }
    store<u32>(to, at0);
    store<u32>(to, at1, 4);
    store<u32>(to, at2, 8);
    store<u32>(to, at3, 12);
    store<u32>(to, at4, 16);
    store<u32>(to, at5, 20);
    store<u32>(to, at6, 24);
    store<u32>(to, at7, 28);
    from += 8 * bytes;
    to += 32;
  }
}

/**
 * Adds the leaves at `places` to an output of each row; or, where `output` is below 0, a number to each, which `vectors` has from
 * the leaf's value on. Sums of 32 bits are rounded where they are stored.
 */
// @ts-ignore: decorators are AssemblyScript's
@inline
function addLeaves<T extends number>(output: i32, outputs: u32, rowCount: u32): void {
  const size: u32 = sizeof<T>();
  const step = outputs * size;
  let place = places;
  let sum = sums + (output < 0 ? 0 : u32(output) * size);
  for (let row: u32 = 0; row < rowCount; row++) {
    const value = load<f64>(leaves + (load<u32>(place) << 3));
    if (output >= 0) store<T>(sum, <T>(<f64>load<T>(sum) + value));
    else {
      const vector = vectors + (u32(value) << 3);
      for (let k: u32 = 0; k < outputs; k++) {
        const at = sum + k * size;
        store<T>(at, <T>(<f64>load<T>(at) + load<f64>(vector + (k << 3))));
      }
    }
    place += 4;
    sum += step;
  }
}

export function addToFloats(output: i32, outputs: u32, rowCount: u32): void {
  addLeaves<f32>(output, outputs, rowCount);
}

export function addToDoubles(output: i32, outputs: u32, rowCount: u32): void {
  addLeaves<f64>(output, outputs, rowCount);
}
