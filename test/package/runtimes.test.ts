import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../e2e/cli.js';
import { type Installed, installPackage } from './installed.js';

let place: Installed;

/** Enough values for threads to read, hash and fit them. */
const ROWS = 60_000;
const COLUMNS = 10;

const program = `
import * as iris from 'iris-grpc';
const table = async (path, jobs) => (await iris.trainModel(await iris.readDataset(path), iris.defaultParameters, { jobs })).model;
const model = await table(iris.bundledIrisPath(), 1);
await iris.writeModel('written.json', model);
const read = await iris.readModel('written.json');
const server = await iris.createServer({ model: read, port: 0 });
const client = await iris.InferenceClient.connect({ host: '127.0.0.1', port: server.port }, { model: 'iris', timeoutMs: 20000 });
const [served] = await client.predict({ values: Float64Array.of(5, 3.6, 1.3, 0.25), rowCount: 1 }, { probabilities: true, path: true });
client.close();
await server.close();
const { label } = read.predict({ sepal_length: 6, sepal_width: 3, petal_length: 4.9, petal_width: 1.8 });
const large = await table('large.csv', 2);
console.log(JSON.stringify({ sha256: model.sha256, served, label, large: large.sha256 }));
process.exit(0);
`;

beforeAll(async () => {
  place = await installPackage('bun@1', 'deno@2');
  await writeFile(join(place.folder, 'program.mjs'), program);
  await writeFile(
    join(place.folder, 'program.cjs'),
    "const { growTree } = require('iris-grpc');\nconsole.log(growTree([Float64Array.of(1, 2)], [0, 1]).nodeCount);\n",
  );
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const values = Array.from({ length: COLUMNS }, (_, column) => ((row + 1) * (column + 7) * 7919) % 1009);
    return `${values.join()},${values[0]! + values[3]! > 900 ? 'high' : 'low'}`;
  });
  const names = Array.from({ length: COLUMNS }, (_, column) => `x${column}`);
  await writeFile(join(place.folder, 'large.csv'), `${names.join()},level\n${lines.join('\n')}\n`);
});

afterAll(() => place.remove());

const runtimes: [string, string[]][] = [
  ['bun', ['--bun']],
  ['deno', ['run', '--allow-all']],
];

describe.each(runtimes)('%s', (runtime, args) => {
  it('trains, serves and predicts as Node does', async () => {
    const expected = await place.run('node', 'program.mjs');
    expect(JSON.parse(expected)).toMatchObject({ label: 'virginica', served: { label: 'setosa' } });
    expect(await place.run(runtime, ...args, 'program.mjs')).toBe(expected);
  });

  it('requires the library', async () => {
    expect(await place.run(runtime, ...args, 'program.cjs')).toBe('3\n');
  });

  it('runs iris predict', async () => {
    const command = ['predict', '5', '3.6', '1.3', '0.25', '--model', join(ROOT, 'artifacts/iris.json'), '--json'];
    const expected = await place.run('iris', ...command);
    expect(JSON.parse(expected)[0].label).toBe('setosa');
    expect(await place.run(runtime, ...args, 'node_modules/iris-grpc/bin/run.js', ...command)).toBe(expected);
  });
});
