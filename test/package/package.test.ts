import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../e2e/cli.js';

let folder: string;

async function run(file: string, args: string[], cwd = folder): Promise<string> {
  const { stdout } = await promisify(execFile)(file, args, { cwd, maxBuffer: 1 << 26 });
  return stdout;
}

const installed = (...args: string[]) => run(join(folder, 'node_modules/.bin/iris'), args);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-package-'));
  await run('npm', ['pack', '--pack-destination', folder], ROOT);
  const [tarball] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  await writeFile(join(folder, 'package.json'), '{"private": true}');
  await run('npm', ['install', '--no-audit', '--no-fund', join(folder, tarball ?? '')]);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the packed tarball, installed in an empty folder', () => {
  it('trains the committed artifact', async () => {
    await installed('train');
    const trained = await readFile(join(folder, 'artifacts/iris.json'));
    expect(trained).toEqual(await readFile(join(ROOT, 'artifacts/iris.json')));
  });

  it('serves and predicts', async () => {
    const server = spawn(join(folder, 'node_modules/.bin/iris'), ['serve', '--port', '0'], { cwd: folder });
    const exit = once(server, 'close');
    let port: number | undefined;
    for await (const line of createInterface({ input: server.stderr })) {
      const event = JSON.parse(line);
      if (event.msg === 'ready') {
        port = event.port;
        break;
      }
    }
    const answer = await installed('predict', '5.0', '3.6', '1.3', '0.25', '--port', String(port), '--json');
    expect(JSON.parse(answer)[0].label).toBe('setosa');
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
    await writeFile(join(folder, file), use);
    const committed = JSON.parse(await readFile(join(ROOT, 'artifacts/iris.json'), 'utf8'));
    expect((await run(process.execPath, [join(folder, file)])).trim()).toBe(committed.sha256);
  });

  it('has the tree alone, without gRPC, as a subpath', async () => {
    const use = "import * as tree from 'iris-grpc/tree'; console.log(Object.keys(tree).join());";
    await writeFile(join(folder, 'tree.mjs'), use);
    expect(await run(process.execPath, [join(folder, 'tree.mjs')])).toContain('predictInto');
  });
});
