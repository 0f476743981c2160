/** Predicting without a server: in a page, and in a worker of it. */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Chromium, startChromium, temporaryFolder } from './chromium.js';
import { embeddedScript } from './embedded.js';

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
