import type { Combine } from '../tree/ensemble.js';
import type { FlatScorer, Together } from './flat-scorer.js';

/** What the writers of all languages ask of how trees answer together. */

/** Whether values are rounded before they are compared. */
export function isPrepared({ arithmetic: { input, zero } }: Together): boolean {
  return input === 'float32' || zero > 0;
}

/** What the sums begin with, as they round it. */
export function baseOf({ arithmetic, combine: { base, outputs } }: Together): number[] {
  const values = Array.from({ length: outputs }, (_, k) => base?.[k] ?? 0);
  return arithmetic.sum === 'float32' ? values.map(Math.fround) : values;
}

/** Whether trees are added to a sum each, to all sums, or some so and some so; and whether there is one sum alone. */
export function additionOf({ combine, output }: Together): 'alone' | 'one' | 'each' | 'mixed' {
  if (combine.outputs === 1) return 'alone';
  if (!output.includes(-1)) return 'one';
  return output.every((one) => one < 0) ? 'each' : 'mixed';
}

/** By how many trees each sum is divided: one number where it is the same; null where none is. */
export function divisorsOf({ combine, treesPerOutput }: Together): number | readonly number[] | null {
  if (combine.by === 'sum') return null;
  return new Set(treesPerOutput).size === 1 ? treesPerOutput[0] : [...treesPerOutput];
}

/** What a node has as its number: a threshold, or what a leaf adds to its sum. */
export function numberOf({ feature, threshold, value }: FlatScorer, node: number): number {
  return feature[node] < 0 ? value[node] : threshold[node];
}

/** Whether nodes say where a missing value goes. */
export function hasDirections({ hasMissing, hasZeroMissing }: FlatScorer): boolean {
  return hasMissing || hasZeroMissing;
}

/** Whether anything is done to scores: onnxruntime rounds them where it does nothing else. */
export function hasLink({ function: arithmetic, link }: Combine): boolean {
  return link !== 'none' || arithmetic === 'float32/2';
}

/** Whether the link computes in 32 bits. */
export function isFloatLink({ function: arithmetic }: Combine): boolean {
  return arithmetic.startsWith('float32');
}
