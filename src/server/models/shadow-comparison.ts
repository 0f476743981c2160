import { type Classifier, classifierSteps } from '../../model/classifier.js';
import { type Feature, type Model, unseenCategory } from '../../model/model.js';
import { runStepsInTurns } from '../../model/steps.js';

/** Rows of one class of the version that answers. */
export interface ClassAgreement {
  rows: number;
  /** Rows that the shadow gives the same class. */
  agreed: number;
  /** The largest difference of two probabilities of one class, in any of these rows. */
  largestDifference: number;
}

/** How a shadow answers the rows of a model, since either has been what it is. */
export interface ShadowCounts {
  readonly model: string;
  /** The version that answers. */
  readonly version: string;
  readonly shadow: string;
  /** By the class that was answered. */
  readonly classes: Map<string, ClassAgreement>;
  /** Rows for which there was no room. */
  dropped: number;
  /** Rows that the shadow cannot be asked: a value that it refuses. */
  refused: number;
}

/** Classes that are counted separately; all others together. */
const MAX_CLASSES = 100;
const OTHER_CLASSES = '(other classes)';

/** Two versions of a model, asked the same rows. Neither is counted as one that predicts for callers. */
export class ShadowComparison {
  readonly counts: ShadowCounts;
  readonly #standard: Classifier;
  readonly #shadow: Classifier;
  readonly #rowsFor: RowMapper;
  /** `#shadowClass[k]`: where the shadow has class k of the other one; -1 where it doesn't. */
  readonly #shadowClass: readonly number[];
  /** Classes that the shadow alone has. */
  readonly #ownClasses: readonly number[];

  private constructor(
    name: string,
    models: readonly [Model, Model],
    classifiers: readonly [Classifier, Classifier],
    rowsFor: RowMapper,
  ) {
    const [standard, shadow] = models;
    this.counts = {
      model: name,
      version: standard.version,
      shadow: shadow.version,
      classes: new Map(),
      dropped: 0,
      refused: 0,
    };
    [this.#standard, this.#shadow] = classifiers;
    this.#rowsFor = rowsFor;
    this.#shadowClass = standard.classes.map((label) => shadow.classes.indexOf(label));
    this.#ownClasses = shadow.classes.flatMap((label, index) => (standard.classes.includes(label) ? [] : [index]));
  }

  /** @returns undefined where the shadow has features that the other one lacks */
  static async of(name: string, standard: Model, shadow: Model): Promise<ShadowComparison | undefined> {
    const rowsFor = rowMapper(standard.features, shadow.features);
    if (!rowsFor) return undefined;
    const classifiers = [
      await runStepsInTurns(classifierSteps(standard)),
      await runStepsInTurns(classifierSteps(shadow)),
    ] as const;
    return new ShadowComparison(name, [standard, shadow], classifiers, rowsFor);
  }

  /** Values of a row. */
  get width(): number {
    return this.#standard.features.length;
  }

  /** Comparisons of two numbers that a row takes. */
  get rowSteps(): number {
    return this.#standard.longestWalk + this.#shadow.longestWalk + this.#standard.classes.length;
  }

  /** @param rows row-major, as the version that answers had them */
  compare(rows: Float64Array, rowCount: number): void {
    const asked = this.#rowsFor(rows, rowCount);
    if (this.#shadow.findBadValue(asked, rowCount)) {
      if (rowCount === 1) this.counts.refused++;
      else
        for (let row = 0; row < rowCount; row++)
          this.compare(rows.subarray(row * this.width, (row + 1) * this.width), 1);
      return;
    }
    const ours = answersOf(this.#standard, rows, rowCount);
    const theirs = answersOf(this.#shadow, asked, rowCount);
    for (let row = 0; row < rowCount; row++) {
      const label = ours.labels[row];
      const counts = this.#of(this.#standard.classes[label]);
      counts.rows++;
      if (this.#shadowClass[label] === theirs.labels[row]) counts.agreed++;
      counts.largestDifference = Math.max(counts.largestDifference, this.#difference(ours.shares, theirs.shares, row));
    }
  }

  #difference(ours: Float64Array, theirs: Float64Array, row: number): number {
    const [from, to] = [row * this.#shadowClass.length, row * this.#shadow.classes.length];
    let largest = 0;
    for (const [index, there] of this.#shadowClass.entries()) {
      largest = Math.max(largest, Math.abs(ours[from + index] - (there < 0 ? 0 : theirs[to + there])));
    }
    for (const index of this.#ownClasses) largest = Math.max(largest, theirs[to + index]);
    return largest;
  }

  #of(label: string): ClassAgreement {
    const { classes } = this.counts;
    const key = classes.has(label) || classes.size < MAX_CLASSES ? label : OTHER_CLASSES;
    let counts = classes.get(key);
    if (!counts) {
      counts = { rows: 0, agreed: 0, largestDifference: 0 };
      classes.set(key, counts);
    }
    return counts;
  }
}

function answersOf(classifier: Classifier, rows: Float64Array, rowCount: number) {
  const labels = new Int32Array(rowCount);
  const shares = new Float64Array(rowCount * classifier.classes.length);
  classifier.answerInto(rows, rowCount, { labels, shares });
  return { labels, shares };
}

type RowMapper = (rows: Float64Array, rowCount: number) => Float64Array;

/** Rows of one model as rows of another: its features in its order, categories by their texts. */
function rowMapper(from: readonly Feature[], to: readonly Feature[]): RowMapper | undefined {
  const places = to.map((feature) =>
    from.findIndex(({ kind, name }) => kind === feature.kind && name === feature.name),
  );
  if (places.includes(-1)) return undefined;
  const same = from.length === to.length && to.every((feature, index) => sameFeature(feature, from[index]));
  if (same) return (rows) => rows;
  const categories = to.map((feature, index) => categoryMap(from[places[index]], feature));
  return (rows, rowCount) => {
    const mapped = new Float64Array(rowCount * to.length);
    for (let row = 0, at = 0; row < rowCount; row++) {
      for (let index = 0; index < to.length; index++, at++) {
        const value = rows[row * from.length + places[index]];
        mapped[at] = categories[index]?.(value) ?? value;
      }
    }
    return mapped;
  };
}

function sameFeature(one: Feature, other: Feature): boolean {
  if (one.kind !== other.kind || one.name !== other.name) return false;
  if (one.kind === 'number' || other.kind === 'number') return true;
  const { categories } = other;
  return (
    one.other === other.other &&
    one.categories.length === categories.length &&
    one.categories.every((text, index) => text === categories[index])
  );
}

/** @returns undefined for a number */
function categoryMap(from: Feature, to: Feature): ((category: number) => number) | undefined {
  if (from.kind === 'number' || to.kind === 'number') return undefined;
  const unseen = unseenCategory(to);
  const places = from.categories.map((text) => {
    const index = to.categories.indexOf(text);
    return index < 0 ? unseen : index;
  });
  return (category) => (Number.isNaN(category) ? category : (places[category] ?? unseen));
}
