import type { Predicting, Scorer, VerificationRow } from '../../../model/model.js';
import { makeVerificationRows, rowAnswerer } from '../../../model/verification.js';
import { readArray, readInteger, readObject, refuse } from '../fields.js';
import { checkImplied, readCell } from '../verification-rows.js';

/** Shares that the rows of a model with many classes have in all, about. */
const MOST_SHARES = 4096;

/** How many nodes each tree has. */
function treeSizes(scorer: Scorer): number[] {
  if (scorer.kind === 'tree') return [scorer.tree.nodeCount];
  const { roots, treeCount } = scorer.ensemble.trees;
  return Array.from({ length: treeCount }, (_, tree) => roots[tree + 1] - roots[tree]);
}

/** At least one row: a model of very many classes has few. */
export function verificationRows(parts: Predicting): VerificationRow[] {
  return makeVerificationRows(parts, Math.floor(MOST_SHARES / parts.classes.length));
}

/** Shares are text: no reader's parser can round them. */
export function verificationDocument({ input, label, leaves, shares }: VerificationRow): Record<string, unknown> {
  return { input, label, shares: shares.map(String), leaves };
}

/**
 * @throws ArtifactError for a row that is malformed, one that this program predicts otherwise, and other rows than the
 * model implies
 */
export function readVerification(value: unknown, parts: Predicting): VerificationRow[] {
  const { classes, features, scorer } = parts;
  const answer = rowAnswerer(parts);
  const sizes = treeSizes(scorer);
  const rows = readArray(value, 'verification').map((element, index) => {
    const path = `verification[${index}]`;
    const fields = readObject(element, path, ['input', 'label', 'shares', 'leaves']);
    const input = readArray(fields.input, `${path}.input`, features.length).map((cell, column) =>
      readCell(cell, `${path}.input[${column}]`, features[column]),
    );
    const label = readInteger(fields.label, `${path}.label`, 0, classes.length - 1);
    const shares = readArray(fields.shares, `${path}.shares`, classes.length);
    const leaves = readArray(fields.leaves, `${path}.leaves`, sizes.length);
    for (const [tree, leaf] of leaves.entries()) readInteger(leaf, `${path}.leaves[${tree}]`, 0, sizes[tree] - 1);
    const found = answer(input);
    const strange = leaves.findIndex((leaf, tree) => leaf !== found.leaves[tree]);
    if (strange >= 0) {
      refuse(`${path}.leaves[${strange}]`, `${found.leaves[strange]}, as this program predicts`, leaves[strange]);
    }
    if (found.label !== label) refuse(`${path}.label`, `${found.label}, as this program predicts`, label);
    const other = shares.findIndex((share, k) => share !== String(found.shares[k]));
    if (other >= 0) {
      refuse(`${path}.shares[${other}]`, `"${found.shares[other]}", as this program predicts`, shares[other]);
    }
    return { input, ...found };
  });
  checkImplied(value, rows, verificationRows(parts));
  return rows;
}
