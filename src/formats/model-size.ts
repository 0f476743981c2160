import { ArtifactError } from '../ground/errors.js';
import { MAX_ARTIFACT_BYTES } from '../ground/limits.js';

/** What reading a large file takes, as a multiple of its size: its bytes, and what is made of them. Measured: 2.4 to 4.5. */
const READING_FACTOR = 4;
/** Below, it makes no difference. */
const LARGE_BYTES = 1024 * 1024;

/**
 * @param name of the model, for messages
 * @param bytes that it has, as far as that is known
 * @param freeBytes what is left of the memory
 * @throws ArtifactError when it is too large, in itself or for the memory that is left: the system would end the process,
 * and with it the model that is served
 */
export function checkModelSize(name: string, bytes: number, freeBytes: number): void {
  if (bytes > MAX_ARTIFACT_BYTES) throw tooLarge(name, MAX_ARTIFACT_BYTES);
  if (bytes > LARGE_BYTES && bytes * READING_FACTOR > freeBytes) throw noRoom(name, bytes, freeBytes);
}

export function tooLarge(name: string, maxBytes: number): ArtifactError {
  return new ArtifactError('too-large', `${name}: expected at most ${maxBytes} bytes, found more`);
}

function noRoom(name: string, size: number, freeBytes: number): ArtifactError {
  const mebibytes = (bytes: number) => `${Math.max(0, Math.floor(bytes / (1024 * 1024)))} MiB`;
  return new ArtifactError(
    'too-large',
    `${name}: expected a file that the memory left, ${mebibytes(freeBytes)}, has room for, found one of ${mebibytes(size)}: ` +
      'give the container more',
  );
}
