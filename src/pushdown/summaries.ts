import { histogramEdges } from '../model/histogram.js';
import type { CategorySummary, FeatureSummary, NumberSummary } from '../model/provenance.js';
import { between } from '../model/quantile.js';
import type { RootFeature } from './root-counts.js';
import { changed } from './search-nodes.js';
import type { SearchedRows } from './searched-rows.js';
import { cellsOf, groupsOf } from './searched-rows.js';

/** What a model keeps of the training rows: as `model/feature-summary` has it of rows that are read. */
export async function summarize(
  searched: SearchedRows,
  rowCount: number,
  found: readonly RootFeature[],
): Promise<FeatureSummary[]> {
  const present = found.map(({ missing }) => rowCount - missing);
  const summaries = new Map<number, FeatureSummary>();
  for (const group of groupsOf(searched, 'number', 1)) {
    const all = await summarizeNumbers(searched, group, { found, present });
    for (const [at, feature] of group.entries()) summaries.set(feature, all[at]!);
  }
  for (const group of groupsOf(searched, 'category', 1)) {
    const all = await summarizeCategories(searched, group, { found, present });
    for (const [at, feature] of group.entries()) summaries.set(feature, all[at]!);
  }
  return searched.features.map((_, feature) => summaries.get(feature)!);
}

/** Of each feature. */
interface Found {
  readonly found: readonly RootFeature[];
  /** Rows with a value. */
  readonly present: readonly number[];
}

/** The values of some features, the key of which is that of the feature. */
function cellsOfAll(searched: SearchedRows, group: readonly number[]): string {
  const aliases = searched.features.map(({ alias }) => alias);
  return cellsOf(searched, `(SELECT 0 AS n, c, ${aliases.join(', ')} FROM ${searched.rows}) AS whole`, group);
}

async function summarizeNumbers(
  searched: SearchedRows,
  group: readonly number[],
  { found, present }: Found,
): Promise<NumberSummary[]> {
  const edges = group.map((feature) => histogramEdges(found[feature]!.min, found[feature]!.max));
  const counts = await countBins(searched, group, edges);
  const binned = group.map((feature, at): Binned => {
    const rows = counts[at]!.map((bin) => bin.reduce((sum, count) => sum + count, 0));
    const all = rows.reduce((sum, count) => sum + count, 0);
    if (all !== present[feature]) throw changed(searched.source, present[feature]!, all);
    return { feature, edges: edges[at]!, rows, present: all };
  });
  const quartiles = await quantiles(searched, binned, [0.25, 0.75]);
  return group.map((feature, at) => {
    const { max, min, missing } = found[feature]!;
    const [lower, upper] = quartiles[at] as [number, number];
    const spread = Math.min(upper - lower, Number.MAX_VALUE);
    return { kind: 'number', min, max, spread, missing, histogram: { edges: edges[at]!, counts: counts[at]! } };
  });
}

/** @returns per feature and bin the rows of each class */
async function countBins(
  searched: SearchedRows,
  group: readonly number[],
  edges: readonly (readonly number[])[],
): Promise<number[][][]> {
  const { classCount, engine } = searched;
  const { double, numberLiteral } = engine.table.dialect;
  const branches = group.map((feature, at) => {
    const inner = edges[at]!.slice(1, -1);
    const bins = inner.map((edge, bin) => `WHEN x < ${numberLiteral(edge)} THEN ${bin}`);
    return `WHEN ${feature} THEN ${bins.length === 0 ? 0 : `CASE ${bins.join(' ')} ELSE ${inner.length} END`}`;
  });
  const binned = `(SELECT k, CASE k ${branches.join(' ')} END AS b, c FROM ${cellsOfAll(searched, group)}) AS binned`;
  const wanted = ['k', 'b', 'c', 'count(*)'].map((one) => `CAST(${one} AS ${double})`);
  const sql = `SELECT ${wanted.join(', ')} FROM ${binned} GROUP BY k, b, c`;
  const counts = edges.map(({ length }) =>
    Array.from({ length: length - 1 }, () => new Array<number>(classCount).fill(0)),
  );
  for await (const chunk of engine.ask(sql, ['number', 'number', 'number', 'number'])) {
    const [keys, bins, labels, each] = [chunk.numbers(0), chunk.numbers(1), chunk.numbers(2), chunk.numbers(3)];
    for (let row = 0; row < chunk.rowCount; row++) {
      counts[group.indexOf(keys[row]!)]![bins[row]!]![labels[row]!] = each[row]!;
    }
  }
  return counts;
}

