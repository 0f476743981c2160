import { ArtifactError } from '../../../ground/errors.js';
import type { Feature, Predicting, VerificationRow } from '../../../model/model.js';
import { treeScorerOf } from '../../../model/single-tree.js';
import { makeVerificationRows, rowAnswerer } from '../../../model/verification.js';
import type { Tree } from '../../../tree/tree.js';
import { readArray, readInteger, readObject } from '../fields.js';
import { checkImplied, readCell } from '../verification-rows.js';

/** This version has no row for a tree of one leaf. */
export function verificationRows(parts: Predicting): VerificationRow[] {
  return treeScorerOf(parts).tree.nodeCount === 1 ? [] : makeVerificationRows(parts);
}

export function verificationDocument({ input, label, leaves }: VerificationRow): Record<string, unknown> {
  return { input, class: label, leaf: leaves[0] };
}

/**
 * @throws ArtifactError for a row that is malformed, one that this program predicts otherwise, and other rows than the tree
 * implies
 */
export function readVerification(value: unknown, parts: Predicting): VerificationRow[] {
  const { features } = parts;
  const { tree } = treeScorerOf(parts);
  const answer = rowAnswerer(parts);
  const rows = readArray(value, 'verification').map((element, index) => {
    const path = `verification[${index}]`;
    const row = readRow(element, path, features, tree);
    const found = answer(row.input);
    if (found.leaves[0] !== row.leaf || found.label !== row.class) {
      throw new ArtifactError(
        'verification',
        `${path}: expected class ${row.class} at leaf ${row.leaf}, found class ${found.label} at leaf ${found.leaves[0]}`,
      );
    }
    return { input: row.input, ...found };
  });
  checkImplied(value, rows, verificationRows(parts));
  return rows;
}

function readRow(value: unknown, path: string, features: readonly Feature[], tree: Tree) {
  const fields = readObject(value, path, ['input', 'class', 'leaf']);
  return {
    input: readArray(fields.input, `${path}.input`, features.length).map((cell, column) =>
      readCell(cell, `${path}.input[${column}]`, features[column]),
    ),
    class: readInteger(fields.class, `${path}.class`, 0, tree.classCount - 1),
    leaf: readInteger(fields.leaf, `${path}.leaf`, 0, tree.nodeCount - 1),
  };
}
