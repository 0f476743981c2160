import { histogramEdges } from '../model/histogram.js';
import type { CategorySummary, FeatureSummary, NumberSummary } from '../model/provenance.js';
import { between } from '../model/quantile.js';
import type { CountedFeature } from './counted-table.js';
import type { RootFeature } from './root-counts.js';
import { changed, type SearchedRows } from './search-nodes.js';

/** What a model keeps of the training rows: as `model/feature-summary` has it of rows that are read. */
export async function summarize(
  searched: SearchedRows,
  rowCount: number,
  found: readonly RootFeature[],
): Promise<FeatureSummary[]> {
  const summaries: FeatureSummary[] = [];
  for (const [at, feature] of searched.features.entries()) {
    const root = found[at]!;
    summaries.push(
      feature.kind === 'number'
        ? await summarizeNumbers(searched, feature, rowCount, root)
        : await summarizeCategories(searched, feature, rowCount, root),
    );
  }
  return summaries;
}

async function summarizeNumbers(
  searched: SearchedRows,
  feature: CountedFeature,
  rowCount: number,
  { max, min, missing }: RootFeature,
): Promise<NumberSummary> {
  const edges = histogramEdges(min, max);
  const counts = await countBins(searched, feature, edges);
  const present = rowCount - missing;
  const rows = counts.map((bin) => bin.reduce((sum, count) => sum + count, 0));
  const found = rows.reduce((sum, count) => sum + count, 0);
  if (found !== present) throw changed(searched.source, present, found);
  const lower = await quantile(searched, feature, { edges, rows, present }, 0.25);
  const upper = await quantile(searched, feature, { edges, rows, present }, 0.75);
  const spread = Math.min(upper - lower, Number.MAX_VALUE);
  return { kind: 'number', min, max, spread, missing, histogram: { edges, counts } };
}

async function countBins(
  { classCount, engine, rows }: SearchedRows,
  { alias }: CountedFeature,
  edges: readonly number[],
): Promise<number[][]> {
  const { double, numberLiteral } = engine.table.dialect;
  const last = edges.length - 2;
  const branches = edges.slice(1, -1).map((edge, bin) => `WHEN ${alias} < ${numberLiteral(edge)} THEN ${bin}`);
  const bin = branches.length === 0 ? String(last) : `CASE ${branches.join(' ')} ELSE ${last} END`;
  const inner = `(SELECT ${bin} AS b, c FROM ${rows} WHERE ${alias} IS NOT NULL) AS binned`;
  const cells = ['b', 'c', 'count(*)'].map((one) => `CAST(${one} AS ${double})`);
  const counts = Array.from({ length: last + 1 }, () => new Array<number>(classCount).fill(0));
  const sql = `SELECT ${cells.join(', ')} FROM ${inner} GROUP BY b, c`;
  for await (const chunk of engine.ask(sql, ['number', 'number', 'number'])) {
    const [bins, labels, each] = [chunk.numbers(0), chunk.numbers(1), chunk.numbers(2)];
    for (let row = 0; row < chunk.rowCount; row++) counts[bins[row]!]![labels[row]!] = each[row]!;
  }
  return counts;
}

interface Binned {
  readonly edges: readonly number[];
  /** Per bin. */
  readonly rows: readonly number[];
  readonly present: number;
}

/** As `model/quantile`: the order statistics beside it are looked for in their bins alone. */
async function quantile(
  searched: SearchedRows,
  feature: CountedFeature,
  { edges, present, rows }: Binned,
  share: number,
): Promise<number> {
  const place = (present - 1) * share;
  const index = Math.floor(place);
  let [bin, before] = [0, 0];
  while (before + rows[bin]! <= index) before += rows[bin++]!;
  let [end, within] = [bin + 1, before + rows[bin]!];
  while (index + 1 < present && within <= index + 1) within += rows[end++]!;
  const { engine } = searched;
  const { double, numberLiteral } = engine.table.dialect;
  const { alias } = feature;
  // The last bin holds its upper edge too.
  const bounds = [
    `${alias} >= ${numberLiteral(edges[bin]!)}`,
    ...(end < rows.length ? [`${alias} < ${numberLiteral(edges[end]!)}`] : []),
  ];
  const sql = `SELECT CAST(${alias} AS ${double}) FROM ${searched.rows} WHERE ${bounds.join(' AND ')} ORDER BY ${alias} LIMIT 2 OFFSET ${index - before}`;
  const values: number[] = [];
  for await (const chunk of engine.ask(sql, ['number'])) {
    const column = chunk.numbers(0);
    for (let row = 0; row < chunk.rowCount; row++) values.push(column[row]! + 0);
  }
  const [below, above = below] = values;
  if (below === undefined) throw changed(searched.source, present, before);
  const fraction = place - index;
  return fraction === 0 ? below : between(below, above!, fraction);
}

async function summarizeCategories(
  { classCount, engine, rows, source }: SearchedRows,
  { alias, categories, codeOf }: CountedFeature,
  rowCount: number,
  { missing }: RootFeature,
): Promise<CategorySummary> {
  const counts = categories.map(() => new Array<number>(classCount).fill(0));
  const { double } = engine.table.dialect;
  const sql = `SELECT CAST(c AS ${double}), CAST(count(*) AS ${double}), ${alias} FROM ${rows} WHERE ${alias} IS NOT NULL GROUP BY c, ${alias}`;
  let found = 0;
  for await (const chunk of engine.ask(sql, ['number', 'number', 'text'])) {
    const [labels, each] = [chunk.numbers(0), chunk.numbers(1)];
    for (const [row, text] of chunk.texts(2).entries()) {
      const code = codeOf.get(text!);
      if (code !== undefined) counts[code]![labels[row]!]! += each[row]!;
      found += code === undefined ? 0 : each[row]!;
    }
  }
  if (found !== rowCount - missing) throw changed(source, rowCount - missing, found);
  return { kind: 'category', missing, histogram: { counts } };
}
