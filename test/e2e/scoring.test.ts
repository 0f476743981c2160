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
