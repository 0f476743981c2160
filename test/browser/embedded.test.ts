/** Predicting without a server: in a page, and in a worker of it. */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Chromium, startChromium, temporaryFolder } from './chromium.js';
import { documented, embeddedScript, exportedModule } from './embedded.js';

const folder = temporaryFolder();
let chromium: Chromium;
let expected: string;

beforeAll(async () => {
  const embedded = await embeddedScript();
  expected = embedded.expected;
  const begin = '<!doctype html><body><script>const report = (text) => { document.body.textContent = text; };';
  writeFileSync(folder.path('page.html'), `${begin}${embedded.script}</script>`);
  const worker = JSON.stringify(`const report = (text) => postMessage(text);${embedded.script}`).replace(
    /</g,
    '\\u003c',
  );
  const start = `new Worker(URL.createObjectURL(new Blob([${worker}]))).onmessage = ({ data }) => report(data);`;
  writeFileSync(folder.path('worker.html'), `${begin}${start}</script>`);
  chromium = await startChromium();
});

afterAll(async () => {
  await chromium?.close();
  folder.remove();
});

it.each(['page', 'worker'])(
  'the js export and iris-grpc/tree predict in a %s what they predict in Node',
  async (place) => {
    const { complaints, page } = await chromium.open();
    await page.goto(pathToFileURL(folder.path(`${place}.html`)).href);
    await page.waitForFunction('document.body.textContent.startsWith("{")');
    expect(await page.textContent('body')).toBe(expected);
    expect(complaints.filter((complaint) => !complaint.startsWith('request: blob:'))).toEqual([]);
  },
);

it('the documented page and worker answer', async () => {
  const files: Record<string, [string, string]> = {
    '/': ['text/html', documented('In a page')],
    '/iris.js': ['text/javascript', await exportedModule()],
    '/worker.js': ['text/javascript', documented('In a worker')],
  };
  const { page } = await chromium.open();
  await page.route('http://static.test/**', (route) => {
    const [contentType, body] = files[new URL(route.request().url()).pathname] ?? ['text/plain', ''];
    return route.fulfill({ contentType, body });
  });
  await page.goto('http://static.test/');
  await page.waitForFunction('document.querySelector("output").textContent !== ""');
  expect(await page.textContent('output')).toBe('setosa');
  await page.fill('[name=petal_length]', '6');
  await page.fill('[name=petal_width]', '2.2');
  expect(await page.textContent('output')).toBe('virginica');
  const labels = await page.evaluate(`new Promise((resolve) => {
    const worker = new Worker('worker.js', { type: 'module' });
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage([[5, 3.6, 1.3, 0.25], [6, 3, 4.9, 1.8]]);
  })`);
  expect(labels).toEqual(['setosa', 'virginica']);
});
