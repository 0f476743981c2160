/**
 * Whole numbers beyond 2^53, of which a double holds only some: another becomes the nearest of these.
 * Why: docs/decisions/whole-numbers-stay-apart.md
 */

/**
 * Those of a column that are looked at, different ones as doubles. A column with more of them has a name for nearly every
 * row, and the later ones are compared with these alone.
 */
const MOST_KEPT = 1 << 20;

/** What a double leaves of a whole number beyond 2^53 that is written in digits alone; NaN of any other cell. */
export function restOfWhole(cell: string, value: number): number {
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return Number.NaN;
  const text = cell.trim();
  return /^[+-]?\d+$/.test(text) ? Number(BigInt(text) - BigInt(value)) : Number.NaN;
}

/** The rests of a column in a batch, row by row. */
export class Rests {
  readonly #rests = new Map<number, number>();

  add(row: number, cell: string, value: number): void {
    const rest = restOfWhole(cell, value);
    if (!Number.isNaN(rest)) this.#rests.set(row, rest);
  }

  /** As `NumberCells` has them. */
  finish(rowCount: number): { readonly rests?: Float64Array } {
    if (this.#rests.size === 0) return {};
    const rests = new Float64Array(rowCount).fill(Number.NaN);
    for (const [row, rest] of this.#rests) if (row < rowCount) rests[row] = rest;
    return { rests };
  }
}

/** Two whole numbers that are one as doubles. */
export interface Twins {
  readonly value: number;
  readonly first: bigint;
  readonly second: bigint;
  /** Of the second one. */
  readonly place: number;
}

/** The whole numbers beyond 2^53 of a column. */
export class WholeNumbers {
  readonly #rests = new Map<number, number>();
  /** The first two, if there are any. */
  twins: Twins | undefined;

  /** @param rest NaN: it is none of them */
  add(value: number, rest: number, place: number): void {
    if (Number.isNaN(rest) || this.twins !== undefined) return;
    const known = this.#rests.get(value);
    if (known === undefined) {
      if (this.#rests.size < MOST_KEPT) this.#rests.set(value, rest);
    } else if (known !== rest) {
      this.twins = { value, first: exact(value, known), second: exact(value, rest), place };
    }
  }
}

function exact(value: number, rest: number): bigint {
  return BigInt(value) + BigInt(rest);
}
