import { namesInWords } from '../../ground/quote.js';
import type { Feature, Model } from '../../model/model.js';

/** What callers of one model have to change for another one, in words. */
export interface SchemaChange {
  readonly features?: string;
  readonly classes?: string;
}

/** Names that a log line lists of each change. */
const MOST_LISTED = 5;
/** Lists beyond it are only counted: comparing their names takes long. */
const MOST_COMPARED = 1000;

/** @returns undefined where calls and answers have the form that they had */
export function schemaChange(from: Model, to: Model): SchemaChange | undefined {
  const features = listChange(from.features.map(formOf), to.features.map(formOf));
  const classes = listChange(from.classes, to.classes);
  if (features === undefined && classes === undefined) return undefined;
  return { ...(features !== undefined && { features }), ...(classes !== undefined && { classes }) };
}

/** A feature of another kind, or that may no longer be missing, is another one to callers. */
function formOf({ kind, missing, name }: Feature): string {
  const form = [...(kind === 'number' ? [] : [kind]), ...(missing ? ['may be missing'] : [])];
  return form.length === 0 ? name : `${name} (${form.join(', ')})`;
}

function listChange(from: readonly string[], to: readonly string[]): string | undefined {
  if (from.length === to.length && from.every((name, index) => name === to[index])) return undefined;
  if (Math.max(from.length, to.length) > MOST_COMPARED) return `others: ${from.length} before, ${to.length} now`;
  const added = without(to, from);
  const removed = without(from, to);
  const changes = [
    ...(added.length > 0 ? [`added ${namesInWords(added, MOST_LISTED)}`] : []),
    ...(removed.length > 0 ? [`removed ${namesInWords(removed, MOST_LISTED)}`] : []),
  ];
  return changes.join('; ') || 'another order';
}

function without(names: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return names.filter((name) => !known.has(name));
}
