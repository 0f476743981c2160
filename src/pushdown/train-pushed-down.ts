import { openSource } from '../data/open-source.js';
import { type ReadOptions, readTable } from '../data/schema.js';
import type { TableSource } from '../data/table-source.js';
import type { SqlTable } from '../data/typed/sql-table.js';
import { scoreOfLeaves } from '../evaluation/leaf-score.js';
import { decimalsOf, type TrainedModel } from '../evaluation/train-model.js';
import { assembleArtifact } from '../formats/registry.js';
import { badOption, DataError, UsageError } from '../ground/errors.js';
import { abortSignal, callback, checkOptions, type OptionTable, trueOrFalse, wholeNumber } from '../ground/options.js';
import { withoutRows } from '../model/feature-summary.js';
import type { Feature } from '../model/model.js';
import type { FeatureSummary, Metrics } from '../model/provenance.js';
import type { TrainingRecord } from '../model/training-record.js';
import { weightsOfClasses } from '../training/class-weights.js';
import { engines } from '../training/engines.js';
import { withDirections } from '../training/missing-values.js';
import { createPace } from '../training/pace.js';
import { checkParameters, type TrainingParameters } from '../training/parameters.js';
import { treeAnswers } from '../tree/answers.js';
import { massOf } from '../tree/criterion.js';
import { limitsOf } from '../tree/grow/limits.js';
import { prune } from '../tree/prune.js';
import { type CountedFeature, type CountedTable, countedTable } from './counted-table.js';
import { Engine } from './engine.js';
import { AGGREGATES_HASH, aggregatesSha256 } from './fingerprint.js';
import { growPushedDown, type Level } from './grow.js';
import { growBestFirst } from './grow-best-first.js';
import { countLeaves } from './leaf-counts.js';
import { type RootCounts, rootCounts } from './root-counts.js';
import type { SearchedRows } from './searched-rows.js';
import { summarize } from './summaries.js';

export interface PushDownOptions {
  /** What the process may take, about; of rows that are fetched no more than fits. Default: half of what is free. */
  readonly memoryBytes?: number;
  /** Whether no row is fetched, however few a node has. */
  readonly rowsStay?: boolean;
  /** As of `trainModel`. */
  readonly withholdRows?: boolean;
  readonly signal?: AbortSignal;
  /** Called for each level, with all that was asked of the engine before. */
  readonly onLevel?: (level: PushedLevel) => void;
}

export type PushedLevel = Level & { readonly queries: number; readonly bytes: number };

const pushDownTable: OptionTable<PushDownOptions> = {
  memoryBytes: wholeNumber(0),
  rowsStay: trueOrFalse,
  withholdRows: trueOrFalse,
  signal: abortSignal,
  onLevel: callback,
};

/** A model that was grown where its rows are. */
export interface PushedDownModel extends TrainedModel {
  readonly source: string;
  readonly queries: number;
  readonly bytes: number;
}

/**
 * Trains a tree on a table of an engine, of which it asks counts: the same tree as of its rows. Which rows are held out has to
 * be a matter of a column.
 *
 * @param input an engine's address, with the table or query in `reading`
 * @throws UsageError for what needs the rows; DataError for a table that cannot be learnt from, and one that changes meanwhile
 */
export async function trainPushedDown(
  input: string | TableSource,
  reading: ReadOptions,
  parameters: TrainingParameters,
  options: PushDownOptions = {},
): Promise<PushedDownModel> {
  checkOptions(reading, readTable);
  checkOptions(options, pushDownTable);
  checkPushed(parameters, options);
  const table = await openSql(input, reading, options);
  try {
    return await trainOn(table, reading, parameters, {
      ...options,
      memoryBytes: options.memoryBytes ?? defaultMemory(),
    });
  } finally {
    await table.close();
  }
}

/** @throws UsageError where no engine can be asked */
export async function openSql(
  input: string | TableSource,
  reading: ReadOptions,
  { memoryBytes = defaultMemory(), signal }: Pick<PushDownOptions, 'memoryBytes' | 'signal'>,
): Promise<SqlTable> {
  const source = typeof input === 'string' ? await openSource(input, { ...reading, signal }) : input;
  if (source.openSql === undefined) throw withoutSql(source.origin.name);
  return source.openSql({ memoryBytes: freeOf(memoryBytes) / 2 });
}

