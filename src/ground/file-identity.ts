import { fstatSync } from 'node:fs';
import { stat } from 'node:fs/promises';

/**
 * What tells a file from every other one, whatever name or link leads to it; undefined where there is no file.
 *
 * @param file a path, or the number of an open file
 */
export async function fileIdentity(file: string | number): Promise<string | undefined> {
  try {
    const found = typeof file === 'number' ? fstatSync(file, { bigint: true }) : await stat(file, { bigint: true });
    return found.isFile() ? `${found.dev}:${found.ino}` : undefined;
  } catch {
    // Whoever opens it says what is wrong.
    return undefined;
  }
}
