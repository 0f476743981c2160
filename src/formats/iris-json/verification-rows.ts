import type { Feature, VerificationRow } from '../../model/model.js';
import { readInteger, readNumber, refuse } from './fields.js';

export function readCell(value: unknown, path: string, feature: Feature): number | null {
  if (value === null) return null;
  return feature.kind === 'category'
    ? readInteger(value, path, 0, feature.categories.length - 1)
    : readNumber(value, path);
}

/**
 * Verification rows follow from the model: none is left out, and none has another input.
 *
 * @param value as it was read, for messages
 * @throws ArtifactError
 */
export function checkImplied(
  value: unknown,
  rows: readonly VerificationRow[],
  implied: readonly VerificationRow[],
): void {
  if (rows.length !== implied.length) {
    refuse('verification', `the ${implied.length} rows that the tree implies`, value);
  }
  for (const [index, { input }] of implied.entries()) {
    const found = rows[index].input;
    const column = input.findIndex((cell, at) => cell !== found[at]);
    if (column < 0) continue;
    refuse(`verification[${index}].input[${column}]`, `${input[column]}, which the tree implies`, found[column]);
  }
}
