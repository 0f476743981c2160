/**
 * JSON laid out for a person and for diff: two-space indentation, one member or element per line, but an array without
 * arrays or objects in it stays on one line. No newline at the end.
 */
export function layOut(value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.every(Number.isFinite)) return JSON.stringify(value).replaceAll(',', ', ');
    if (value.every(isScalar)) return `[${value.map((element) => JSON.stringify(element)).join(', ')}]`;
    return block(
      '[',
      ']',
      indent,
      value.map((element) => inner + layOut(element, inner)),
    );
  }
  const members = Object.entries(value).map(
    ([key, member]) => `${inner}${JSON.stringify(key)}: ${layOut(member, inner)}`,
  );
  return block('{', '}', indent, members);
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

function block(open: string, close: string, indent: string, lines: readonly string[]): string {
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`;
}
