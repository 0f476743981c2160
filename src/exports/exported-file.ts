import type { FlatScorer } from './flat-scorer.js';

/** A file of an export: the first is the one that was asked for, others lie beside it. */
export interface ExportedFile {
  readonly name: string;
  readonly content: string | Uint8Array;
}

/** What a writer of code is given. */
export interface CodeRequest {
  readonly scorer: FlatScorer;
  /** Of the file that is asked for, without its extension. */
  readonly baseName: string;
  /** With its dot. */
  readonly extension: string;
  /** A package or namespace, in languages that have them. */
  readonly packageName: string | undefined;
  /** Name of the file of vectors beside the test; undefined where no test is wanted. */
  readonly vectors: string | undefined;
}

/** The first lines of every file, as texts for comments. */
export function origin({ sha256, version }: FlatScorer): string[] {
  return [`Model version ${version}, SHA-256 ${sha256}.`, 'Written by iris export: change the model, not this file.'];
}

/** What kind of model it is, as the beginning of a comment. */
export function kindOfModel({ together, treeCount }: FlatScorer): string {
  if (together === null) return 'A decision tree';
  const trees = treeCount === 1 ? 'one tree' : `${treeCount} trees`;
  return together.combine.by === 'mean' ? `The average of ${trees}` : `The sum of ${trees}`;
}
