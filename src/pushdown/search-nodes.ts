/**
 * The best splits of some nodes, from counts. Of numbers an engine counts rows by bins of equal width, and tells the
 * smallest and largest value in each. Between bins a split is known exactly; inside of one none gains more than a bound
 * (convexity; after CLOUDS: Alsabti, Ranka and Singh, 1998). Where that reaches the best, the bin is divided again, or
 * counted by value.
 * Why: docs/decisions/growing-where-the-rows-are.md
 */

import { DataError } from '../ground/errors.js';
import { BestSplit, type FoundSplit } from './best-split.js';
import { offerSets } from './category-sets.js';
import type { CountedFeature } from './counted-table.js';
import { nodeOfRow, type SplitNodes } from './live-nodes.js';
import { type Bin, offerBoundaries, type Range, rangesToSearch, ValueScan } from './number-bins.js';
import { cellsOf, columnOf, groupsOf, keyOf, type SearchedRows } from './searched-rows.js';

/** A node's split, and how many of its rows miss a value of the feature. */
export interface NodeSplit extends FoundSplit {
  readonly missing: number;
}

/** Bins of a column of a node, at first. */
const BINS = 128;
/** Rows of all ranges of a column that are counted by value, without bins first. */
const BY_VALUE_ROWS = 1 << 16;
/** In later rounds a bin should have so few rows. */
const ROWS_PER_BIN = 64;
const MOST_BINS = 1 << 14;
/** A round divides a range by up to the most bins; what is as dense after these is counted by value. */
const MOST_ROUNDS = 3;

/** A column of numbers at a node. */
interface Column {
  readonly best: BestSplit;
  readonly node: number;
  readonly feature: number;
  readonly min: number;
  readonly max: number;
  readonly present: Float64Array;
  readonly missing: Float64Array;
}

/**
 * @param ids the number of each node, from 0 on
 * @param counts rows of each class, by number
 * @returns by number, undefined where no split is allowed
 * @throws DataError where the engine counts other rows than before: the table has changed
 */
export async function searchNodes(
  searched: SearchedRows,
  nodes: SplitNodes,
  ids: ReadonlyMap<number, number>,
  counts: readonly Float64Array[],
): Promise<(NodeSplit | undefined)[]> {
  const { engine, features, minSamplesLeaf, objective } = searched;
  const bests = counts.map((node) => new BestSplit(objective, node, minSamplesLeaf));
  const rows = `(SELECT ${nodeOfRow(nodes, ids, features, engine.table.dialect)} AS n, c, ${features.map(({ alias }) => alias).join(', ')} FROM ${searched.rows}) AS nodes`;
  const { columns, missing } = await readColumns(searched, rows, bests);
  const groups = (kind: CountedFeature['kind']) => groupsOf(searched, kind, bests.length);
  for (const group of groups('category')) await searchCategories(searched, rows, group, bests, missing);
  const open: { readonly group: readonly number[]; readonly wide: Column[]; readonly ranges: Range[][] }[] = [];
  for (const group of groups('number')) {
    const all = group.flatMap((feature) => columns[feature]!);
    for (const column of all) offerMissingAlone(column, wholeRange(column));
    const wide = all.filter(({ max, min }) => min < max);
    const whole = wide.map((column): Range[] => [wholeRange(column)]);
    const isSmall = rowsOf(whole) <= BY_VALUE_ROWS;
    const ranges = isSmall ? whole : await divide(searched, cellsOf(searched, rows, group), wide, whole, BINS);
    open.push({ group, wide, ranges });
  }
  // The best of all bins is known: the fewest are looked into.
  for (const { group, ranges, wide } of open) {
    await searchInside(searched, cellsOf(searched, rows, group), wide, ranges);
  }
  return bests.map(({ found }, id) => found && { ...found, missing: total(missing[found.feature]![id]!) });
}

