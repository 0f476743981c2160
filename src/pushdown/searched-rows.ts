/**
 * The rows that are searched, and the values of some of their features at some nodes, one to a row: `k`, which says the feature
 * and the node, `c`, the class, and `x`. An engine is asked for a feature at a time, or for all at once, as is faster there.
 */

import type { Objective } from '../tree/criterion.js';
import type { CountedFeature } from './counted-table.js';
import type { Engine } from './engine.js';

/** What the search goes by. */
export interface SearchedRows {
  readonly engine: Engine;
  /** A query of the rows that are trained on: see `CountedTable`. */
  readonly rows: string;
  readonly source: string;
  readonly features: readonly CountedFeature[];
  readonly classCount: number;
  readonly objective: Objective;
  readonly minSamplesLeaf: number;
}

/** A feature at a node. */
export interface NodeColumn {
  readonly node: number;
  readonly feature: number;
}

/** Columns of nodes that are asked for at once: each has some bounds in the query. */
const MOST_COLUMNS = 1024;

/** The features of a kind that are asked for at once. */
export function groupsOf(
  { engine, features }: SearchedRows,
  kind: CountedFeature['kind'],
  nodeCount: number,
): readonly (readonly number[])[] {
  const wanted = [...features.keys()].filter((feature) => features[feature]!.kind === kind);
  const isApart = engine.table.dialect.unpivoted === undefined;
  const most = isApart ? 1 : Math.max(1, Math.floor(MOST_COLUMNS / nodeCount));
  return Array.from({ length: Math.ceil(wanted.length / most) }, (_, i) => wanted.slice(i * most, (i + 1) * most));
}

/** @param rows a query of rows with `n`, the number of a node, NULL of a row in none, `c`, and the features */
export function cellsOf({ engine, features }: SearchedRows, rows: string, group: readonly number[]): string {
  const { unpivoted } = engine.table.dialect;
  const columns = new Map(group.map((feature) => [feature, features[feature]!.alias]));
  const [[feature, alias]] = columns as unknown as [[number, string]];
  const { from, x, f } =
    unpivoted === undefined || columns.size === 1
      ? { from: rows, x: alias, f: feature }
      : { from: `${rows} ${unpivoted(columns)}`, x: 'x', f: 'f' };
  const key = `n * ${features.length} + ${f}`;
  return `(SELECT ${key} AS k, c, ${x} AS x FROM ${from} WHERE n IS NOT NULL AND ${x} IS NOT NULL) AS cells`;
}

/** What `k` is of a column. */
export function keyOf({ features }: SearchedRows, { feature, node }: NodeColumn): number {
  return node * features.length + feature;
}

export function columnOf({ features }: SearchedRows, key: number): NodeColumn {
  return { node: Math.floor(key / features.length), feature: key % features.length };
}
