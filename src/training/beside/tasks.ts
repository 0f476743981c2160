import type { Dataset } from '../../data/dataset.js';
import { hashPieces, RowHashes } from '../../data/row-hash.js';
import { hashSteps } from '../../data/sha256.js';
import { type Sketch, sketchOf } from '../../data/sketch.js';
import { tableHashSteps } from '../../data/table-hash.js';
import { summarizeFeatures } from '../../model/feature-summary.js';
import type { FeatureSummary } from '../../model/provenance.js';
import type { Steps } from '../../model/steps.js';

/** What of a dataset the tasks need. */
export type Table = Pick<Dataset, 'classes' | 'features' | 'labels' | 'rowCount' | 'target'>;

/** What a training does to a table, beside growing a tree. */
interface Tasks {
  /** To write the hashes of the rows of some pieces, those that nobody else takes: both are shared memory. */
  readonly pieces: {
    readonly given: { readonly bytes: Uint8Array; readonly taken: Int32Array };
    readonly answer: unknown;
  };
  /** The hash of the table by rows/2, and the sketch of the training rows. */
  readonly origin: {
    readonly given: { readonly hashes: Pick<RowHashes, 'bytes' | 'known'>; readonly rows: Uint32Array };
    readonly answer: { readonly sha256: string; readonly sketch: Sketch };
  };
  /** The hash of the table by the rules of version 1. */
  readonly csv: { readonly given: object; readonly answer: string };
  /** What a model keeps of the training rows. */
  readonly summaries: { readonly given: { readonly rows: Uint32Array }; readonly answer: FeatureSummary[] };
}

export type TaskKind = keyof Tasks;
export type Given<K extends TaskKind> = Tasks[K]['given'];
export type Answer<K extends TaskKind> = Tasks[K]['answer'];

/** The task, in steps. */
const STEPS: { readonly [K in TaskKind]: (table: Table, given: Given<K>) => Steps<Answer<K>> } = {
  pieces: (table, { bytes, taken }) => hashPieces(table, bytes, taken),
  origin: originOf,
  csv: hashSteps,
  summaries: (table, { rows }) => summarizeFeatures(table, rows),
};

export function stepsOf<K extends TaskKind>(kind: K, table: Table, given: Given<K>): Steps<Answer<K>> {
  return STEPS[kind](table, given);
}

function* originOf(table: Table, { hashes: { bytes, known }, rows }: Given<'origin'>): Steps<Answer<'origin'>> {
  const hashes = new RowHashes(bytes, known);
  return { sha256: yield* tableHashSteps(table, hashes), sketch: sketchOf(hashes, rows) };
}
