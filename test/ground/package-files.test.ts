import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/ground/errors.js';
import { installedRoot, packageFile, VERSION } from '../../src/ground/package-files.js';
import { ROOT } from '../e2e/cli.js';

let folder: string;
let bundle: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-files-'));
  bundle = pathToFileURL(join(folder, 'out/deep/app.mjs')).href;
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function install(version: string, ...place: string[]) {
  const path = join(folder, ...place, 'node_modules/iris-grpc');
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'package.json'), JSON.stringify({ name: 'iris-grpc', version }));
  return path;
}

describe('the files of the package', () => {
  it('are those of the version that package.json has', async () => {
    expect(packageFile('../package.json')).toEqual(pathToFileURL(join(ROOT, 'package.json')));
    expect(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')).version).toBe(VERSION);
  });

  it('are not found by a bundle without an installed package', () => {
    expect(() => installedRoot(bundle, '1.2.3')).toThrow(
      new InputError(
        `iris-grpc in the bundle ${bundle}: expected the package, version 1.2.3, in a node_modules folder above, found none: install it there for its files, or leave it out of the bundle`,
      ),
    );
  });

  it('are those of the nearest installed package', async () => {
    const far = await install('1.2.3');
    expect(installedRoot(bundle, '1.2.3')).toEqual(pathToFileURL(join(far, 'dist/')));
    const near = await install('1.2.3', 'out');
    expect(installedRoot(bundle, '1.2.3')).toEqual(pathToFileURL(join(near, 'dist/')));
  });

  it('are not those of another version', async () => {
    await install('1.3.0', 'out/deep');
    expect(() => installedRoot(bundle, '1.2.3')).toThrow(
      new InputError(
        `iris-grpc in the bundle ${bundle}: expected the package, version 1.2.3, in a node_modules folder above, found version 1.3.0: install it there for its files, or leave it out of the bundle`,
      ),
    );
  });
});