/** Counts, smallest and largest values of all features, and what of the nodes' rows misses them. */
async function readColumns(
  { classCount, engine, features, source }: SearchedRows,
  rows: string,
  bests: readonly BestSplit[],
): Promise<{ columns: Column[][]; missing: Float64Array[][] }> {
  const { double } = engine.table.dialect;
  const perFeature = features.map(({ alias, kind }) =>
    kind === 'number' ? [`count(${alias})`, `min(${alias})`, `max(${alias})`] : [`count(${alias})`],
  );
  const numbers = ['n', 'c', 'count(*)', ...perFeature.flat()].map((one) => `CAST(${one} AS ${double})`);
  const sql = `SELECT ${numbers.join(', ')} FROM ${rows} WHERE n IS NOT NULL GROUP BY n, c`;
  const found = bests.map(() => new Float64Array(classCount));
  const perNode = () => bests.map(() => new Float64Array(classCount));
  const present = features.map(perNode);
  const least = features.map(() => bests.map(() => Number.POSITIVE_INFINITY));
  const most = features.map(() => bests.map(() => Number.NEGATIVE_INFINITY));
  for await (const chunk of engine.ask(
    sql,
    numbers.map(() => 'number'),
  )) {
    const cells = numbers.map((_, at) => chunk.numbers(at));
    for (let row = 0; row < chunk.rowCount; row++) {
      const [id, c] = [cells[0]![row]!, cells[1]![row]!];
      found[id]![c] = cells[2]![row]!;
      let at = 3;
      for (const [feature, { kind }] of features.entries()) {
        const count = cells[at++]![row]!;
        present[feature]![id]![c] = count;
        if (kind !== 'number') continue;
        const [min, max] = [cells[at++]![row]!, cells[at++]![row]!];
        if (count === 0) continue;
        least[feature]![id] = Math.min(least[feature]![id]!, min + 0);
        most[feature]![id] = Math.max(most[feature]![id]!, max + 0);
      }
    }
  }
  for (const [id, { node }] of bests.entries()) {
    if (node.some((count, c) => count !== found[id]![c])) throw changed(source, total(node), total(found[id]!));
  }
  const missing = present.map((each) =>
    each.map((counts, id) => bests[id]!.node.map((count, c) => count - counts[c]!)),
  );
  const columns = features.map(({ kind }, feature) =>
    kind === 'category'
      ? []
      : bests.flatMap((best, id): Column[] =>
          total(present[feature]![id]!) === 0
            ? []
            : [
                {
                  best,
                  node: id,
                  feature,
                  min: least[feature]![id]!,
                  max: most[feature]![id]!,
                  present: present[feature]![id]!,
                  missing: missing[feature]![id]!,
                },
              ],
        ),
  );
  return { columns, missing };
}

/** @throws DataError */
export function changed(source: string, expected: number, found: number): DataError {
  const counted = found === expected ? `other classes of the ${expected} rows` : `${found}`;
  return new DataError(
    'changed',
    `${source}: expected the ${expected} rows of a node that were counted before, found ${counted}: the table has changed meanwhile`,
  );
}

function wholeRange({ max, min, present }: Column): Range {
  return { min, max, counts: present, before: new Float64Array(present.length) };
}

/** All present values on the left, which no bin ends: it is offered at once. */
function offerMissingAlone({ best, feature, missing }: Column, whole: Range): void {
  offerBoundaries(best, { feature, missing }, [whole], whole.before, true);
}

