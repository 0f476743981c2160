import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ImportedModel, type ImportOptions, importBytes } from '../../src/formats/import-model.js';
import { createClassifier } from '../../src/model/classifier.js';
import type { EnsembleScorer } from '../../src/model/model.js';
import { ensemblePredictor } from '../../src/tree/predict-ensemble.js';

/** What a library answers to rows: see make.py. */
interface Answers {
  readonly model: string;
  readonly columns: number;
  readonly rows: string;
  readonly labels: readonly number[];
  readonly shares: string;
  readonly margins?: string;
  /** Rounds that it was asked for; absent: those of its own choice. */
  readonly iterations?: number;
  /** Columns of categories, and how many codes each has. */
  readonly codes?: readonly (readonly [number, number])[];
}

export interface Fixture {
  readonly name: string;
  readonly folder: string;
}

export const FIXTURES = fileURLToPath(new URL('../fixtures/imports/', import.meta.url));

export function fixturesOf(library: string, folder = FIXTURES): Fixture[] {
  const names = readdirSync(folder).filter((name) => name.startsWith(library) && name.endsWith('.answers.json'));
  return names.sort().map((name) => ({ name: name.replace('.answers.json', ''), folder }));
}

export function readFixture({ folder, name }: Fixture, options: ImportOptions = {}) {
  const answers: Answers = JSON.parse(readFileSync(join(folder, `${name}.answers.json`), 'utf8'));
  const bytes = readFileSync(join(folder, answers.model));
  const { iterations } = answers;
  const imported = importBytes(bytes, answers.model, {
    ...(iterations === undefined ? {} : { iterations }),
    ...options,
  });
  return { answers, bytes, imported };
}

/** How many numbers are other than the library's. */
export interface Differences {
  readonly rows: number;
  readonly labels: number;
  readonly margins: number;
  readonly shares: number;
  /** The largest distance of a share. */
  readonly distance: number;
}

export function differencesOf(answers: Answers, { model }: ImportedModel): Differences {
  const rows = rowsOf(answers, model);
  const rowCount = rows.length / answers.columns;
  const labels = new Int32Array(rowCount);
  const shares = new Float64Array(rowCount * model.classes.length);
  createClassifier(model).answerInto(rows, rowCount, { labels, shares });
  const { ensemble } = model.scorer as EnsembleScorer;
  const sums = new Float64Array(rowCount * ensemble.combine.outputs);
  ensemblePredictor(ensemble).answerInto(rows, rowCount, { sums });
  const expected = doubles(answers.shares);
  if (expected.length !== shares.length) throw new Error(`expected ${expected.length} shares, found ${shares.length}`);
  return {
    rows: rowCount,
    labels: others(labels, answers.labels),
    margins: answers.margins === undefined ? 0 : others(sums, doubles(answers.margins)),
    shares: others(shares, expected),
    distance: shares.reduce((most, share, at) => Math.max(most, Math.abs(share - expected[at])), 0),
  };
}

function others(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) throw new Error(`expected ${expected.length} numbers, found ${found.length}`);
  let count = 0;
  for (let at = 0; at < found.length; at++) if (found[at] !== expected[at]) count++;
  return count;
}

/** Rows as a model takes them: a category by its index. */
function rowsOf({ codes = [], columns, rows: hex }: Answers, model: ImportedModel['model']): Float64Array {
  const rows = doubles(hex);
  const known = new Map(codes.map(([column]) => [column, model.features[column]]));
  for (let at = 0; at < rows.length; at++) {
    const feature = known.get(at % columns);
    if (feature === undefined || Number.isNaN(rows[at])) continue;
    const names = feature.kind === 'category' ? feature.categories : [];
    rows[at] = rows[at] >= 0 ? names.indexOf(String(Math.trunc(rows[at]))) : -1;
  }
  return rows;
}

/** Whether a library says what features contribute: see contributions.py. */
export function isExplained({ folder, name }: Fixture): boolean {
  return existsSync(join(folder, `${name}.contributions.json`));
}

/** Importances of features, as scikit-learn has them; undefined of what is no forest. */
export function importancesOf({ folder, name }: Fixture): number[] | undefined {
  return JSON.parse(readFileSync(join(folder, `${name}.contributions.json`), 'utf8')).importances;
}

/**
 * How far contributions, and what is expected, are from the library's at most: of the sum of their sizes, over a row and output.
 */
export function contributionDistance(fixture: Fixture, model?: ImportedModel['model']): number {
  const { answers, imported } = readFixture(fixture);
  const told = JSON.parse(readFileSync(join(fixture.folder, `${fixture.name}.contributions.json`), 'utf8'));
  const [rows, expected] = [rowsOf(answers, imported.model), doubles(told.contributions)];
  const classifier = createClassifier(model ?? imported.model);
  const { columns } = answers;
  const outputs = classifier.contributions.classes.length;
  const rounds = /lightgbm.*-rf$/.test(fixture.name) ? classifier.treeCount / outputs : 1;
  let distance = 0;
  for (const [index, row] of (told.rows as number[]).entries()) {
    const found = new Float64Array(outputs * (columns + 2));
    classifier.contributionsInto(rows.subarray(row * columns, (row + 1) * columns), 1, found);
    for (let k = 0; k < outputs; k++) {
      const own = found.subarray(k * (columns + 2), (k + 1) * (columns + 2) - 1);
      const from = (index * outputs + k) * (columns + 1);
      // LightGBM adds up the trees of a random forest there, where it answers with their mean.
      const theirs = expected.subarray(from, from + columns + 1).map((number) => number / rounds);
      const scale = theirs.reduce((sum, number) => sum + Math.abs(number), 0);
      for (const [at, number] of own.entries()) {
        distance = Math.max(distance, Math.abs(number - theirs[at]) / (scale || 1));
      }
    }
  }
  return distance;
}

export function doubles(hex: string): Float64Array {
  const bytes = Buffer.from(hex, 'hex');
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}