/** Half of what is free. */
export function defaultMemory(): number {
  return Math.floor(process.availableMemory() / 2);
}

/** Bytes of a value of a row that is read and trained on, and of the rest of the row, about. */
const READ_VALUE_BYTES = 28;
const READ_ROW_BYTES = 64;

/** What the rows of an engine's table would take in memory, about. @throws as `trainPushedDown` does */
export async function rowsInMemory(input: string, reading: ReadOptions): Promise<number> {
  const table = await openSql(input, reading, reading.signal === undefined ? {} : { signal: reading.signal });
  try {
    const { double } = table.dialect;
    let rowCount = 0;
    for await (const rows of table.ask(`SELECT CAST(count(*) AS ${double}) FROM ${table.from}`, ['number'])) {
      rowCount = rows.numbers(0)[0]!;
    }
    const columns = reading.features?.length ?? table.columns.length - (reading.ignore?.length ?? 0);
    return rowCount * (READ_VALUE_BYTES * columns + READ_ROW_BYTES);
  } finally {
    await table.close();
  }
}

function withoutSql(name: string): UsageError {
  return new UsageError(
    `${name}: expected a table of DuckDB, PostgreSQL or Spark, in which rows can be counted, found a file that is read; duckdb:FILE has DuckDB count in one`,
  );
}

/** @throws UsageError */
function checkPushed(parameters: TrainingParameters, { rowsStay = false }: PushDownOptions): void {
  checkParameters(parameters);
  const { ccpAlpha, engine, maxDepth, maxLeafNodes } = parameters;
  if (engine !== 'cart') throw badOption('engine', 'cart, as only it grows from counts', engine);
  if (ccpAlpha === 'auto') {
    throw badOption(
      'ccpAlpha',
      'a number, as to choose it takes eleven fits, each with all passes over the table',
      'auto',
    );
  }
  if (!rowsStay || maxDepth !== null || maxLeafNodes !== null) return;
  const advice = { option: 'maxLeafNodes', value: 'N', effect: 'bounds the leaves' };
  const expected = 'a bound, as each level is asked of the engine where no row is fetched';
  throw badOption('maxDepth', expected, 'none', { advice });
}

async function trainOn(
  table: SqlTable,
  reading: ReadOptions,
  parameters: TrainingParameters,
  options: PushDownOptions & { readonly memoryBytes: number },
): Promise<PushedDownModel> {
  const { onLevel, rowsStay = false, signal } = options;
  const engine = new Engine(table, signal);
  const counted = await countedTable(engine, reading, parameters);
  const root = await rootCounts(engine, counted);
  const weights = weightsOfClasses(counted, root.train, parameters.classWeight);
  const searched = searchedRows(engine, counted, root, { parameters, weights });
  const summaries = await summarize(searched, total(root.train), root.features);
  requireVariety(counted, summaries);
  const rootMass = massOf(searched.objective, root.train, 0, root.train.length);
  if (!Number.isFinite(rootMass)) {
    throw badOption('classWeight', `a finite sum over the ${total(root.train)} training rows`, rootMass);
  }
  const grow = parameters.maxLeafNodes === null ? growPushedDown : growBestFirst;
  const grown = await grow(searched, root.train, {
    limits: limitsOf(parameters),
    rootMass,
    mostRows: rowsStay ? 0 : rowsWithin(options.memoryBytes, counted.features.length),
    pace: createPace({ signal }),
    onLevel: (level) => onLevel?.({ ...level, queries: engine.queries, bytes: engine.bytes }),
  });
  const isUntrained = root.features.map(({ missing, missingAnywhere }) => missing === 0 && missingAnywhere > 0);
  const tree = prune(withDirections(grown, isUntrained), weights, parameters.ccpAlpha as number);
  const record = recordOf(counted, root, parameters, weights);
  const answers = treeAnswers(tree, weights);
  const train = scoreOfLeaves(answers, tree.counts);
  const heldOut = { ...searched, rows: heldOutRows(counted) };
  const metrics: Metrics = {
    train,
    holdout: record.rows.holdout === 0 ? null : scoreOfLeaves(answers, await countLeaves(heldOut, tree, rowsStay)),
  };
  const { model, text } = assembleArtifact({
    features: counted.features.map((feature, at) => featureOf(feature, root.features[at]!.missingAnywhere > 0)),
    classes: counted.classes,
    scorer: { kind: 'tree', tree, classWeight: record.classWeight },
    provenance: {
      training: record,
      metrics,
      data: {
        hash: AGGREGATES_HASH,
        sha256: aggregatesSha256({ ...counted, ...root, features: counted.features, summaries }),
      },
      partition: partitionOf(counted),
      sketch: null,
      summaries: options.withholdRows === true ? summaries.map(withoutRows) : summaries,
      decimals: decimalsOf(counted.features, tree),
    },
  });
  const warnings = root.unlabelled === 0 ? [] : [`${table.name}: ${root.unlabelled} rows without a class are left out`];
  const { bytes, queries } = engine;
  return { model, text, pruningPath: null, warnings, source: table.name, queries, bytes };
}