async function searchCategories(
  searched: SearchedRows,
  rows: string,
  group: readonly number[],
  bests: readonly BestSplit[],
  missing: readonly (readonly Float64Array[])[],
): Promise<void> {
  const { classCount, engine, features, source } = searched;
  const { double } = engine.table.dialect;
  const counts = group.map(() => bests.map(() => new Map<number, Float64Array>()));
  const cells = ['k', 'c', 'count(*)'].map((one) => `CAST(${one} AS ${double})`).join(', ');
  const sql = `SELECT ${cells}, x FROM ${cellsOf(searched, rows, group)} GROUP BY k, c, x`;
  for await (const chunk of engine.ask(sql, ['number', 'number', 'number', 'text'])) {
    const [keys, labels, each] = [chunk.numbers(0), chunk.numbers(1), chunk.numbers(2)];
    for (const [row, text] of chunk.texts(3).entries()) {
      const { feature, node } = columnOf(searched, keys[row]!);
      const code = features[feature]!.codeOf.get(text!);
      if (code === undefined)
        throw new DataError(
          'changed',
          `${source}: ${text}: expected a category that was there before: the table has changed meanwhile`,
        );
      const ofNode = counts[group.indexOf(feature)]![node]!;
      const ofCode = ofNode.get(code) ?? new Float64Array(classCount);
      ofCode[labels[row]!]! += each[row]!;
      ofNode.set(code, ofCode);
    }
  }
  for (const [at, feature] of group.entries()) {
    for (const [id, best] of bests.entries()) {
      const gaps = missing[feature]![id]!;
      const ofNode = counts[at]![id]!;
      const present = { counts: best.node.map((count, c) => count - gaps[c]!) };
      checkCounts(
        source,
        present,
        [...ofNode.values()].map((each) => ({ counts: each })),
      );
      offerSets(best, feature, ofNode, gaps);
    }
  }
}

async function searchInside(
  searched: SearchedRows,
  cells: string,
  columns: readonly Column[],
  first: readonly Range[][],
): Promise<void> {
  let open = stillOpen(columns, first);
  for (let round = 1; round < MOST_ROUNDS && rowsOf(open) > BY_VALUE_ROWS; round++) {
    open = stillOpen(columns, await divide(searched, cells, columns, open));
  }
  if (rowsOf(open) > 0) await countByValue(searched, cells, columns, open);
}

/** Another column, or another bin, may have raised what is to be reached. */
function stillOpen(columns: readonly Column[], ranges: readonly Range[][]): Range[][] {
  return columns.map(({ best, missing }, at) =>
    ranges[at]!.filter(({ before, counts }) => {
      if (best.mayReach(before, counts)) return true;
      return (
        total(missing) > 0 &&
        best.mayReach(
          before.map((count, c) => count + missing[c]!),
          counts,
        )
      );
    }),
  );
}

/** Counts ranges by bins. @returns what of them has to be looked into, per column */
async function divide(
  searched: SearchedRows,
  cells: string,
  columns: readonly Column[],
  ranges: readonly Range[][],
  binCount?: number,
): Promise<Range[][]> {
  const { classCount, engine } = searched;
  const { dialect } = engine.table;
  const listed = columns.flatMap((column, at) => ranges[at]!.map((range) => ({ at, column, range })));
  if (listed.length === 0) return columns.map(() => []);
  // No difference of two doubles may overflow, nor a product underflow, which is an error in some engines.
  const isHuge = listed.some(({ range }) => !Number.isFinite(range.max - range.min));
  const value = isHuge ? 'CASE WHEN x BETWEEN -1e-300 AND 1e-300 THEN 0 ELSE x / 2 END' : 'x';
  const values = listed.map(({ column, range }, index) => {
    const bins = binCount ?? Math.min(Math.max(Math.ceil(total(range.counts) / ROWS_PER_BIN), BINS / 2), MOST_BINS);
    const [from, to] = isHuge ? [range.min / 2, range.max / 2] : [range.min, range.max];
    const width = to - from;
    const scale = Math.min(bins / width, Number.MAX_VALUE);
    const bounds = [range.min, range.max, from, from + width / bins / 2, scale];
    return `(${index}, ${keyOf(searched, column)}, ${bounds.map(dialect.numberLiteral).join(', ')})`;
  });
  const join = `JOIN (VALUES ${values.join(', ')}) AS ranges(r, id, low, high, start, first, scale) ON k = id AND x >= low AND x <= high`;
  const bin = `CASE WHEN y < first THEN 0 ELSE floor((y - start) * scale) END`;
  const binned = `SELECT r, ${bin} AS b, c, x FROM (SELECT k, c, x, ${value} AS y FROM ${cells}) AS halved ${join}`;
  const wanted = ['r', 'b', 'c', 'count(*)', 'min(x)', 'max(x)'].map((one) => `CAST(${one} AS ${dialect.double})`);
  const sql = `SELECT ${wanted.join(', ')} FROM (${binned}) AS binned GROUP BY r, b, c`;
  const bins = listed.map(() => new Map<number, { min: number; max: number; counts: Float64Array }>());
  for await (const chunk of engine.ask(
    sql,
    wanted.map(() => 'number'),
  )) {
    const [r, b, c, count, min, max] = wanted.map((_, column) => chunk.numbers(column)) as [
      ...[ArrayLike<number>, ArrayLike<number>, ArrayLike<number>],
      ...[ArrayLike<number>, ArrayLike<number>, ArrayLike<number>],
    ];
    for (let row = 0; row < chunk.rowCount; row++) {
      const ofRange = bins[r[row]!]!;
      const bin = ofRange.get(b[row]!) ?? { min: min[row]!, max: max[row]!, counts: new Float64Array(classCount) };
      bin.min = Math.min(bin.min, min[row]! + 0) + 0;
      bin.max = Math.max(bin.max, max[row]! + 0) + 0;
      bin.counts[c[row]!]! += count[row]!;
      ofRange.set(b[row]!, bin);
    }
  }
  const sorted = bins.map((ofRange) => [...ofRange.values()].sort((p, q) => p.min - q.min));
  for (const [index, { column, range }] of listed.entries()) {
    checkCounts(engine.table.name, range, sorted[index]!);
    const isLast = range.max === column.max;
    offerBoundaries(column.best, column, sorted[index]!, range.before, isLast);
  }
  const open = columns.map((): Range[] => []);
  for (const [index, { at, column, range }] of listed.entries()) {
    open[at]!.push(...rangesToSearch(column.best, column, sorted[index]!, range.before));
  }
  return open;
}

