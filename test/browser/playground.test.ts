import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iris, type RunningServer, serve } from '../e2e/cli.js';
import { type Chromium, startChromium, temporaryFolder, type WatchedPage } from './chromium.js';
import { HOSTILE_CLASS, loanTable, wideTable } from './tables.js';

const folder = temporaryFolder();
const lowContrast = readFileSync(new URL('probe.js', import.meta.url), 'utf8');
const servers = new Map<string, RunningServer>();
let chromium: Chromium;

beforeAll(async () => {
  writeFileSync(folder.path('loans.csv'), loanTable());
  writeFileSync(folder.path('wide.csv'), wideTable());
  await train('iris');
  await train('loans', '--data', folder.path('loans.csv'), '--max-depth', '4', '--min-samples-leaf', '5');
  const odd = '"c\nd",v,y\n"a\tb",1,p\n"a\tb",2,p\nx,3,q\nx,4,q\nx,3,q\n"l1\nl2",1,r\n"l1\nl2",1,r\n';
  writeFileSync(folder.path('odd.csv'), odd);
  await train('odd', '--data', folder.path('odd.csv'), '--holdout', '0');
  await train('wide', '--data', folder.path('wide.csv'));
  await train('forest', '--engine', 'forest', '--trees', '20');
  for (const name of ['iris', 'loans', 'odd', 'wide', 'forest']) {
    servers.set(name, await serve(['--model', folder.path(`${name}.json`), '--name', name, '--http-port', '0']));
  }
  chromium = await startChromium();
});

afterAll(async () => {
  await chromium?.close();
  for (const server of servers.values()) await server.stop();
  folder.remove();
});

async function train(name: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await iris(['train', ...args, '--out', folder.path(`${name}.json`)]);
  expect(code, stderr).toBe(0);
}

function originOf(name: string): string {
  const port = /"httpPort":(\d+)/.exec(servers.get(name)?.log() ?? '')?.[1];
  return `http://127.0.0.1:${port}`;
}

/** A page that has shown its first answer. */
async function open(name: string, options?: BrowserContextOptions, shown = '#steps li'): Promise<WatchedPage> {
  const watched = await chromium.open(options);
  await watched.page.goto(originOf(name));
  await watched.page.locator(shown).first().waitFor();
  return watched;
}

/** Complaints but for requests to the page's own server. */
function unexpected({ complaints }: WatchedPage, name: string): string[] {
  return complaints.filter((complaint) => !complaint.startsWith(`request: ${originOf(name)}/`));
}

const label = (page: Page) => page.locator('#label');
const litNodes = (page: Page) =>
  page.evaluate<number[]>(
    "[...new Set([...document.querySelectorAll('.lit')].map((mark) => Number(mark.dataset.node)))].sort((a, b) => a - b)",
  );

it('sends names with control characters as they are, not as they are shown', async () => {
  const { page } = await open('odd');
  await page.getByRole('combobox').selectOption({ label: 'l1\\u000al2' });
  await page.locator('#label', { hasText: /^r$/ }).waitFor();
  await page.getByRole('combobox').selectOption({ label: 'a\\u0009b' });
  await page.locator('#label', { hasText: /^p$/ }).waitFor();
});

describe('the playground of a forest', () => {
  it('says what the features bring, and again for another row', async () => {
    const watched = await open('forest', undefined, '#terms li');
    const { page } = watched;
    expect(unexpected(watched, 'forest')).toEqual([]);
    await page.getByRole('button', { name: 'setosa' }).click();
    await page.locator('#label', { hasText: /^setosa$/ }).waitFor();
    expect(await page.locator('#average').textContent()).toMatch(/^share of setosa: on average \d+(\.\d)? %, here \d+/);
    const terms = await page.locator('#terms li').allTextContents();
    expect(terms).toHaveLength(4);
    expect(terms[0]).toMatch(/^petal_(length|width)\+\d+(\.\d)? %$/);
    expect(await page.locator('#trees').textContent()).toContain('20 trees');
  });

  it.each([320, 1200])('has text of enough contrast, and fits a window %d pixels wide', async (width) => {
    const { page } = await open('forest', { viewport: { width, height: 800 } }, '#terms li');
    expect(await page.evaluate(lowContrast)).toEqual([]);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  });
});

