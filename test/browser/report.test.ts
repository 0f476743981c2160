import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iris } from '../e2e/cli.js';
import { type Chromium, startChromium, temporaryFolder, type WatchedPage } from './chromium.js';
import { HOSTILE_CLASS, loanTable, longNamesTable, wideTable } from './tables.js';

const folder = temporaryFolder();
const lowContrast = readFileSync(new URL('probe.js', import.meta.url), 'utf8');
let chromium: Chromium;

beforeAll(async () => {
  writeFileSync(folder.path('loans.csv'), loanTable());
  await run('train', '--out', folder.path('iris.json'));
  const gates = ['--gate', 'accuracy>=0.8', '--gate', 'recall[setosa]>=0.9'];
  await run('evaluate', '--model', folder.path('iris.json'), ...gates, '--report', folder.path('iris.html'));
  const loans = ['--data', folder.path('loans.csv')];
  await run('train', ...loans, '--max-depth', '4', '--min-samples-leaf', '5', '--out', folder.path('loans.json'));
  await run('evaluate', '--model', folder.path('loans.json'), ...loans, '--report', folder.path('loans.html'));
  writeFileSync(folder.path('wide.csv'), wideTable());
  const wide = ['--data', folder.path('wide.csv')];
  await run('train', ...wide, '--max-depth', '6', '--out', folder.path('wide.json'));
  await run('evaluate', '--model', folder.path('wide.json'), ...wide, '--report', folder.path('wide.html'));
  writeFileSync(folder.path('long.csv'), longNamesTable());
  const long = ['--data', folder.path('long.csv')];
  for (const [name, depth] of [
    ['long', '4'],
    ['deep', '9'],
  ]) {
    await run('train', ...long, '--max-depth', depth, '--out', folder.path(`${name}.json`));
    await run('evaluate', '--model', folder.path(`${name}.json`), ...long, '--report', folder.path(`${name}.html`));
  }
  const drawing = await run('inspect', folder.path('loans.json'), '--format', 'svg', '--explain', '60,?,long,2.5');
  writeFileSync(folder.path('loans.svg'), drawing);
  chromium = await startChromium();
});

afterAll(async () => {
  await chromium?.close();
  folder.remove();
});

async function run(...args: string[]): Promise<string> {
  const { code, stderr, stdout } = await iris(args);
  expect(code, stderr).toBe(0);
  return stdout;
}

async function open(name: string, options?: BrowserContextOptions): Promise<WatchedPage> {
  const watched = await chromium.open(options);
  await watched.page.goto(pathToFileURL(folder.path(name)).href);
  return watched;
}

function backgroundOf(page: Page): Promise<string> {
  return page.evaluate('getComputedStyle(document.body).backgroundColor');
}

