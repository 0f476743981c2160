/** One comparison, both sides measured in one run. */
export interface Row {
  readonly what: string;
  /** Median of our runs, in `unit`. */
  readonly ours: number;
  /** With whom ours is compared. */
  readonly peer: string;
  readonly theirs: number;
  readonly unit: string;
  /** Median of the ratios pair by pair; above 1 means that ours is better. */
  readonly ratio: number;
  /** Smallest and largest of those ratios. */
  readonly spread: readonly [number, number];
  /** What is aimed for, as in `≥ 3`; empty where there is no goal. */
  readonly goal: string;
}

export interface Bench {
  readonly title: string;
  run(options: { readonly short: boolean }): Promise<readonly Row[]>;
}
