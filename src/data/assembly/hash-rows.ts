/**
 * The hashes of rows (rows/2), of four rows at a time: the SHA-256 of each is computed in a lane of its own. AssemblyScript, a
 * dialect of TypeScript that becomes WebAssembly. `npm run wasm` compiles it, `RowHasher` calls it.
 * Why: docs/decisions/rows-are-hashed-four-at-a-time.md
 */

/** A word of each of the four rows. */
const LANES: usize = 16;
const BLOCK_WORDS: usize = 16;
const ROUNDS: usize = 64;
const HASH_BYTES: usize = 16;
/** Of a column: where its values are, and where the cells of its categories are, the one of an unknown first; 0 of numbers. */
const COLUMN_BYTES: usize = 12;
const CELLS: usize = 4;
const CELL_COUNT: usize = 8;

/** Where free memory begins. */
export const free: usize = __heap_base;

const constants: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]);
const beginning: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);
/** Of a block, a word of each round. */
const schedule: usize = memory.data(64 * 16, 16);
/** The sum of all blocks so far. */
const state: usize = memory.data(8 * 16, 16);

/**
 * @param count rows: a multiple of four
 * @param columns the features in order, and the class
 * @param blocks room for the bytes of four rows: whole blocks of 64, with what SHA-256 appends already in them
 */
export function hashRows(
  count: u32,
  columns: usize,
  columnsEnd: usize,
  blocks: usize,
  blocksEnd: usize,
  out: usize,
): void {
  for (let row: u32 = 0; row < count; row += 4) {
    writeCells(row, columns, columnsEnd, blocks);
    for (let i: usize = 0; i < 8; i++) v128.store(state + i * LANES, v128.load32_splat(beginning + (i << 2)));
    for (let block = blocks; block < blocksEnd; block += BLOCK_WORDS * LANES) addBlock(block);
    writeHashes(out + <usize>row * HASH_BYTES);
  }
}

function writeCells(row: u32, columns: usize, columnsEnd: usize, blocks: usize): void {
  let to = blocks;
  for (let column = columns; column < columnsEnd; column += COLUMN_BYTES) {
    const values = load<u32>(column) + (row << 3);
    const cells = load<u32>(column, CELLS);
    if (cells === 0) {
      const two = numbers(v128.load(values));
      const others = numbers(v128.load(values, 16));
      v128.store(to, v128.shuffle<u32>(two, others, 0, 2, 4, 6));
      v128.store(to, v128.shuffle<u32>(two, others, 1, 3, 5, 7), LANES);
      to += 2 * LANES;
    } else {
      const count = load<u32>(column, CELL_COUNT);
      transpose(
        v128.load(cellOf(values, cells, count)),
        v128.load(cellOf(values + 8, cells, count)),
        v128.load(cellOf(values + 16, cells, count)),
        v128.load(cellOf(values + 24, cells, count)),
        to,
      );
      to += 4 * LANES;
    }
  }
}

/** The bytes of two numbers, as words of SHA-256: -0 as 0, and all that are missing as one. */
function numbers(values: v128): v128 {
  const same = v128.eq<f64>(values, values);
  const bits = v128.bitselect(v128.add<f64>(values, v128.splat<f64>(0)), v128.splat<u64>(0x7ff8000000000000), same);
  return swapped(bits);
}

/** From the order of bytes of the memory to that of SHA-256, and back. */
function swapped(words: v128): v128 {
  return v128.swizzle(words, i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
}

/** Those of categories are behind two: of an unknown one, and of a missing one. */
function cellOf(value: usize, cells: usize, count: u32): usize {
  const category = load<f64>(value);
  if (category >= 0 && category < <f64>count) return cells + ((<usize>(<u32>category) + 2) << 4);
  return category <= 0 || category >= 0 ? cells : cells + HASH_BYTES;
}

function transpose(a: v128, b: v128, c: v128, d: v128, to: usize): void {
  const low = v128.shuffle<u32>(a, b, 0, 4, 1, 5);
  const high = v128.shuffle<u32>(a, b, 2, 6, 3, 7);
  const otherLow = v128.shuffle<u32>(c, d, 0, 4, 1, 5);
  const otherHigh = v128.shuffle<u32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<u64>(low, otherLow, 0, 2));
  v128.store(to, v128.shuffle<u64>(low, otherLow, 1, 3), LANES);
  v128.store(to, v128.shuffle<u64>(high, otherHigh, 0, 2), 2 * LANES);
  v128.store(to, v128.shuffle<u64>(high, otherHigh, 1, 3), 3 * LANES);
}

/** The first half of each row's sum. */
function writeHashes(to: usize): void {
  transpose(
    swapped(v128.load(state)),
    swapped(v128.load(state, LANES)),
    swapped(v128.load(state, 2 * LANES)),
    swapped(v128.load(state, 3 * LANES)),
    to,
  );
}

function rotated(word: v128, bits: i32): v128 {
  return v128.or(v128.shr<u32>(word, bits), v128.shl<u32>(word, 32 - bits));
}

function addBlock(block: usize): void {
  memory.copy(schedule, block, BLOCK_WORDS * LANES);
  for (let at = schedule + BLOCK_WORDS * LANES; at < schedule + ROUNDS * LANES; at += LANES) {
    const early = v128.load(at - 15 * LANES);
    const late = v128.load(at - 2 * LANES);
    const first = v128.xor(v128.xor(rotated(early, 7), rotated(early, 18)), v128.shr<u32>(early, 3));
    const second = v128.xor(v128.xor(rotated(late, 17), rotated(late, 19)), v128.shr<u32>(late, 10));
    const others = v128.add<u32>(v128.load(at - 16 * LANES), v128.load(at - 7 * LANES));
    v128.store(at, v128.add<u32>(others, v128.add<u32>(first, second)));
  }
  let a = v128.load(state);
  let b = v128.load(state, LANES);
  let c = v128.load(state, 2 * LANES);
  let d = v128.load(state, 3 * LANES);
  let e = v128.load(state, 4 * LANES);
  let f = v128.load(state, 5 * LANES);
  let g = v128.load(state, 6 * LANES);
  let h = v128.load(state, 7 * LANES);
  let known = v128.xor(b, c);
  for (let round: usize = 0; round < ROUNDS; round++) {
    const word = v128.add<u32>(v128.load32_splat(constants + (round << 2)), v128.load(schedule + round * LANES));
    const sums = v128.xor(v128.xor(rotated(e, 6), rotated(e, 11)), rotated(e, 25));
    const chosen = v128.xor(g, v128.and(e, v128.xor(f, g)));
    const first = v128.add<u32>(v128.add<u32>(h, word), v128.add<u32>(sums, chosen));
    const others = v128.xor(v128.xor(rotated(a, 2), rotated(a, 13)), rotated(a, 22));
    const differ = v128.xor(a, b);
    const most = v128.xor(b, v128.and(differ, known));
    known = differ;
    h = g;
    g = f;
    f = e;
    e = v128.add<u32>(d, first);
    d = c;
    c = b;
    b = a;
    a = v128.add<u32>(first, v128.add<u32>(others, most));
  }
  add(0, a);
  add(1, b);
  add(2, c);
  add(3, d);
  add(4, e);
  add(5, f);
  add(6, g);
  add(7, h);
}

function add(index: usize, value: v128): void {
  const at = state + index * LANES;
  v128.store(at, v128.add<u32>(v128.load(at), value));
}
