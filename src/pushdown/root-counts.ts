import { optionOf } from '../data/holdout-column.js';
import { remedyOf } from '../data/read-training.js';
import { type Trouble, TroublesError } from '../data/trouble.js';
import { DataError } from '../ground/errors.js';
import { nameInWords, plural, quote } from '../ground/quote.js';
import { type CountedTable, MOST_WHOLE } from './counted-table.js';
import type { Engine } from './engine.js';

/** What is known of a whole table before anything grows. */
export interface RootCounts {
  /** Rows of each class that are trained on, and that are held out. */
  readonly train: Float64Array;
  readonly holdout: Float64Array;
  /** Rows without a class. */
  readonly unlabelled: number;
  readonly features: readonly RootFeature[];
}

export interface RootFeature {
  /** Of the rows that are trained on. */
  readonly missing: number;
  /** Of all rows, also those without a class. */
  readonly missingAnywhere: number;
  /** Of a number, in the rows that are trained on; infinite where none has a value. */
  readonly min: number;
  readonly max: number;
}

/** @throws DataError for what nothing can be learnt from */
export async function rootCounts(engine: Engine, table: CountedTable): Promise<RootCounts> {
  const { classes, features } = table;
  const { double } = engine.table.dialect;
  const perFeature = features.flatMap(({ alias, kind }) =>
    kind === 'number' ? [`count(${alias})`, `min(${alias})`, `max(${alias})`] : [`count(${alias})`],
  );
  const cells = ['c', 'h', 'count(*)', ...perFeature].map((one) => `CAST(${one} AS ${double})`);
  const sql = `SELECT ${cells.join(', ')} FROM ${table.rows} GROUP BY c, h`;
  const train = new Float64Array(classes.length);
  const holdout = new Float64Array(classes.length);
  const found = features.map(() => ({
    missing: 0,
    missingAnywhere: 0,
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
  }));
  let unlabelled = 0;
  /** Features that may have a whole number that is another one as a double. */
  const large = new Set<number>();
  for await (const chunk of engine.ask(
    sql,
    cells.map(() => 'number'),
  )) {
    const columns = cells.map((_, at) => chunk.numbers(at));
    for (let row = 0; row < chunk.rowCount; row++) {
      const [label, held, count] = [columns[0]![row]!, columns[1]![row]!, columns[2]![row]!];
      const isLabelled = !Number.isNaN(label);
      if (!isLabelled) unlabelled += count;
      else if (Number.isNaN(held)) throw untold(table, count);
      else if (held === 1) holdout[label] = count;
      else train[label] = count;
      let at = 3;
      for (const [feature, { kind }] of features.entries()) {
        const missing = count - columns[at++]![row]!;
        const ofFeature = found[feature]!;
        ofFeature.missingAnywhere += missing;
        const [min, max] = kind === 'number' ? [columns[at++]![row]!, columns[at++]![row]!] : [Number.NaN, Number.NaN];
        if (isLabelled && missing < count) {
          checkNumbers(table, feature, min, max);
          if (features[feature]!.isBeyond !== undefined && Math.max(-min, max) >= MOST_WHOLE) large.add(feature);
        }
        if (!isLabelled || held === 1) continue;
        ofFeature.missing += missing;
        if (missing === count) continue;
        ofFeature.min = Math.min(ofFeature.min, min + 0);
        ofFeature.max = Math.max(ofFeature.max, max + 0);
      }
    }
  }
  checkRows(table, train, found);
  for (const feature of large) await checkWhole(engine, table, feature);
  return { train, holdout, unlabelled, features: found };
}

/** @throws DataError for what no table has as a number */
function checkNumbers({ features, source }: CountedTable, feature: number, min: number, max: number): void {
  const { kind, name } = features[feature]!;
  if (kind === 'category') return;
  const where = `${source}: ${nameInWords(name)}`;
  const leaveOut = { option: 'ignore', value: [name], effect: 'leaves it out' };
  for (const value of [min, max]) {
    if (!Number.isFinite(value)) {
      throw new DataError('cell', `${where}: expected finite numbers, found ${value}`, { advice: leaveOut });
    }
  }
}

/** @throws DataError for whole numbers that doubles do not keep apart */
async function checkWhole(engine: Engine, { features, source }: CountedTable, feature: number): Promise<void> {
  const { isBeyond, name } = features[feature]!;
  const { dialect, from } = engine.table;
  const sql = `SELECT CAST(count(*) AS ${dialect.double}) FROM ${from} WHERE ${isBeyond}`;
  for await (const rows of engine.ask(sql, ['number'])) {
    const count = rows.numbers(0)[0]!;
    if (count === 0) continue;
    const leaveOut = { option: 'ignore', value: [name], effect: 'leaves it out' };
    const advice = { option: 'categorical', value: [name], effect: 'reads the column as text', or: leaveOut };
    const expected = `expected whole numbers up to ${MOST_WHOLE}, which doubles hold`;
    const where = `${source}: ${nameInWords(name)}`;
    throw new DataError('cell', `${where}: ${expected}, found larger ones in ${plural(count, 'row')}`, { advice });
  }
}

function untold({ holdoutBy, source }: CountedTable, count: number): DataError {
  const { column, rule } = holdoutBy!;
  const expected = optionOf(rule) === 'holdoutKey' ? 'a key to hold rows out by' : 'true or false';
  const where = `${source}: ${nameInWords(column)}`;
  return new DataError('cell', `${where}: expected ${expected} in each row, found ${count} rows or more without`);
}

function checkRows(
  { classes, features, source }: CountedTable,
  train: Float64Array,
  found: readonly RootFeature[],
): void {
  const rowCount = train.reduce((sum, count) => sum + count, 0);
  for (const [k, count] of train.entries()) {
    if (count > 0) continue;
    const expected = 'expected at least one training row, found none';
    throw new DataError('classes', `${source}: class ${quote(classes[k]!)}: ${expected}`);
  }
  const troubles = found.flatMap(({ missing }, feature): Trouble[] => {
    if (missing < rowCount) return [];
    const { name } = features[feature]!;
    const message = `${source}: ${nameInWords(name)}: expected a value in at least one training row, found none`;
    const advice = { option: 'ignore', value: [name], effect: 'leaves it out' };
    return [{ column: name, reason: 'constant', message, advice, remedy: { ignore: [name] } }];
  });
  if (troubles.length > 0) throw new TroublesError(source, troubles, remedyOf(troubles, features.length));
}
