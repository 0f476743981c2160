import type { Stats } from 'node:fs';
import { opendir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SIGNATURE_EXTENSION } from '../../formats/model-location.js';
import { reasonOf } from '../../formats/whole-file.js';
import { InputError } from '../../ground/errors.js';
import { MAX_MODEL_VERSIONS, MAX_MODELS } from '../../ground/limits.js';
import { ALIASES_FILE, MAX_ALIASES_BYTES, parseAliases, type ReadAliases } from './aliases.js';
import { isModelName } from './model-name.js';

/** A file that may be a version of a model. */
export interface ListedFile {
  /** Its name in the folder of the model. */
  readonly file: string;
  readonly bytes: number;
  /** Another one for another content; files are not read for it. */
  readonly stamp: string;
}

export interface ListedModel extends ReadAliases {
  /** In the order of their names, numbers in them by value: the newest is the last one. */
  readonly files: readonly ListedFile[];
}

const { compare } = new Intl.Collator('en', { numeric: true });

/**
 * The names of the folders of models. What begins with a dot is no model: Kubernetes keeps its own folders so.
 *
 * @throws InputError where the folder cannot be read, or has more than `MAX_MODELS`
 */
export async function listModels(folder: string): Promise<{ readonly names: string[]; readonly refused: string[] }> {
  const names: string[] = [];
  const refused: string[] = [];
  for (const { kind, name } of await listFolder(folder, MAX_MODELS)) {
    if (kind === 'file') continue;
    (isModelName(name) ? names : refused).push(name);
  }
  return { names, refused };
}

/**
 * What lies in the folder of a model, unread but for the names of versions.
 *
 * @param withSignatures whether a change of a signature is one of the file
 * @returns undefined where there is no such folder
 * @throws InputError where it cannot be read, or has more than `MAX_MODEL_VERSIONS` files
 */
export async function listVersions(
  folder: string,
  name: string,
  withSignatures: boolean,
): Promise<ListedModel | undefined> {
  const path = join(folder, name);
  const entries = await listFolder(path, MAX_MODEL_VERSIONS).catch((error: InputError) => {
    if (isGone(error.cause)) return undefined;
    throw error;
  });
  if (!entries) return undefined;
  const files: ListedFile[] = [];
  for (const { name: file } of entries) {
    if (!file.endsWith('.json')) continue;
    const found = await statOf(join(path, file));
    const signature = withSignatures ? stampOf(await statOf(join(path, file + SIGNATURE_EXTENSION))) : '';
    files.push({ file, bytes: typeof found === 'object' ? found.size : 0, stamp: `${stampOf(found)} ${signature}` });
  }
  const aliases = entries.some((entry) => entry.name === ALIASES_FILE)
    ? await readAliases(path)
    : { aliases: new Map(), problems: [] };
  return { files, ...aliases };
}

interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'other';
}

/** In the order of their names; `.…` is left out. */
async function listFolder(folder: string, most: number): Promise<Entry[]> {
  const entries: Entry[] = [];
  try {
    for await (const entry of await opendir(folder)) {
      if (entry.name.startsWith('.')) continue;
      entries.push({ name: entry.name, kind: entry.isFile() ? 'file' : 'other' });
      if (entries.length > most) break;
    }
  } catch (cause) {
    throw new InputError(`${folder}: cannot be read: ${reasonOf(cause)}`, { cause });
  }
  if (entries.length > most) throw new InputError(`${folder}: expected at most ${most} entries, found more`);
  return entries.sort((a, b) => compare(a.name, b.name) || (a.name < b.name ? -1 : 1));
}

/** It is not there, or no folder. */
function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Where the names of a model's versions are written. */
export function aliasesPath(folder: string, name: string): string {
  return join(folder, name, ALIASES_FILE);
}

async function readAliases(folder: string): Promise<ReadAliases> {
  const path = join(folder, ALIASES_FILE);
  const refuse = (problem: string) => ({ aliases: new Map(), problems: [`${ALIASES_FILE}: ${problem}`] });
  try {
    const stats = await stat(path);
    if (!stats.isFile() || stats.size > MAX_ALIASES_BYTES)
      return refuse(`expected a file of at most ${MAX_ALIASES_BYTES} bytes`);
    return parseAliases(await readFile(path, 'utf8'));
  } catch (cause) {
    return refuse(`cannot be read: ${reasonOf(cause)}`);
  }
}

/** @returns the code of the error where there is one */
async function statOf(path: string): Promise<Stats | string> {
  return stat(path).catch((error: NodeJS.ErrnoException) => error.code ?? 'unknown');
}

/** What is renamed into place has another inode; what is written in place has another time or size. */
function stampOf(stats: Stats | string): string {
  if (typeof stats === 'string') return stats;
  const { ctimeMs, dev, ino, mtimeMs, size } = stats;
  return [dev, ino, size, mtimeMs, ctimeMs].join(':');
}
