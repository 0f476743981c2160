/** What one model answered a row: the label, and shares by class; a class that is absent has none. */
export interface Answer {
  readonly label: string;
  /** Undefined where only labels are known. */
  readonly shares: ReadonlyMap<string, number> | undefined;
}

/** How often one label became another. */
export interface LabelPair {
  readonly from: string;
  readonly to: string;
  readonly rows: number;
}

/** The share of a class that differs most, and the row in which it does. */
export interface ShareDifference<Row> {
  readonly class: string;
  /** Above 0. */
  readonly difference: number;
  readonly row: Row;
}

/** A row whose label changed, or that was refused. */
export type ChangedRow<Row> = { readonly row: Row; readonly from: string } & (
  | { readonly to: string }
  | { readonly refusal: string }
);

/** What differs between the answers of two models to the same rows. */
export class AnswerChanges<Row> {
  readonly #mostKept: number;
  readonly #pairs = new Map<string, Map<string, number>>();
  readonly #kept: ChangedRow<Row>[] = [];
  #rowCount = 0;
  #changed = 0;
  #refused = 0;
  #compared = 0;
  #largest: ShareDifference<Row> | undefined;

  /** @param mostKept of the rows that changed */
  constructor(mostKept: number) {
    this.#mostKept = mostKept;
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** Rows with another label. */
  get changed(): number {
    return this.#changed;
  }

  get refused(): number {
    return this.#refused;
  }

  /** Rows whose shares could be compared. */
  get compared(): number {
    return this.#compared;
  }

  /** Undefined where all shares are the same. */
  get largest(): ShareDifference<Row> | undefined {
    return this.#largest;
  }

  /** The first rows that changed, in order. */
  get kept(): readonly ChangedRow<Row>[] {
    return this.#kept;
  }

  /** The most frequent first. */
  get pairs(): LabelPair[] {
    return [...this.#pairs]
      .flatMap(([from, targets]) => Array.from(targets, ([to, rows]) => ({ from, to, rows })))
      .sort((a, b) => b.rows - a.rows || compare(a.from, b.from) || compare(a.to, b.to));
  }

  add(row: Row, before: Answer, after: Answer): void {
    this.#rowCount++;
    if (before.shares && after.shares) {
      this.#compared++;
      this.#compareShares(row, before.shares, after.shares);
    }
    if (before.label === after.label) return;
    this.#changed++;
    let targets = this.#pairs.get(before.label);
    if (!targets) {
      targets = new Map();
      this.#pairs.set(before.label, targets);
    }
    targets.set(after.label, (targets.get(after.label) ?? 0) + 1);
    this.#keep({ row, from: before.label, to: after.label });
  }

  /** A row that the second model refuses. */
  refuse(row: Row, before: Answer, refusal: string): void {
    this.#rowCount++;
    this.#refused++;
    this.#keep({ row, from: before.label, refusal });
  }

  #keep(changed: ChangedRow<Row>): void {
    if (this.#kept.length < this.#mostKept) this.#kept.push(changed);
  }

  #compareShares(row: Row, before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): void {
    const note = (name: string, difference: number) => {
      if (difference > (this.#largest?.difference ?? 0)) this.#largest = { class: name, difference, row };
    };
    for (const [name, share] of before) note(name, Math.abs(share - (after.get(name) ?? 0)));
    for (const [name, share] of after) if (!before.has(name)) note(name, share);
  }
}

/** By code units: the same order in every locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
