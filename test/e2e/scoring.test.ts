import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iris, ROOT } from './cli.js';

let folder: string;
let flowers: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-scoring-'));
  flowers = (await readFile(join(ROOT, 'data/iris.csv'), 'utf8')).trim().split('\n');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (...args: string[]) => iris(args, { cwd: folder });

async function file(name: string, lines: readonly string[]): Promise<string> {
  await writeFile(join(folder, name), `${lines.join('\n')}\n`);
  return name;
}

/** @returns what `iris train` wrote, as JSON */
async function train(data: string, out: string, ...options: string[]) {
  expect(await run('train', '--data', data, '--out', out, ...options)).toMatchObject({ code: 0 });
  return JSON.parse(await readFile(join(folder, out), 'utf8'));
}

describe('a model and its own training table', () => {
  it('agree also where only held-out rows miss a value', async () => {
    const data = await file('holes.csv', flowers.with(3, ',3.2,1.3,0.2,setosa').with(120, ',3.2,5.7,2.3,virginica'));
    let seed = 0;
    const model = async () => await train(data, 'holes.json', '--seed', String(seed), '--holdout', '0.5');
    while ((await model()).provenance.summaries[0].missing > 0) seed++;
    const predicted = await run('predict', '--model', 'holes.json', '--file', data, '--format', 'jsonl');
    expect(predicted.code).toBe(0);
    const rows = predicted.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows).toHaveLength(150);
    const { code, stdout } = await run('evaluate', '--model', 'holes.json', '--data', data, '--json');
    expect(code).toBe(0);
    const { metrics } = (await model()).provenance;
    expect(JSON.parse(stdout)).toMatchObject({ rows: 75, scored: 'holdout', metrics: metrics.holdout });
    const hits = rows.filter(({ input, label }) => input.species === label).length;
    expect(75 * metrics.train.accuracy + 75 * metrics.holdout.accuracy).toBeCloseTo(hits, 9);
  });
});

describe('iris evaluate of a table that was trained on in part', () => {
  /** Labels of pure chance: the tree knows its training rows, and nothing of others. */
  const noise = Array.from(
    { length: 240 },
    (_, row) => `${row},${(row * 7919) % 241},${(row * row * 31 + row) % 97 < 48}`,
  );
  const header = 'a,b,y';
  const score = (data: string, ...args: string[]) =>
    run('evaluate', '--model', 'noise.json', '--data', data, '--gate', 'accuracy>=0.9', ...args);

  it('scores held-out rows, in whatever order they are and whatever rows are added', async () => {
    await train(await file('noise.csv', [header, ...noise]), 'noise.json');
    const sorted = await score(await file('sorted.csv', [header, ...noise.toSorted()]));
    expect([sorted.code, sorted.stdout.split('\n')[0]]).toEqual([
      1,
      expect.stringMatching(/: 48 held-out rows of sorted\.csv$/),
    ]);
    const more = await score(await file('more.csv', [header, ...noise, '1000,1,true']));
    expect([more.code, more.stdout.split('\n')[0]]).toEqual([
      1,
      expect.stringMatching(/: 4[89] held-out rows of more\.csv$/),
    ]);
    expect(more.stdout).toMatch(
      /\nnote: the model was trained on about [78]\d % of these rows, by its sketch: only the 4[89] of 241 that it held out, or would have, are scored\n/,
    );
    const json = JSON.parse((await score('more.csv', '--json')).stdout);
    expect(json).toMatchObject({ scored: 'holdout', overlap: { exact: false, share: expect.any(Number) } });
  });

  it('takes a gate on training rows only where that is asked for', async () => {
    await train('noise.csv', 'noise.json', '--holdout', '0');
    const refused = await score('more.csv');
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr.split('\n')[1]).toMatch(
      /^error: a gate needs rows that the model was not trained on, and it was trained on about \d+ % of these rows, by its sketch: score other rows, or cross-validate; --include-training-rows holds it to the gate on these all the same \(see iris evaluate --help\)$/,
    );
    const asked = await score('more.csv', '--include-training-rows');
    expect([asked.code, asked.stdout]).toEqual([0, expect.stringContaining('note: the model was trained on about ')]);
  });
});