describe.each(['iris', 'loans'])('the report on %s', (name) => {
  it('is one small file that shows itself without complaint and without a request', async () => {
    expect(statSync(folder.path(`${name}.html`)).size).toBeLessThan(500_000);
    const { complaints, page } = await open(`${name}.html`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('has landmarks, and links that lead to its sections', async () => {
    const { page } = await open(`${name}.html`);
    for (const role of ['banner', 'navigation', 'main', 'contentinfo'] as const) {
      expect(await page.getByRole(role).count(), role).toBe(1);
    }
    for (const link of await page.getByRole('navigation').getByRole('link').all()) {
      const text = (await link.textContent()) ?? '';
      await link.click();
      const section = page.locator(decodeURIComponent(new URL(page.url()).hash));
      expect(await section.getByRole('heading', { level: 2 }).textContent()).toBe(text);
      expect(await page.getByRole('region', { name: text, exact: true }).count()).toBeGreaterThan(0);
    }
  });

  it('has no two landmarks of one name', async () => {
    const { page } = await open(`${name}.html`);
    const names = await page.evaluate<string[]>(
      "[...document.querySelectorAll('section, [role=region], nav')].map((mark) => " +
        "(mark.getAttribute('aria-label') ?? document.getElementById(mark.getAttribute('aria-labelledby')).textContent).trim())",
    );
    expect(names.length).toBeGreaterThan(8);
    expect(new Set(names).size).toBe(names.length);
  });

  it('shows every picture, with a name', async () => {
    const { page } = await open(`${name}.html`);
    const pictures = await page.getByRole('img').all();
    expect(pictures.length).toBe(await page.locator('svg[role=img]').count());
    for (const picture of pictures) {
      const box = await picture.boundingBox();
      expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThan(40);
    }
    for (const title of ['ROC curves', 'Precision-recall curves', 'Calibration', /^Decision tree for /]) {
      expect(await page.getByRole('img', { name: title }).count(), String(title)).toBe(1);
    }
  });

  it.each([320, 375])('fits a phone %d pixels wide', async (width) => {
    const { page } = await open(`${name}.html`, { viewport: { width, height: 700 } });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  });

  it('can be read on light and on dark ground', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await open(`${name}.html`, { colorScheme });
      await page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })");
      expect(await backgroundOf(page)).toBe(colorScheme === 'light' ? 'rgb(245, 247, 249)' : 'rgb(14, 18, 23)');
      expect(await page.evaluate(lowContrast)).toEqual([]);
    }
  });

  it('is light on paper, also from a dark screen, with everything unfolded', async () => {
    const { page } = await open(`${name}.html`, { colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print' });
    expect(await backgroundOf(page)).toBe('rgba(0, 0, 0, 0)');
    expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(27, 31, 36)');
    expect(await page.locator('.outline li').first().isVisible()).toBe(true);
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  });
});

describe('the tree of a report', () => {
  const rootIsSeen =
    "(() => { const box = document.querySelector('.drawing').getBoundingClientRect();" +
    'const root = document.querySelector(\'.drawing g[data-node="0"]\').getBoundingClientRect();' +
    'return root.left >= box.left && root.right <= box.right; })()';

  it.each(['iris', 'loans', 'wide'])('begins at its root on a narrow screen: %s', async (name) => {
    const { page } = await open(`${name}.html`, { viewport: { width: 390, height: 800 } });
    const box = page.locator('.drawing');
    expect(await box.evaluate((element) => element.scrollWidth > element.clientWidth)).toBe(true);
    expect(await page.evaluate(rootIsSeen)).toBe(true);
  });

  it.each(['iris', 'loans', 'long', 'deep'])('has no two texts one over the other: %s', async (name) => {
    const { page } = await open(`${name}.html`);
    const overlaps = await page.evaluate<string[]>(`(() => {
      const texts = [...document.querySelectorAll('.drawing text')].map((text) => [text.textContent, text.getBoundingClientRect()]);
      return texts.flatMap(([text, a], index) => texts.slice(index + 1)
        .filter(([, b]) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4)
        .map(([other]) => text + ' / ' + other));
    })()`);
    expect(overlaps).toEqual([]);
  });

  it.each([
    ['iris', true],
    ['wide', false],
  ])('is drawn on paper where it can be read there, and always an outline: %s', async (name, drawn) => {
    const { page } = await open(`${name}.html`);
    expect(await page.locator('.drawing').isVisible()).toBe(true);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.drawing').isVisible()).toBe(drawn);
    expect(await page.locator('.outline li').first().isVisible()).toBe(true);
  });
});

describe('a class with a hostile name', () => {
  it('is text in the report', async () => {
    const { page } = await open('loans.html');
    expect(await page.getByRole('rowheader', { name: HOSTILE_CLASS, exact: true }).count()).toBeGreaterThan(0);
    expect(await page.evaluate('document.scripts.length')).toBe(0);
  });

  it('is text in the drawing of the tree', async () => {
    const { complaints, page } = await open('loans.svg');
    expect(await page.evaluate('document.documentElement.nodeName')).toBe('svg');
    expect(await page.evaluate("document.querySelectorAll('script').length")).toBe(0);
    expect(await page.evaluate('document.documentElement.textContent')).toContain(HOSTILE_CLASS);
    expect(complaints).toEqual([]);
  });
});

describe('the drawing of a tree', () => {
  it('is an image that another page can show', async () => {
    writeFileSync(folder.path('image.html'), '<!doctype html><img src="loans.svg">');
    const { complaints, page } = await open('image.html');
    const width = await page.evaluate('document.images[0].decode().then(() => document.images[0].naturalWidth)');
    expect(width).toBeGreaterThan(600);
    expect(complaints).toEqual([]);
  });
});
