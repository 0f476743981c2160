import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../e2e/cli.js';

/** The packed tarball, installed in an empty folder. */
export interface Installed {
  readonly folder: string;
  readonly tarball: string;
  /** Runs a program in the folder, or the one of that name which a package installed. @returns its stdout */
  run(program: string, ...args: string[]): Promise<string>;
  remove(): Promise<void>;
}

async function run(file: string, args: string[], cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)(file, args, { cwd, maxBuffer: 1 << 26 });
  return stdout;
}

/** @param packages to install beside it: `name@version` */
export async function installPackage(...packages: string[]): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), 'iris-package-'));
  await run('npm', ['pack', '--pack-destination', folder], ROOT);
  const name = (await readdir(folder)).find((file) => file.endsWith('.tgz'))!;
  const tarball = join(folder, name);
  await writeFile(join(folder, 'package.json'), '{"private": true}');
  await run('npm', ['install', '--no-audit', '--no-fund', tarball, ...packages], folder);
  const commands = join(folder, 'node_modules/.bin');
  const known = new Set(await readdir(commands));
  return {
    folder,
    tarball,
    run: (program, ...args) => run(known.has(program) ? join(commands, program) : program, args, folder),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
