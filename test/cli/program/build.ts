import { copyFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { PROGRAM } from '../run-program.js';

const SOURCE = fileURLToPath(new URL('./', import.meta.url));

/** Bundles the program of these tests, once: compiled in each process, a start takes three times as long. */
export default async function setup(): Promise<void> {
  const folder = dirname(PROGRAM);
  await build({
    entryPoints: ['run.js', 'commands.js'].map((name) => join(SOURCE, name)),
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'warning',
  });
  await copyFile(join(SOURCE, 'package.json'), join(folder, 'package.json'));
}
