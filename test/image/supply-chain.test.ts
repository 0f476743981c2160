/** What the image is made of: the same from whoever builds it, and listed. */
import { execFile } from 'node:child_process';
import { chmod, cp, mkdtemp, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../e2e/cli.js';
import { productionPackages, tracingPackages } from '../lockfile.js';

const IMAGE = 'iris:supply-chain';
const AGAIN = 'iris:supply-chain-again';
/** What the context of a build needs beside the files that .dockerignore lets through. */
const BUILD_FILES = ['Dockerfile', '.dockerignore'];

let folder: string;

async function docker(...args: string[]): Promise<string> {
  return (await promisify(execFile)('docker', args, { maxBuffer: 1 << 26 })).stdout.trim();
}

/** A copy of the build's context as another clone might be: made later, by someone with another umask. */
async function otherClone(): Promise<string> {
  const clone = join(folder, 'clone');
  const allowed = [...(await readFile(join(ROOT, '.dockerignore'), 'utf8')).matchAll(/^!(.+)$/gm)].map(
    ([, path]) => path!,
  );
  for (const path of [...BUILD_FILES, ...allowed]) await cp(join(ROOT, path), join(clone, path), { recursive: true });
  const entries = await readdir(clone, { recursive: true });
  for (const entry of entries) {
    const path = join(clone, entry);
    await chmod(path, ((await stat(path)).mode & 0o700) | 0o020);
    await utimes(path, 2e9, 2e9);
  }
  return clone;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-supply-chain-'));
  await docker('build', '--quiet', '--tag', IMAGE, ROOT);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the image', () => {
  it('has the same layers when it is built again, from another clone', async () => {
    await docker('build', '--quiet', '--no-cache', '--tag', AGAIN, await otherClone());
    const [first, second] = JSON.parse(await docker('image', 'inspect', IMAGE, AGAIN));
    expect(second.RootFS.Layers).toEqual(first.RootFS.Layers);
    await docker('rmi', AGAIN);
  });

  it('lists exactly the packages that the lock file has for production, and those of OpenTelemetry', async () => {
    const run = ['run', '--rm', '--read-only', '--entrypoint', 'npm', IMAGE];
    const sbom = JSON.parse(await docker(...run, 'sbom', '--sbom-format', 'cyclonedx'));
    expect(sbom).toMatchObject({
      bomFormat: 'CycloneDX',
      metadata: { component: { purl: 'pkg:npm/iris-grpc@0.1.0' } },
    });
    const listed: { name: string; version: string }[] = sbom.components;
    const expected = [...productionPackages(), ...tracingPackages()].map(({ name, version }) => `${name}@${version}`);
    expect(listed.map(({ name, version }) => `${name}@${version}`).sort()).toEqual([...new Set(expected)].sort());
  });
});
