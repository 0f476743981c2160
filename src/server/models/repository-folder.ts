import { type Stats, stat } from 'node:fs';
import { opendir, readFile } from 'node:fs/promises';
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
  /** The names in the folder, as they were read; undefined while they may have changed unnoticed. */
  readonly names: Names | undefined;
  readonly aliasesStamp: string;
}

interface Names {
  /** Of the folder. */
  readonly stamp: string;
  readonly entries: readonly string[];
}

/** A folder that was changed so long ago has other times once it changes again, however coarse they are. */
const SETTLED_MS = 2000;

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
 * What lies in the folder of a model, unread but for the names of versions. Where nothing has changed, that takes a look at
 * the folder and one at each file.
 *
 * @param withSignatures whether a change of a signature is one of the file
 * @param last what it gave the last time
 * @returns undefined where there is no such folder
 * @throws InputError where it cannot be read, or has more than `MAX_MODEL_VERSIONS` files
 */
export async function listVersions(
  folder: string,
  name: string,
  withSignatures: boolean,
  last?: ListedModel,
  nowMs = Date.now(),
): Promise<ListedModel | undefined> {
  const path = join(folder, name);
  const found = await statOf(path);
  const stamp = stampOf(found);
  const known = last?.names?.stamp === stamp ? last.names.entries : undefined;
  const entries = known ?? (await namesIn(path));
  if (!entries) return undefined;
  const isSettled = typeof found === 'object' && nowMs - Math.max(found.ctimeMs, found.mtimeMs) > SETTLED_MS;
  const names = isSettled ? { stamp, entries } : undefined;
  const files = await listFiles(path, entries, withSignatures);
  const aliasesStamp = entries.includes(ALIASES_FILE) ? stampOf(await statOf(join(path, ALIASES_FILE))) : '';
  const aliases = last && last.aliasesStamp === aliasesStamp ? last : await readAliases(path, aliasesStamp);
  return { files, names, aliasesStamp, aliases: aliases.aliases, problems: aliases.problems };
}

/** @returns undefined where there is no such folder */
async function namesIn(path: string): Promise<readonly string[] | undefined> {
  try {
    return (await listFolder(path, MAX_MODEL_VERSIONS)).map(({ name }) => name);
  } catch (error) {
    if (isGone((error as Error).cause)) return undefined;
    throw error;
  }
}

async function listFiles(
  path: string,
  entries: readonly string[],
  withSignatures: boolean,
): Promise<readonly ListedFile[]> {
  const files: ListedFile[] = [];
  for (const file of entries) {
    if (!file.endsWith('.json')) continue;
    const found = await statOf(join(path, file));
    const signature = withSignatures ? stampOf(await statOf(join(path, file + SIGNATURE_EXTENSION))) : '';
    files.push({ file, bytes: typeof found === 'object' ? found.size : 0, stamp: `${stampOf(found)} ${signature}` });
  }
  return files;
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
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '');
}

/** Where the names of a model's versions are written. */
export function aliasesPath(folder: string, name: string): string {
  return join(folder, name, ALIASES_FILE);
}

/** @param stamp empty where there is no such file */
async function readAliases(folder: string, stamp: string): Promise<ReadAliases> {
  if (stamp === '') return { aliases: new Map(), problems: [] };
  const path = join(folder, ALIASES_FILE);
  const refuse = (problem: string) => ({ aliases: new Map(), problems: [`${ALIASES_FILE}: ${problem}`] });
  try {
    const stats = await statOf(path);
    if (typeof stats === 'string' || !stats.isFile() || stats.size > MAX_ALIASES_BYTES)
      return refuse(`expected a file of at most ${MAX_ALIASES_BYTES} bytes`);
    return parseAliases(await readFile(path, 'utf8'));
  } catch (cause) {
    return refuse(`cannot be read: ${reasonOf(cause)}`);
  }
}

/** @returns the code of the error where there is one */
function statOf(path: string): Promise<Stats | string> {
  // That of node:fs/promises takes twice the time.
  return new Promise((resolve) => {
    stat(path, (error, stats) => resolve(error ? (error.code ?? 'unknown') : stats));
  });
}

/** What is renamed into place has another inode; what is written in place has another time or size. */
function stampOf(stats: Stats | string): string {
  if (typeof stats === 'string') return stats;
  const { ctimeMs, dev, ino, mtimeMs, size } = stats;
  return [dev, ino, size, mtimeMs, ctimeMs].join(':');
}