interface Binned {
  readonly feature: number;
  readonly edges: readonly number[];
  /** Per bin. */
  readonly rows: readonly number[];
  readonly present: number;
}

/** As `model/quantile`: the order statistics beside each are looked for in their bins alone. @returns per column */
async function quantiles(
  searched: SearchedRows,
  columns: readonly Binned[],
  shares: readonly number[],
): Promise<number[][]> {
  const { engine } = searched;
  const { double, numberLiteral } = engine.table.dialect;
  const places = columns.flatMap((column) => shares.map((share) => placeOf(column, share)));
  const values = places.map(({ feature, high, isLast, low, skip }, index) => {
    const bounds = [low, high].map(numberLiteral);
    return `(${[index, feature, ...bounds, Number(isLast), skip].join(', ')})`;
  });
  const join = `JOIN (VALUES ${values.join(', ')}) AS ranges(r, id, low, high, is_last, skip)`;
  const within = 'k = id AND x >= low AND (x < high OR is_last = 1)';
  const group = columns.map(({ feature }) => feature);
  const rank = 'row_number() OVER (PARTITION BY r ORDER BY x) AS place';
  const ranked = `(SELECT r, x, skip, ${rank} FROM ${cellsOfAll(searched, group)} ${join} ON ${within}) AS ranked`;
  const sql = `SELECT CAST(r AS ${double}), CAST(x AS ${double}) FROM ${ranked} WHERE place > skip AND place <= skip + 2`;
  const found = places.map((): number[] => []);
  for await (const chunk of engine.ask(sql, ['number', 'number'])) {
    const [ranges, x] = [chunk.numbers(0), chunk.numbers(1)];
    for (let row = 0; row < chunk.rowCount; row++) found[ranges[row]!]!.push(x[row]! + 0);
  }
  const all = places.map(({ fraction, present }, index) => {
    const [below, above = below] = found[index]!.sort((a, b) => a - b);
    if (below === undefined) throw changed(searched.source, present, 0);
    return fraction === 0 ? below : between(below, above!, fraction);
  });
  return columns.map((_, at) => all.slice(at * shares.length, (at + 1) * shares.length));
}

/** The bins in which the values below and above a quantile are, [low, high), and how many come before in these. */
function placeOf({ edges, feature, present, rows }: Binned, share: number) {
  const place = (present - 1) * share;
  const index = Math.floor(place);
  let [bin, before] = [0, 0];
  while (before + rows[bin]! <= index) before += rows[bin++]!;
  let [end, within] = [bin + 1, before + rows[bin]!];
  while (index + 1 < present && within <= index + 1) within += rows[end++]!;
  return {
    feature,
    present,
    low: edges[bin]!,
    high: edges[end]!,
    // The last bin holds its upper edge too.
    isLast: end === rows.length,
    skip: index - before,
    fraction: place - index,
  };
}

async function summarizeCategories(
  searched: SearchedRows,
  group: readonly number[],
  { found, present }: Found,
): Promise<CategorySummary[]> {
  const { classCount, engine, features, source } = searched;
  const { double } = engine.table.dialect;
  const counts = group.map((feature) => features[feature]!.categories.map(() => new Array<number>(classCount).fill(0)));
  const rows = group.map(() => 0);
  const wanted = ['k', 'c', 'count(*)'].map((one) => `CAST(${one} AS ${double})`);
  const sql = `SELECT ${wanted.join(', ')}, x FROM ${cellsOfAll(searched, group)} GROUP BY k, c, x`;
  for await (const chunk of engine.ask(sql, ['number', 'number', 'number', 'text'])) {
    const [keys, labels, each] = [chunk.numbers(0), chunk.numbers(1), chunk.numbers(2)];
    for (const [row, text] of chunk.texts(3).entries()) {
      const at = group.indexOf(keys[row]!);
      const code = features[group[at]!]!.codeOf.get(text!);
      if (code === undefined) continue;
      counts[at]![code]![labels[row]!]! += each[row]!;
      rows[at]! += each[row]!;
    }
  }
  return group.map((feature, at) => {
    if (rows[at] !== present[feature]) throw changed(source, present[feature]!, rows[at]!);
    return { kind: 'category', missing: found[feature]!.missing, histogram: { counts: counts[at]! } };
  });
}
