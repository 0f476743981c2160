/** Programs that bundle the library, run from where it is installed and from where nothing is. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { build as esbuild } from 'esbuild';
import { build as vite } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './e2e/cli.js';

/** Enough values for threads to read, hash and fit them. */
const ROWS = 110_000;
const COLUMNS = 10;

const program = `
import * as iris from 'iris-grpc';

async function main() {
  const [table, damaged] = process.argv.slice(2);
  const { model } = await iris.trainModel(await iris.readDataset(table), { ...iris.defaultParameters, maxDepth: 5 }, { jobs: 2 });
  const ask = async () => {
    const server = await iris.createServer({ model, port: 0 });
    const client = await iris.InferenceClient.connect({ host: '127.0.0.1', port: server.port }, { model: 'iris', timeoutMs: 20000 });
    const [{ label }] = await client.predict({ values: new Float64Array(${COLUMNS}), rowCount: 1 }, { probabilities: false, path: false });
    client.close();
    await server.close();
    return label;
  };
  const connect = () => iris.InferenceClient.connect({ host: '127.0.0.1', port: 1 }, { model: 'iris', timeoutMs: 1 });
  const attempt = async (what) => {
    try {
      return await what();
    } catch (error) {
      return error.name + ': ' + error.message;
    }
  };
  console.log(JSON.stringify({
    sha256: model.sha256,
    label: model.predict(Object.fromEntries(model.features.map(({ name }) => [name, 0]))).label,
    served: await attempt(ask),
    connected: await attempt(connect),
    table: await attempt(() => iris.bundledIrisPath()),
    damaged: await attempt(() => iris.readDataset(damaged, { jobs: 2 })),
    isDataError: await iris.readDataset(damaged).catch((error) => error instanceof iris.DataError),
  }));
}
main().catch((error) => {
  console.error(error);
  process.exit(1);
});
`;

let folder: string;
let installed: string;
let table: string;
/** With a row that is too short. */
let damaged: string;
/** What the program prints that is not bundled. */
let expected: Record<string, unknown>;

async function run(file: string): Promise<Record<string, unknown>> {
  return JSON.parse((await promisify(execFile)(process.execPath, [file, table, damaged])).stdout);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-bundles-'));
  installed = join(folder, 'installed');
  await mkdir(join(installed, 'node_modules'), { recursive: true });
  await symlink(ROOT, join(installed, 'node_modules/iris-grpc'));
  await writeFile(join(installed, 'program.mjs'), program);
  table = join(folder, 'table.csv');
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const values = Array.from({ length: COLUMNS }, (_, column) => ((row + 1) * (column + 7) * 7919) % 1009);
    return `${values.join()},${values[0]! + values[3]! > 900 ? 'high' : 'low'}`;
  });
  const names = Array.from({ length: COLUMNS }, (_, column) => `x${column}`);
  await writeFile(table, `${names.join()},level\n${lines.join('\n')}\n`);
  damaged = join(folder, 'damaged.csv');
  await writeFile(damaged, `${names.join()},level\n${lines.join('\n')}\n1,2\n`);
  expected = await run(join(installed, 'program.mjs'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const entry = () => join(installed, 'program.mjs');
const guide = await readFile(join(ROOT, 'docs/library.md'), 'utf8');
const banner = /--banner:js='([^']+)'/.exec(guide)![1]!;

const bundlers: [string, string, () => Promise<unknown>][] = [
  [
    'esbuild, as a minified ES module',
    'esbuild/out.mjs',
    () =>
      esbuild({
        ...{ entryPoints: [entry()], outfile: join(installed, 'esbuild/out.mjs'), bundle: true, platform: 'node' },
        ...{ format: 'esm', banner: { js: banner }, minify: true, logLevel: 'error' },
      }),
  ],
  [
    'esbuild, in CommonJS',
    'commonjs/out.cjs',
    () =>
      esbuild({
        ...{ entryPoints: [entry()], outfile: join(installed, 'commonjs/out.cjs'), bundle: true, platform: 'node' },
        ...{ format: 'cjs', logLevel: 'error' },
      }),
  ],
  [
    'Vite',
    'vite/program.mjs',
    () =>
      vite({
        ...{ root: installed, configFile: false, logLevel: 'error', ssr: { noExternal: true } },
        build: { ssr: 'program.mjs', outDir: 'vite', target: 'node20' },
      }),
  ],
];

