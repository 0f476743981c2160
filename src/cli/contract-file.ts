import { readFile } from 'node:fs/promises';
import { reasonOf } from '../formats/whole-file.js';
import { InputError } from '../ground/errors.js';

/**
 * The text of a contract's .proto file.
 *
 * @throws InputError where it cannot be read
 */
export async function readContract(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new InputError(`${path}: cannot be read: ${reasonOf(cause)}`, { cause });
  }
}