describe.each(['iris', 'loans', 'wide'])('the playground of %s', (name) => {
  it('shows itself without complaint and asks nobody but its server', async () => {
    const watched = await open(name);
    expect(unexpected(watched, name)).toEqual([]);
    expect(watched.complaints).toContain(`request: ${originOf(name)}/v2/models/${name}/infer`);
  });

  it.each([320, 375])('fits a phone %d pixels wide', async (width) => {
    const { page } = await open(name, { viewport: { width, height: 700 } });
    await page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })");
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  });

  it('can be read on light and on dark ground', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await open(name, { colorScheme });
      await page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })");
      const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(background).toBe(colorScheme === 'light' ? 'rgb(245, 247, 249)' : 'rgb(14, 18, 23)');
      expect(await page.evaluate(lowContrast)).toEqual([]);
    }
  });

  it('has a name for every control', async () => {
    const { page } = await open(name);
    await page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })");
    const sliders = await page.getByRole('slider').count();
    expect(sliders).toBe(await page.locator('input[type=range]').count());
    for (const control of await page.locator('input, select, button').all()) {
      const box = await control.boundingBox();
      expect(box?.height ?? 0).toBeGreaterThan(10);
    }
    const unnamed = await page.evaluate(
      "[...document.querySelectorAll('input, select')].filter((control) => !control.labels.length && !control.ariaLabel).length",
    );
    expect(unnamed).toBe(0);
  });

  it('leads from an example to its class', async () => {
    const { page } = await open(name);
    for (const button of await page.locator('.examples button').all()) {
      const text = (await button.textContent()) ?? '';
      await button.click();
      await expect.poll(() => label(page).textContent()).toBe(text);
    }
  });
});