/** Bytes of a row's value while it is fetched and grown from: as a double, as an entry of a sorted column, and its place. */
const VALUE_BYTES = 16;
const ROW_BYTES = 64;

/** Of the memory, for Node and the library of an engine; or three quarters, where there is less. */
const OWN_BYTES = 160e6;

/** What is left for rows and for an engine in this process. */
function freeOf(memoryBytes: number): number {
  return Math.max(memoryBytes - OWN_BYTES, memoryBytes / 4);
}

function rowsWithin(memoryBytes: number, featureCount: number): number {
  return Math.floor(freeOf(memoryBytes) / 8 / (VALUE_BYTES * featureCount + ROW_BYTES));
}

function searchedRows(
  engine: Engine,
  counted: CountedTable,
  root: RootCounts,
  { parameters, weights }: { readonly parameters: TrainingParameters; readonly weights: Float64Array | null },
): SearchedRows {
  const features = counted.features.map((feature, at): CountedFeature => {
    return { ...feature, hasMissing: root.features[at]!.missing > 0 };
  });
  return {
    engine,
    rows: `(SELECT * FROM ${counted.rows} WHERE c IS NOT NULL AND h = 0) AS training`,
    source: counted.source,
    features,
    classCount: counted.classes.length,
    objective: { criterion: parameters.criterion, weights },
    minSamplesLeaf: parameters.minSamplesLeaf,
  };
}

function heldOutRows({ rows }: CountedTable): string {
  return `(SELECT * FROM ${rows} WHERE c IS NOT NULL AND h = 1) AS held_out`;
}

/** @throws DataError where no feature differs between rows */
function requireVariety({ source }: CountedTable, summaries: readonly FeatureSummary[]): void {
  const varies = summaries.some((summary) => {
    if (summary.missing > 0) return true;
    if (summary.kind === 'number') return summary.min < summary.max;
    return summary.histogram!.counts.filter((counts) => counts.some((count) => count > 0)).length > 1;
  });
  if (varies) return;
  throw new DataError(
    'constant',
    `${source}: expected a feature that differs between the training rows, found only constant ones`,
  );
}

function featureOf({ categories, kind, name }: Omit<CountedFeature, 'hasMissing'>, missing: boolean): Feature {
  return kind === 'number' ? { name, kind, missing } : { name, kind, missing, categories };
}

function recordOf(
  { holdoutBy, target }: CountedTable,
  { holdout, train }: RootCounts,
  parameters: TrainingParameters,
  weights: Float64Array | null,
): TrainingRecord {
  const rows = { train: total(train), holdout: total(holdout) };
  return {
    ...parameters,
    engine: engines.cart.trainer.engine,
    classWeight: weights && [...weights],
    ccpAlpha: parameters.ccpAlpha as number,
    ...(holdoutBy?.rule === 'holdout-column/1' && { holdout: rows.holdout / (rows.train + rows.holdout) }),
    target,
    rows,
  };
}

function partitionOf({ classes, holdoutBy }: CountedTable) {
  if (holdoutBy === undefined) return { rule: 'hash-rank/2', cuts: classes.map(() => null) };
  return { rule: holdoutBy.rule, cuts: null, column: holdoutBy.column };
}

function total(counts: Iterable<number>): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
