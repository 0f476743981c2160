/** `iris-grpc/tree` as a page has it: bundled, in a browser. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { growTree } from '../../src/tree/index.js';
import { ROOT } from '../e2e/cli.js';
import { type Chromium, startChromium, temporaryFolder } from './chromium.js';

const folder = temporaryFolder();
let chromium: Chromium;

const columns = [
  [1, 2, 3, 4, 5, 6],
  [9, 1, 8, 2, 7, 3],
];
const labels = [0, 0, 1, 1, 2, 2];

const script = `
  import { growTree } from 'iris-grpc/tree';
  const tree = growTree(${JSON.stringify(columns)}.map((column) => Float64Array.from(column)), ${JSON.stringify(labels)});
  document.body.textContent = JSON.stringify([tree.nodeCount, ...tree.threshold]);
`;

beforeAll(async () => {
  const { outputFiles } = await build({
    ...{ stdin: { contents: script, resolveDir: ROOT }, bundle: true, minify: true, write: false, logLevel: 'error' },
    alias: { 'iris-grpc/tree': join(ROOT, 'dist/tree/index.js') },
  });
  writeFileSync(folder.path('page.html'), `<!doctype html><body><script>${outputFiles[0]!.text}</script>`);
  chromium = await startChromium();
});

afterAll(async () => {
  await chromium?.close();
  folder.remove();
});

it('grows on a page the tree that it grows in Node', async () => {
  const { page, complaints } = await chromium.open();
  await page.goto(pathToFileURL(folder.path('page.html')).href);
  const { nodeCount, threshold } = growTree(
    columns.map((column) => Float64Array.from(column)),
    labels,
  );
  expect(nodeCount).toBe(5);
  expect(await page.textContent('body')).toBe(JSON.stringify([nodeCount, ...threshold]));
  expect(complaints).toEqual([]);
});
