import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reasonOf } from '../formats/whole-file.js';
import { InputError } from '../ground/errors.js';
import { packageFile } from '../ground/package-files.js';

/** Where the model is, and why there. */
export interface ChosenModel {
  /** Of a file, or an https:// URL. */
  readonly path: string;
  readonly reason: '--model' | 'IRIS_MODEL' | './artifacts/iris.json' | 'bundled';
}

/** The reference model that comes with the package. */
export function bundledModelPath(): string {
  return fileURLToPath(packageFile('../artifacts/iris.json'));
}

/**
 * `--model`, else IRIS_MODEL, else ./artifacts/iris.json, else the bundled model.
 *
 * @param folder what `.` is
 * @throws InputError for a folder with no model, or with several
 */
export function resolveModelPath(
  flag: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
  folder: string = process.cwd(),
): ChosenModel {
  if (flag !== undefined) return { path: modelIn(flag), reason: '--model' };
  if (env['IRIS_MODEL']) return { path: modelIn(env['IRIS_MODEL']), reason: 'IRIS_MODEL' };
  const usual = 'artifacts/iris.json';
  if (existsSync(join(folder, usual))) return { path: usual, reason: './artifacts/iris.json' };
  return { path: bundledModelPath(), reason: 'bundled' };
}

/** A folder stands for the one .json file in it: what delivers models, as KServe does, keeps the names that they had. */
export function modelIn(path: string): string {
  const files = jsonFilesIn(path);
  if (files === undefined) return path;
  if (files.length === 1) return join(path, files[0]!);
  const found = files.length === 0 ? 'none' : files.length;
  throw new InputError(`${path}: expected one .json file in this folder, found ${found}`);
}

/** Nothing where this is no folder. */
function jsonFilesIn(path: string): string[] | undefined {
  try {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return undefined;
    return readdirSync(path).filter((name) => name.endsWith('.json'));
  } catch (cause) {
    throw new InputError(`${path}: cannot be read: ${reasonOf(cause)}`, { cause });
  }
}
