import { readArray, readInteger, readNumber, refuse } from './fields.js';

/** Most bins of a histogram: fifty times as many as the writer makes. */
export const MAX_BINS = 1024;

/** Edges of bins that hold all values from `min` to `max`. @throws ArtifactError */
export function readEdges(value: unknown, path: string, min: number, max: number): number[] {
  const edges = readArray(value, path).map((edge, index) => readNumber(edge, `${path}[${index}]`));
  if (edges.length < 2) refuse(path, 'at least two edges', value);
  if (edges.length > MAX_BINS + 1) refuse(path, `at most ${MAX_BINS + 1} edges`, value);
  for (let index = 1; index < edges.length; index++) {
    const ascends = edges[index] > edges[index - 1] || (edges.length === 2 && min === max);
    if (!ascends) refuse(`${path}[${index}]`, `an edge above ${edges[index - 1]}`, edges[index]);
  }
  const last = edges.length - 1;
  if (edges[0] > min) refuse(`${path}[0]`, `an edge of at most min, ${min}`, edges[0]);
  if (edges[last] < max) refuse(`${path}[${last}]`, `an edge of at least max, ${max}`, edges[last]);
  return edges;
}

/** Rows per bin, or category, and class. @param counts where they stand */
export function readCounts(value: unknown, counts: string, length: number, classCount: number): number[][] {
  return readArray(value, counts, length).map((row, bin) =>
    readArray(row, `${counts}[${bin}]`, classCount).map((count, index) =>
      readInteger(count, `${counts}[${bin}][${index}]`, 0, Number.MAX_SAFE_INTEGER),
    ),
  );
}