/** @throws DataError where they do not add up */
function checkCounts(source: string, { counts }: Pick<Bin, 'counts'>, bins: readonly Pick<Bin, 'counts'>[]): void {
  const found = new Float64Array(counts.length);
  for (const bin of bins) for (const [c, count] of bin.counts.entries()) found[c]! += count;
  if (counts.some((count, c) => count !== found[c])) throw changed(source, total(counts), total(found));
}

/** The engine sorts, so that no more than a value is held here. */
async function countByValue(
  searched: SearchedRows,
  cells: string,
  columns: readonly Column[],
  ranges: readonly Range[][],
): Promise<void> {
  const { classCount, engine, source } = searched;
  const { dialect } = engine.table;
  const listed = columns.flatMap((column, at) => ranges[at]!.map((range) => ({ column, range })));
  const values = listed.map(
    ({ column, range }, index) =>
      `(${index}, ${keyOf(searched, column)}, ${dialect.numberLiteral(range.min)}, ${dialect.numberLiteral(range.max)})`,
  );
  const join = `JOIN (VALUES ${values.join(', ')}) AS ranges(r, id, low, high) ON k = id AND x >= low AND x <= high`;
  const wanted = ['r', 'x', 'c', 'count(*)'].map((one) => `CAST(${one} AS ${dialect.double})`);
  const sql = `SELECT ${wanted.join(', ')} FROM ${cells} ${join} GROUP BY r, x, c ORDER BY r, x`;
  const scans = listed.map(({ column, range }) => new ValueScan(column.best, column, range));
  const found = listed.map(() => new Float64Array(classCount));
  for await (const chunk of engine.ask(
    sql,
    wanted.map(() => 'number'),
  )) {
    const [r, x, c, count] = wanted.map((_, column) => chunk.numbers(column)) as [
      ...[ArrayLike<number>, ArrayLike<number>, ArrayLike<number>, ArrayLike<number>],
    ];
    for (let row = 0; row < chunk.rowCount; row++) {
      scans[r[row]!]!.add(x[row]! + 0, c[row]!, count[row]!);
      found[r[row]!]![c[row]!]! += count[row]!;
    }
  }
  for (const [index, { range }] of listed.entries()) {
    const counts = found[index]!;
    if (range.counts.some((rowCount, label) => rowCount !== counts[label])) {
      throw changed(source, total(range.counts), total(counts));
    }
  }
}

function rowsOf(ranges: readonly Range[][]): number {
  return ranges.flat().reduce((sum, { counts }) => sum + total(counts), 0);
}

function total(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
