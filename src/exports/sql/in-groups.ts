/** Parsers nest a chain of operators as deep as it is long: SQLite takes 1000. */
const LONGEST_CHAIN = 100;

/** Operands of an operator that may be taken in any order, in groups where they are many. */
export function inGroups(operands: readonly string[], operator: string): string {
  if (operands.length <= LONGEST_CHAIN) return operands.join(operator);
  return groupsOf(operands)
    .map((group) => `(${group.join(operator)})`)
    .join(operator);
}

export function groupsOf<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / LONGEST_CHAIN);
  return Array.from({ length: count }, (_, group) => items.slice(group * LONGEST_CHAIN, (group + 1) * LONGEST_CHAIN));
}
