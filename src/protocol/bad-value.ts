import type { ErrorInfo } from './error-details.js';

/** Of every request that breaks its contract. */
export const INVALID_REQUEST = 'INVALID_REQUEST';

/**
 * One value of one row that a model cannot predict from. It travels in the metadata of our ErrorInfo, one entry per
 * field, beside the sentence in BadRequest that a person reads.
 */
export interface BadValuePlace {
  /** Counted from 0. */
  readonly row: number;
  /** As messages show it: a long or strange name is cut and quoted. */
  readonly feature: string;
  /** Expected and found. */
  readonly description: string;
}

export function badValueInfo({ description, feature, row }: BadValuePlace): ErrorInfo {
  return { reason: INVALID_REQUEST, metadata: { row: String(row), feature, description } };
}

/** The three as their sender wrote them; undefined where the details are about something else. */
export function readBadValue(info: ErrorInfo | undefined): Record<keyof BadValuePlace, string> | undefined {
  if (info?.reason !== INVALID_REQUEST || info.domain !== undefined) return undefined;
  const { description, feature, row } = info.metadata ?? {};
  if (row === undefined || feature === undefined || description === undefined) return undefined;
  return { row, feature, description };
}
