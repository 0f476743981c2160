import { DataError, IrisError } from '../../ground/errors.js';

/** Bytes unpacked at once. */
export const UNPACK_BYTES = 1 << 18;

/** What was wrong with packed bytes, or with reading them. */
export function damage(format: string, source: string, cause: unknown): Error {
  if (cause instanceof IrisError) return cause;
  return new DataError('encoding', `${source}: expected ${format} data, found: ${(cause as Error).message}`, { cause });
}
