/** A place where two JSON documents differ; undefined where one of them has nothing there. */
export interface Difference {
  /** As in `tree.threshold[3]`. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Every differing leaf of two JSON documents, in the order of the first one's keys. */
export function listDifferences(before: unknown, after: unknown, path = ''): Difference[] {
  if (!isBranch(before) || !isBranch(after) || Array.isArray(before) !== Array.isArray(after)) {
    return before === after ? [] : [{ path, before, after }];
  }
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) =>
    listDifferences(own(before, key), own(after, key), pathTo(path, key, Array.isArray(before))),
  );
}

/** A key may have the name of something that every object has. */
function own(branch: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(branch, key) ? branch[key] : undefined;
}

function isBranch(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function pathTo(path: string, key: string, inArray: boolean): string {
  if (inArray) return `${path}[${key}]`;
  return path === '' ? key : `${path}.${key}`;
}
