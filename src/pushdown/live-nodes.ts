/** Which rows are in which node, in SQL: of some nodes of a tree, those that are still to be divided. */

import type { Dialect } from '../data/typed/sql-table.js';
import type { CountedFeature } from './counted-table.js';

/** A tree as far as it is grown. */
export interface SplitNodes {
  /** -1 at a leaf. */
  feature(node: number): number;
  left(node: number): number;
  right(node: number): number;
  /** Of a split in numbers. */
  threshold(node: number): number;
  /** Of a split in categories: those that go left; null of numbers. */
  categories(node: number): readonly number[] | null;
  missingLeft(node: number): boolean;
}

/** What is known of a row: (low, high] of numbers, or the categories that are left; and whether its value may be missing. */
interface Side {
  readonly low: number;
  readonly high: number;
  readonly categories: ReadonlySet<number> | null;
  readonly mayMiss: boolean;
}

type Box = ReadonlyMap<number, Side>;

/**
 * An expression with the number of the node that a row is in, null where it is in none of them. Splits with such nodes on one
 * side alone are bounds of a box: so it is nested no deeper than splits with some on both, however deep the tree is.
 *
 * @param ids the number of each node that is asked for
 */
export function nodeOfRow(
  nodes: SplitNodes,
  ids: ReadonlyMap<number, number>,
  features: readonly CountedFeature[],
  dialect: Dialect,
): string {
  const live = liveNodes(nodes, ids);
  return expressionFrom(0, new Map());

  function expressionFrom(start: number, outer: Box): string {
    let [node, box] = [start, outer];
    for (;;) {
      const id = ids.get(node);
      if (id !== undefined) return within(box, String(id));
      const [left, right] = [nodes.left(node), nodes.right(node)];
      const [isLeft, isRight] = [live.has(left), live.has(right)];
      if (isLeft && isRight) {
        const condition = conditionOf(sidesOf(nodes, node, features).left, features[nodes.feature(node)]!, dialect);
        const [then, otherwise] = [expressionFrom(left, new Map()), expressionFrom(right, new Map())];
        return within(box, `CASE WHEN ${condition} THEN ${then} ELSE ${otherwise} END`);
      }
      const sides = sidesOf(nodes, node, features);
      box = narrowed(box, nodes.feature(node), isLeft ? sides.left : sides.right);
      node = isLeft ? left : right;
    }
  }

  function within(box: Box, expression: string): string {
    const conditions = [...box].map(([feature, side]) => conditionOf(side, features[feature]!, dialect));
    return conditions.length === 0 ? expression : `CASE WHEN ${conditions.join(' AND ')} THEN ${expression} END`;
  }
}

/** Those with one of the nodes below them, and these. */
function liveNodes(nodes: SplitNodes, ids: ReadonlyMap<number, number>): ReadonlySet<number> {
  const live = new Set<number>();
  const stack = [{ node: 0, isDone: false }];
  for (let open = stack.pop(); open !== undefined; open = stack.pop()) {
    const { isDone, node } = open;
    const isInner = !ids.has(node) && nodes.feature(node) >= 0;
    if (ids.has(node)) live.add(node);
    else if (isInner && !isDone) {
      stack.push({ node, isDone: true }, { node: nodes.left(node), isDone: false });
      stack.push({ node: nodes.right(node), isDone: false });
    } else if (isInner && (live.has(nodes.left(node)) || live.has(nodes.right(node)))) live.add(node);
  }
  return live;
}

function sidesOf(nodes: SplitNodes, node: number, features: readonly CountedFeature[]): { left: Side; right: Side } {
  const [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const missingLeft = nodes.missingLeft(node);
  const feature = features[nodes.feature(node)]!;
  const chosen = nodes.categories(node);
  if (feature.kind === 'category') {
    const left = new Set(chosen!);
    const right = new Set([...feature.categories.keys()].filter((code) => !left.has(code)));
    return {
      left: { low, high, categories: left, mayMiss: missingLeft },
      right: { low, high, categories: right, mayMiss: !missingLeft },
    };
  }
  const threshold = nodes.threshold(node);
  return {
    left: { low, high: threshold, categories: null, mayMiss: missingLeft },
    right: { low: threshold, high, categories: null, mayMiss: !missingLeft },
  };
}

function narrowed(box: Box, feature: number, side: Side): Box {
  const known = box.get(feature);
  const both: Side =
    known === undefined
      ? side
      : {
          low: Math.max(known.low, side.low),
          high: Math.min(known.high, side.high),
          categories: known.categories && new Set([...known.categories].filter((code) => side.categories!.has(code))),
          mayMiss: known.mayMiss && side.mayMiss,
        };
  return new Map([...box, [feature, both]]);
}

/** A missing value is NULL, which no comparison is true of. */
function conditionOf({ categories, high, low, mayMiss }: Side, feature: CountedFeature, dialect: Dialect): string {
  const { alias } = feature;
  const conditions: string[] = [];
  if (feature.kind === 'category') conditions.push(categoryIn(feature, categories!, dialect));
  else {
    if (low > Number.NEGATIVE_INFINITY) conditions.push(`${alias} > ${dialect.numberLiteral(low)}`);
    if (high < Number.POSITIVE_INFINITY) conditions.push(`${alias} <= ${dialect.numberLiteral(high)}`);
  }
  const condition = conditions.join(' AND ');
  return mayMiss && feature.hasMissing ? `(${condition} OR ${alias} IS NULL)` : condition;
}

function categoryIn({ alias, textsOf }: CountedFeature, codes: ReadonlySet<number>, dialect: Dialect): string {
  const texts = [...codes].flatMap((code) => textsOf[code]!);
  return texts.length === 0 ? '1 = 0' : dialect.isOneOf(alias, texts.map(dialect.textLiteral));
}