describe.each(bundlers)('a program bundled by %s', (_, output, bundle) => {
  beforeAll(() => bundle());

  it('does where the package is installed what it does unbundled', async () => {
    expect(expected).toMatchObject({ served: 'low', isDataError: true, table: join(ROOT, 'data/iris.csv') });
    const printed = await run(join(installed, output));
    expect({ ...printed, table: '' }).toEqual({ ...expected, table: '' });
    expect(printed['table']).toBe(join(installed, 'node_modules/iris-grpc/data/iris.csv'));
  });

  it('trains and predicts where nothing is installed, and says why it cannot serve', async () => {
    const alone = join(folder, 'alone');
    await cp(join(installed, output, '..'), join(alone, output, '..'), { recursive: true });
    const { connected, served, table: path, ...same } = await run(join(alone, output));
    const { connected: _, served: _served, table: _table, ...before } = expected;
    expect(same).toEqual(before);
    for (const failure of [connected, served, path]) {
      expect(failure).toMatch(
        /^InputError: iris-grpc in the bundle file:\/\/\S+: expected the package, version [\d.]+, in a node_modules folder above, found none: install it there for its files, or leave it out of the bundle$/,
      );
    }
  });
});

describe('one function of the library, bundled', () => {
  it('comes without the server', async () => {
    const { outputFiles } = await esbuild({
      ...{ stdin: { contents: "export { growTree } from 'iris-grpc';", resolveDir: installed }, bundle: true },
      ...{ format: 'esm', platform: 'node', write: false },
    });
    expect(outputFiles![0]!.text).toContain('growTree');
    expect(outputFiles![0]!.text).not.toContain('grpc');
  });
});

describe('the library, bundled for a browser', () => {
  const byName = () => join(installed, 'by-name.mjs');
  const whole = () => join(installed, 'whole.mjs');
  const forBrowser = (entry: string): Record<string, () => Promise<unknown>> => ({
    esbuild: () =>
      esbuild({ entryPoints: [entry], bundle: true, format: 'esm', outfile: `${entry}.js`, logLevel: 'silent' }),
    Vite: () =>
      vite({
        ...{ root: installed, configFile: false, logLevel: 'silent' },
        build: {
          lib: { entry, formats: ['es'], fileName: () => `${basename(entry)}.js` },
          outDir: '.',
          emptyOutDir: false,
        },
      }),
  });

  beforeAll(async () => {
    await writeFile(byName(), "import { trainModel } from 'iris-grpc';\nconsole.log(trainModel);\n");
    await writeFile(whole(), "import * as iris from 'iris-grpc';\nconsole.log(iris);\n");
  });

  it.each(['esbuild', 'Vite'])('is refused by %s, in a file that is called needs-node', async (bundler) => {
    await expect(forBrowser(byName())[bundler]!()).rejects.toThrow(
      /trainModel[\s\S]*needs-node|needs-node[\s\S]*trainModel/,
    );
  });

  it.each(['esbuild', 'Vite'])(
    'says when it is loaded that it needs Node, bundled by %s as a whole',
    async (bundler) => {
      await forBrowser(whole())[bundler]!();
      await expect(promisify(execFile)(process.execPath, [`${whole()}.js`])).rejects.toThrow(
        "iris-grpc needs the modules of Node; 'iris-grpc/tree' runs in a browser",
      );
    },
  );
});

describe('the tree alone, bundled for a browser', () => {
  it('needs nothing of Node', async () => {
    const { outputFiles } = await esbuild({
      ...{ stdin: { contents: "export * from 'iris-grpc/tree';", resolveDir: installed }, bundle: true, write: false },
      ...{ format: 'esm', platform: 'browser', logLevel: 'silent' },
    });
    const tree = await import(`data:text/javascript,${encodeURIComponent(outputFiles![0]!.text)}`);
    expect(outputFiles![0]!.text).not.toMatch(/\b(require|import)\b\s*[('"]/);
    expect(tree.growTree([Float64Array.of(1, 2)], [0, 1]).nodeCount).toBe(3);
  });
});
