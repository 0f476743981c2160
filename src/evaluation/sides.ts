import type { Dataset } from '../data/dataset.js';
import { hashRank2, rankText } from '../data/hash-rank-2.js';
import { createClassifier } from '../model/classifier.js';
import type { Steps } from '../model/steps.js';
import { predictRows } from './prediction.js';
import type { Subject } from './subject.js';
import { rowHashesOf } from './table-identity.js';

/**
 * Why a model was trained on rows of a table, as the sides of its cuts show: of some different rows too few, or too many, are
 * held out, as new ones fall on a side by chance.
 */
export interface SidesEvidence {
  /** Of which rows: all, or those that the model gets wrong. */
  readonly of: 'rows' | 'errors';
  /** Different rows of classes that were cut. */
  readonly rows: number;
  /** Those of them on the held-out side. */
  readonly heldOut: number;
  /** As many would be if the rows were new to the model. */
  readonly expected: number;
}

/**
 * The chance with which evidence is found against rows that are new to the model is at most this for each of the two kinds.
 * Why: docs/decisions/training-rows-by-their-sides.md
 */
const FALSE_ALARM = 1 / 2000;

/**
 * Looks for evidence that a model was trained on rows of a table. New rows fall on the held-out side of the cut of their
 * class with a chance that the cut tells, whatever the model answers. A table of training rows has none there; one of
 * both kinds of rows has most of the model's errors there, if the model answers training rows better.
 *
 * @returns null where there is none, or the model has no cuts
 */
export function* evidenceOf({ dataset, model }: Subject): Steps<SidesEvidence | null> {
  const { partition, training } = model.provenance;
  if (training === null || partition === null || partition.cuts === null) return null;
  const sides = sidesOf(dataset, partition.cuts, training.seed);
  const evidence = evidenceIn('rows', sides);
  if (evidence !== null) return evidence;
  const rows = Uint32Array.from(sides, ({ row }) => row);
  const { labels, predicted } = yield* predictRows(createClassifier(model), dataset, rows);
  return evidenceIn(
    'errors',
    sides.filter((_, index) => labels[index] !== predicted[index]),
  );
}

/** A row, where it lies, and the chance with which a new one would be held out. */
interface Side {
  readonly row: number;
  readonly isHeldOut: boolean;
  readonly chance: number;
}

/** Of each different row of a class that was cut. */
function sidesOf(dataset: Dataset, cuts: readonly (string | null)[], seed: number): Side[] {
  const hashes = rowHashesOf(dataset);
  const earlier = hashes.countEarlier();
  const ranks = hashRank2(hashes, seed, earlier);
  const sides: Side[] = [];
  for (let row = 0; row < dataset.rowCount; row++) {
    const cut = cuts[dataset.labels[row]!];
    if (cut == null || earlier[row]! > 0) continue;
    sides.push({ row, isHeldOut: rankText(ranks, row) <= cut, chance: shareBelow(cut) });
  }
  return sides;
}

/** 13 hex digits of 16 are what a double holds. */
const HEX_DIGITS = 13;
const ALL_RANKS = 0x10_0000_0000_0000;

/** The share of all ranks up to this one. */
function shareBelow(rank: string): number {
  return Number.parseInt(rank.slice(0, HEX_DIGITS), 16) / ALL_RANKS;
}

/** Too few of all rows, or too many of the errors. */
function evidenceIn(of: SidesEvidence['of'], sides: readonly Side[]): SidesEvidence | null {
  const rows = sides.length;
  const heldOut = sides.filter(({ isHeldOut }) => isHeldOut).length;
  const expected = sides.reduce((sum, { chance }) => sum + chance, 0);
  const isOdd = of === 'rows' ? heldOut < expected : heldOut > expected;
  if (!isOdd || tailBound(heldOut, rows, expected) > FALSE_ALARM) return null;
  return { of, rows, heldOut, expected };
}

/**
 * A bound of the chance that of independent events, as many as expected on average, so few (or so many) happen.
 *
 * (Hoeffding, Probability inequalities for sums of bounded random variables, JASA 1963, theorem 1.)
 */
function tailBound(count: number, total: number, expected: number): number {
  const found = count / total;
  const mean = expected / total;
  return Math.exp(-total * (information(found, mean) + information(1 - found, 1 - mean)));
}

function information(found: number, mean: number): number {
  return found === 0 ? 0 : found * Math.log(found / mean);
}

/** `none of 40 different rows is on the side that it holds out, where about 8 new ones would be` */
export function evidenceInWords({ expected, heldOut, of, rows }: SidesEvidence): string {
  const count = `${heldOut === 0 ? 'none' : heldOut} of ${rows} different rows`;
  const found = of === 'rows' ? count : `${count} that it gets wrong`;
  const verb = heldOut > 1 ? 'are' : 'is';
  return `${found} ${verb} on the side that it holds out, where about ${Math.round(expected)} new ones would be`;
}