describe('the playground', () => {
  it('is small: everything that a browser loads', async () => {
    const { page } = await chromium.open();
    const bodies: Promise<Buffer>[] = [];
    page.on('response', (response) => {
      if (!response.url().endsWith('/infer')) bodies.push(response.body());
    });
    await page.goto(originOf('iris'));
    await page.locator('#steps li').first().waitFor();
    const sizes = (await Promise.all(bodies)).map(({ byteLength }) => byteLength);
    expect(sizes.length).toBeGreaterThan(5);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(100_000);
  });

  it('forbids scripts of others, frames and guesses about types', async () => {
    const { headers } = await fetch(originOf('iris'));
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy.split('; ')).toEqual(
      expect.arrayContaining(["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]),
    );
    expect(policy).not.toContain("script-src 'self' 'unsafe");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(await fetch(`${originOf('iris')}/playground/../package.json`).then(({ status }) => status)).toBe(404);
    expect(await fetch(`${originOf('iris')}/playground/nothing.js`).then(({ status }) => status)).toBe(404);
  });

  it('changes prediction, probabilities, steps and the lit path with a slider', async () => {
    const { page } = await open('iris');
    await page.getByRole('slider', { name: 'petal_length' }).fill('1.5');
    await expect.poll(() => label(page).textContent()).toBe('setosa');
    expect(await page.locator('#share').textContent()).toBe('100 %');
    expect(await page.locator('#steps li').allTextContents()).toEqual([
      'petal_length 1.5 <= 2.45of 120 rows',
      'setosa',
    ]);
    expect(await litNodes(page)).toEqual([0, 1]);

    await page.getByRole('slider', { name: 'petal_length' }).fill('6');
    await page.getByRole('slider', { name: 'petal_width' }).fill('2.3');
    await expect.poll(() => label(page).textContent()).toBe('virginica');
    const lit = await litNodes(page);
    expect(lit).not.toContain(1);
    expect(lit).toHaveLength(await page.locator('#steps li').count());
    expect(await page.locator('#bars .first').textContent()).toBe('virginica100 %');
  });

  it('says the answer aloud when the sliding is over', async () => {
    const { page } = await open('iris');
    await page.getByRole('slider', { name: 'petal_length' }).fill('1.5');
    await expect.poll(() => page.getByRole('status').textContent()).toBe('setosa, 100 %');
  });

  it('is used with the keyboard alone', async () => {
    const { page } = await open('iris');
    for (let presses = 0; presses < 3; presses++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => label(page).textContent()).toBe('virginica');
    const slider = page.getByRole('slider', { name: 'petal_length' });
    while ((await page.locator('[data-name=petal_length] input[type=range]:focus').count()) === 0) {
      await page.keyboard.press('Tab');
    }
    expect(await page.evaluate("document.activeElement.matches(':focus-visible')")).toBe(true);
    await page.keyboard.press('Home');
    await expect.poll(() => label(page).textContent()).toBe('setosa');
    await page.keyboard.press('ArrowRight');
    expect(Number(await slider.inputValue())).toBeGreaterThan(Number(await slider.getAttribute('min')));
  });

  it('takes any number, says when training saw none like it, and waits while it is none', async () => {
    const { page } = await open('iris');
    const exact = page.getByRole('spinbutton', { name: 'petal_length, exact value' });
    await page.getByRole('slider', { name: 'petal_width' }).fill('2.3');
    await exact.fill('20');
    await expect.poll(() => label(page).textContent()).toBe('virginica');
    expect(await page.locator('.note.outside').allTextContents()).toEqual([
      expect.stringMatching(/^outside of what training saw: .* to .* in training$/),
    ]);
    await exact.fill('');
    await expect.poll(() => page.locator('#verdict.waiting').count()).toBe(1);
    await exact.fill('1.5');
    await expect.poll(() => label(page).textContent()).toBe('setosa');
    expect(await page.locator('.note.outside, .waiting').count()).toBe(0);
  });

  it('takes categories and missing values', async () => {
    const { page } = await open('loans');
    const purpose = page.getByRole('group', { name: 'purpose' });
    await purpose.getByRole('combobox').selectOption('car');
    await expect.poll(() => page.locator('#steps').textContent()).toContain('purpose in {car, travel}: car');
    await purpose.getByRole('checkbox', { name: 'missing' }).check();
    await expect.poll(() => page.locator('#steps').textContent()).toContain('purpose missing: goes ');
    expect(await purpose.getByRole('combobox').isDisabled()).toBe(true);
    expect(await page.getByRole('group', { name: 'income' }).getByRole('checkbox').count()).toBe(0);
  });

  it('shows a class with a hostile name as text', async () => {
    const watched = await open('loans');
    await watched.page.locator('.examples button').first().click();
    await expect.poll(() => label(watched.page).textContent()).toBe(HOSTILE_CLASS);
    expect(unexpected(watched, 'loans')).toEqual([]);
    expect(await watched.page.evaluate('document.scripts.length')).toBe(1);
  });

  it('lights the branch that hides the leaf where the tree is too large to be drawn whole', async () => {
    const { page } = await open('wide');
    const steps = await page.locator('#steps li').count();
    const lit = await litNodes(page);
    expect(lit[0]).toBe(0);
    expect(lit.length).toBeGreaterThan(1);
    expect(lit.length).toBeLessThanOrEqual(steps);
    expect(await page.locator('.feature:visible').count()).toBe(12);
  });

  it('begins its drawing at the root on a narrow screen, and follows what a person changes', async () => {
    const { page } = await open('loans', { viewport: { width: 390, height: 800 } });
    const isSeen = (node: number) =>
      page.evaluate<boolean>(
        "(() => { const box = document.querySelector('.drawing').getBoundingClientRect();" +
          `const mark = document.querySelector('.drawing g[data-node="${node}"]').getBoundingClientRect();` +
          'return mark.left >= box.left && mark.right <= box.right; })()',
      );
    expect(await isSeen(0)).toBe(true);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    for (const button of await page.locator('[data-row]').all()) {
      const before = await page.locator('#announcement').textContent();
      await button.click();
      await expect.poll(() => page.locator('#announcement').textContent()).not.toBe(before);
      // What was announced may be the answer before.
      await expect.poll(async () => isSeen((await litNodes(page)).at(-1)!)).toBe(true);
    }
  });

  it('has the tree in words, which stand for it on paper where it is too wide', async () => {
    const { page } = await open('wide');
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.drawing').isVisible()).toBe(false);
    expect(await page.locator('.outline li').first().isVisible()).toBe(true);
  });

  it('shows a command that asks the same', async () => {
    const { page } = await open('iris');
    const command = await page.locator('#curl').textContent();
    const printed = execFileSync('bash', ['-c', `${command} --silent --noproxy '*'`], { encoding: 'utf8' });
    expect(JSON.parse(printed).outputs[0].data).toEqual([await label(page).textContent()]);
  });

  it('says so when its server does not answer, and answers again when it does', async () => {
    const { page } = await open('iris');
    await page.route('**/infer', (route) => route.abort());
    await page.getByRole('slider', { name: 'petal_length' }).fill('1.5');
    await expect.poll(() => page.getByRole('alert').textContent()).toBe('No answer: the server cannot be reached.');
    await page.unroute('**/infer');
    await page.getByRole('slider', { name: 'petal_length' }).fill('1.6');
    await expect.poll(() => label(page).textContent()).toBe('setosa');
    expect(await page.getByRole('alert').isVisible()).toBe(false);
  });

  it('says so when the server has another model', async () => {
    const path = folder.path('changing.json');
    const copy = (name: string) => writeFileSync(path, readFileSync(folder.path(`${name}.json`)));
    copy('iris');
    const server = await serve(['--model', path, '--name', 'iris', '--http-port', '0']);
    servers.set('changing', server);
    const { page } = await open('changing');
    await train('other', '--max-depth', '2');
    copy('other');
    server.child.kill('SIGHUP');
    while (!server.log().includes('model reloaded')) await once(server.child.stderr!, 'data');
    await page.getByRole('slider', { name: 'petal_length' }).fill('1.5');
    await expect.poll(() => page.getByRole('alert').textContent()).toMatch(/^The server has model [0-9a-f]{12} now: /);
  });

  it('moves nothing for people who want that', async () => {
    const { page } = await open('iris', { reducedMotion: 'reduce' });
    const moving = await page.evaluate(
      "[...document.querySelectorAll('*')].filter((element) => getComputedStyle(element).transitionDuration !== '0s').length",
    );
    expect(moving).toBe(0);
  });
});
