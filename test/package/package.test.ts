import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../e2e/cli.js';
import { type Installed, installPackage } from './installed.js';

let place: Installed;

beforeAll(async () => {
  place = await installPackage();
});

afterAll(() => place.remove());

describe('the packed tarball', () => {
  it('is smaller than 500 KB', async () => {
    expect((await stat(place.tarball)).size).toBeLessThan(500_000);
  });

  it('has every module that one of its own imports', async () => {
    const root = join(place.folder, 'node_modules/iris-grpc');
    const files = await readdir(root, { recursive: true });
    const scripts = files.filter((file) => file.endsWith('.js'));
    const imports = await Promise.all(
      scripts.map(async (script) => {
        const source = await readFile(join(root, script), 'utf8');
        const targets = source.matchAll(/\b(?:from|import)\b[^'"\n;]*["'](\.\.?\/[^'"\n]+)["']/g);
        return [...targets].map(([, target]) => ({ script, target: join(dirname(script), target!) }));
      }),
    );
    expect(imports.flat().length).toBeGreaterThan(100);
    expect(imports.flat().filter(({ target }) => !files.includes(target))).toEqual([]);
  });

  it('has short lines: Node prints the one of an error that nobody caught', async () => {
    const root = join(place.folder, 'node_modules/iris-grpc/dist');
    const scripts = (await readdir(root, { recursive: true })).filter((file) => /^(index|chunks).*\.c?js$/.test(file));
    expect(scripts.length).toBeGreaterThan(30);
    const sources = await Promise.all(scripts.map((script) => readFile(join(root, script), 'utf8')));
    const long = sources.flatMap((source) => source.split('\n').filter((line) => line.length > 1000));
    expect(long).toEqual([]);
  });

  it('trains the committed artifact in an empty folder, by npx', async () => {
    const folder = join(place.folder, 'empty');
    await mkdir(folder);
    await promisify(execFile)('npx', ['--yes', '--package', place.tarball, 'iris', 'train'], { cwd: folder });
    const trained = await readFile(join(folder, 'artifacts/iris.json'));
    expect(trained).toEqual(await readFile(join(ROOT, 'artifacts/iris.json')));
    expect(await readdir(folder)).toEqual(['artifacts']);
  });
});

describe('the packed tarball, installed in an empty folder', () => {
  it('trains the committed artifact', async () => {
    await place.run('iris', 'train');
    const trained = await readFile(join(place.folder, 'artifacts/iris.json'));
    expect(trained).toEqual(await readFile(join(ROOT, 'artifacts/iris.json')));
  });

  it('serves with all of its ports and workers, and predicts', async () => {
    const args = ['serve', '--port', '0', '--http-port', '0', '--metrics-port', '0', '--workers', '2'];
    const server = spawn(join(place.folder, 'node_modules/.bin/iris'), args, { cwd: place.folder });
    const exit = once(server, 'close');
    let port: number | undefined;
    let site = '';
    let metrics = '';
    for await (const line of createInterface({ input: server.stderr })) {
      const event = JSON.parse(line);
      if (event.msg === 'ready') {
        port = event.port;
        site = `http://127.0.0.1:${event.httpPort}/`;
        metrics = `http://${event.metrics}/metrics`;
        break;
      }
    }
    const answer = await place.run('iris', 'predict', '5.0', '3.6', '1.3', '0.25', '--port', String(port), '--json');
    expect(JSON.parse(answer)[0].label).toBe('setosa');
    const page = await (await fetch(site)).text();
    const scripts = [...page.matchAll(/<script[^>]* src="([^"]+)"/g)].map(([, path]) => new URL(path!, site));
    expect(scripts.length).toBeGreaterThan(0);
    for (const url of [...scripts, metrics]) expect((await fetch(url)).status).toBe(200);
    server.kill('SIGTERM');
    expect((await exit)[0]).toBe(0);
  });

  it.each([
    ['ESM', 'library.mjs', "import { bundledIrisPath, defaultParameters, readDataset, trainModel } from 'iris-grpc';"],
    [
      'require()',
      'library.cjs',
      "const { bundledIrisPath, defaultParameters, readDataset, trainModel } = require('iris-grpc');",
    ],
  ])('works as a library from %s', async (_, file, load) => {
    const use = `${load}
      readDataset(bundledIrisPath())
        .then((dataset) => trainModel(dataset, defaultParameters))
        .then(({ model }) => console.log(model.sha256));`;
    await writeFile(join(place.folder, file), use);
    const committed = JSON.parse(await readFile(join(ROOT, 'artifacts/iris.json'), 'utf8'));
    expect((await place.run('node', file)).trim()).toBe(committed.sha256);
  });

  it('has the tree alone, without gRPC, as a subpath', async () => {
    const use = "import * as tree from 'iris-grpc/tree'; console.log(Object.keys(tree).join());";
    await writeFile(join(place.folder, 'tree.mjs'), use);
    expect(await place.run('node', 'tree.mjs')).toContain('predictInto');
  });

  it('has the tree for browsers: a bundler takes it in without anything of Node', async () => {
    const { outputFiles } = await build({
      ...{ stdin: { contents: "export { growTree } from 'iris-grpc/tree';", resolveDir: place.folder }, bundle: true },
      ...{ format: 'esm', platform: 'browser', minify: true, write: false, logLevel: 'silent' },
      ignoreAnnotations: true, // whatever its modules import, as a browser without a bundler loads it
    });
    const script = outputFiles![0]!.text;
    expect(script).not.toMatch(/\b(require|import)\b\s*[('"]/);
    expect(script.length).toBeLessThan(60_000);
    const tree = await import(`data:text/javascript,${encodeURIComponent(script)}`);
    expect(tree.growTree([Float64Array.of(1, 2)], [0, 1]).nodeCount).toBe(3);
  });
});
