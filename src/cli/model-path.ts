import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
 */
export function resolveModelPath(
  flag: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
  folder: string = process.cwd(),
): ChosenModel {
  if (flag !== undefined) return { path: flag, reason: '--model' };
  if (env['IRIS_MODEL']) return { path: env['IRIS_MODEL'], reason: 'IRIS_MODEL' };
  const usual = 'artifacts/iris.json';
  if (existsSync(join(folder, usual))) return { path: usual, reason: './artifacts/iris.json' };
  return { path: bundledModelPath(), reason: 'bundled' };
}
