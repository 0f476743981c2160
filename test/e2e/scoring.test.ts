import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iris, ROOT, serve } from './cli.js';

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

describe('categories', () => {
  /** Men of class 3 are lost, the others are saved: a look-alike of a list of passengers. */
  const passengers = Array.from({ length: 80 }, (_, row) => {
    const [sex, level] = [row % 2 === 0 ? 'male' : 'female', (row % 3) + 1];
    return `${sex},${level},${row % 5 === 0 ? '' : 20 + (row % 40)},${sex === 'female' || level === 1 ? 'yes' : 'no'}`;
  });
  const header = 'sex,level,age,saved';
  const changed = (change: (line: string) => string) => [header, ...passengers.map(change)];
  const predict = (...args: string[]) => run('predict', '--model', 'passengers.json', ...args);

  beforeAll(async () => {
    const data = await file('passengers.csv', [header, ...passengers]);
    await train(data, 'passengers.json', '--categorical', 'level');
  });

  it('are read by name where a value begins with a known name, so a mistyped one is an error', async () => {
    const typed = await predict('sex=male', 'levle=3', 'age=30');
    expect([typed.code, typed.stdout, typed.stderr.split('\n')[1]]).toEqual([
      2,
      '',
      'error: unknown feature levle, did you mean level? (see iris predict --help)',
    ]);
    const all = await predict('sx=male', 'levle=3', 'aeg=30');
    expect([all.code, all.stdout]).toEqual([2, '']);
    expect(await predict('sex=male', 'level=3', 'age=30')).toMatchObject({ code: 0, stdout: 'label\nno\n' });
  });

  it('that the model never saw are told, by evaluate and by predict, from a file and from a server', async () => {
    const data = await file(
      'capital.csv',
      changed((line) => line.replace(/^male/, 'Male').replace(/,\d*,(?=[yn])/, ',77,')),
    );
    const line = 'warning: sex: 40 of 80 rows have a category that the model never saw: "Male" (nearest known: male)';
    const evaluated = await run(
      'evaluate',
      '--model',
      'passengers.json',
      '--data',
      data,
      '--json',
      '--gate',
      'unseen<=0.01',
    );
    expect(evaluated.code).toBe(1);
    expect(evaluated.stderr.split('\n')).toContain(line);
    expect(evaluated.stderr).toContain('\ngate failed: unseen<=0.01: unseen is 0.5, expected at most 0.01\n');
    expect(JSON.parse(evaluated.stdout).unseen).toEqual({
      rows: 40,
      columns: [{ feature: 'sex', rows: 40, categories: [{ category: 'Male', nearest: 'male' }] }],
    });
    const text = await run('evaluate', '--model', 'passengers.json', '--data', data);
    expect(text.stdout).toContain('\nnote: 40 of 80 rows have a category that the model never saw: sex\n');
    expect(text.stderr.split('\n')).toContain(line);
    const server = await serve(['--model', join(folder, 'passengers.json')]);
    for (const args of [
      ['--model', 'passengers.json'],
      ['--port', String(server.port)],
    ]) {
      const predicted = await run('predict', ...args, '--file', data, '--format', 'csv');
      expect([predicted.code, predicted.stderr.split('\n').slice(1, -1)]).toEqual([0, [line]]);
      const one = await run('predict', ...args, 'Male', '3', '30');
      expect([one.code, one.stderr.split('\n')[1]]).toEqual([
        0,
        'warning: sex: a category that the model never saw: "Male" (nearest known: male)',
      ]);
    }
    expect(await server.stop()).toBe(0);
  });

  it('are no unseen ones where one of them stands for all others', async () => {
    const cities = Array.from(
      { length: 60 },
      (_, row) => `${['a', 'b', 'c', 'd', 'e'][row % 5]},${row % 5 < 2 ? 'x' : 'y'}`,
    );
    await train(await file('cities.csv', ['city,y', ...cities]), 'cities.json', '--max-categories', '3');
    const server = await serve(['--model', join(folder, 'cities.json')]);
    for (const args of [
      ['--model', 'cities.json'],
      ['--port', String(server.port)],
    ]) {
      const { code, stderr, stdout } = await run('predict', ...args, 'zzz');
      expect([code, stdout, stderr]).toEqual([0, 'label\ny\n', expect.not.stringContaining('never saw')]);
    }
    expect(await server.stop()).toBe(0);
  });

  it('that are numbers match by value, wherever they are read', async () => {
    const data = await file(
      'floats.csv',
      changed((line) => line.replace(/,([123]),/, ',$1.0,')),
    );
    const right = await predict('--file', 'passengers.csv', '--format', 'csv');
    const found = await predict('--file', data, '--format', 'csv');
    expect(found).toMatchObject({ code: 0, stderr: right.stderr });
    expect(found.stdout.replaceAll('.0,', ',')).toBe(right.stdout);
    const scored = await run('evaluate', '--model', 'passengers.json', '--data', data, '--gate', 'unseen<=0');
    expect([scored.code, scored.stdout]).toEqual([0, expect.stringContaining(' held-out rows of floats.csv')]);
    const server = await serve(['--model', join(folder, 'passengers.json'), '--http-port', '0']);
    const http = /"httpPort":(\d+)/.exec(server.log())?.[1];
    const served = await run('predict', '--port', String(server.port), '--file', data, '--format', 'csv');
    expect(served.stdout).toBe(found.stdout);
    const inputs = [
      { name: 'sex', datatype: 'BYTES', shape: [2], data: ['male', 'male'] },
      { name: 'level', datatype: 'BYTES', shape: [2], data: ['3.0', '1e0'] },
      { name: 'age', datatype: 'FP64', shape: [2], data: [30, null] },
    ];
    const body = JSON.stringify({ inputs, outputs: [{ name: 'label' }] });
    const url = `http://127.0.0.1:${http}/v2/models/iris/infer`;
    const answer = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    const { outputs } = (await answer.json()) as { outputs: { data: string[] }[] };
    expect(outputs[0]!.data).toEqual(['no', 'yes']);
    expect(await server.stop()).toBe(0);
  });
});

describe('iris predict --file', () => {
  const header = 'sepal_length,sepal_width,petal_length,petal_width';
  const lines = ['5,3,1,0.2', '5,x,1,0.2', '6,3,5,2.1', '6,3,,2.1', '7,3,6,2.1', '1e999,3,6,2.1', '7,3,6,2.1,9'];
  const model = ['--model', join(ROOT, 'artifacts/iris.json')];
  const told = [
    'bad.csv:3: sepal_width: expected a number, found "x"',
    'bad.csv:5: petal_length: expected a value, as none was missing in training, found a missing one',
    'bad.csv:7: sepal_length: expected a number, found "1e999"',
    'bad.csv:8: expected 4 cells, found 5',
  ];

  beforeAll(() => file('bad.csv', [header, ...lines]));

  it('stops at a bad row, after writing what was right', async () => {
    const { code, stderr, stdout } = await run('predict', ...model, '--file', 'bad.csv', '--format', 'csv');
    expect([code, stdout, stderr.split('\n').slice(1)]).toEqual([
      65,
      `${header},label\n${lines[0]},setosa\n`,
      [told[0], ''],
    ]);
  });

  it('goes on where it is told to, from a file and from a server, and ends with 65', async () => {
    const server = await serve();
    for (const where of [model, ['--port', String(server.port)]]) {
      const predict = (...args: string[]) => run('predict', ...where, '--file', 'bad.csv', '--format', 'csv', ...args);
      const skipped = await predict('--on-error', 'skip');
      const rows = [`${lines[0]},setosa`, `${lines[2]},virginica`, `${lines[4]},virginica`];
      expect([skipped.code, skipped.stdout]).toEqual([65, `${[`${header},label`, ...rows].join('\n')}\n`]);
      const end = '4 of 7 rows cannot be predicted and were left out';
      expect(skipped.stderr.split('\n').slice(1)).toEqual([...told, end, '']);
      const nulls = await predict('--on-error', 'null');
      const all = lines.map(
        (line, i) => `${line.replace(/,9$/, '')},${['setosa', '', 'virginica', '', 'virginica', '', ''][i]}`,
      );
      expect([nulls.code, nulls.stdout]).toEqual([65, `${[`${header},label`, ...all].join('\n')}\n`]);
      const json = await predict('--on-error', 'null', '--json');
      expect([json.code, json.stderr.split('\n').at(-2)]).toEqual([
        65,
        '4 of 7 rows cannot be predicted and have no label',
      ]);
      expect(JSON.parse(json.stdout).map(({ error, label }: Record<string, string>) => error ?? label)).toEqual([
        ...['setosa', told[0], 'virginica', told[1], 'virginica', told[2], told[3]],
      ]);
      const answers = JSON.parse(json.stdout);
      const places = answers.flatMap(({ label }: { label: unknown }, i: number) => (label === null ? [] : [i + 1]));
      const kept = JSON.parse((await predict('--on-error', 'skip', '--json')).stdout);
      expect(kept.map(({ row }: { row: number }) => row)).toEqual(places);
      expect(Object.keys(kept[0])[0]).toBe('row');
      const lined = await run('predict', ...where, '--file', 'bad.csv', '--format', 'jsonl', '--on-error', 'skip');
      const keptLines = lined.stdout.trim().split('\n');
      expect(keptLines.map((line) => JSON.parse(line).row)).toEqual(places);
      expect(answers[0]).not.toHaveProperty('row');
    }
    expect(await server.stop()).toBe(0);
  });

  it.each([
    ['"5.0,3.6,1.3,0.25', 'a closing quote, found the end of the file'],
    ['5.0,"3.6"0,1.3,0.25', 'quotes only around a whole cell (doubled inside it), found one elsewhere'],
  ])('ends at broken quotes with what came before, and says so: %s', async (broken, expected) => {
    await file('quotes.csv', [header, lines[0]!, lines[1]!, broken, lines[0]!]);
    const predict = (...args: string[]) =>
      run('predict', ...model, '--file', 'quotes.csv', '--on-error', 'skip', ...args);
    const csv = await predict('--format', 'csv');
    expect([csv.code, csv.stdout, csv.stderr.split('\n').slice(1)]).toEqual([
      65,
      `${header},label\n${lines[0]},setosa\n`,
      [
        told[0]!.replace('bad.csv', 'quotes.csv'),
        `quotes.csv:4: expected ${expected}`,
        '1 of 2 rows cannot be predicted and was left out; only 2 rows could be read, as what follows cannot be told apart',
        '',
      ],
    ]);
    const json = await predict('--json');
    expect([json.code, JSON.parse(json.stdout).map(({ row }: { row: number }) => row)]).toEqual([65, [1]]);
    await file('quotes.csv', [header, lines[0]!, broken]);
    expect((await predict()).stderr.split('\n').at(-2)).toBe(
      'only 1 row could be read, as what follows cannot be told apart',
    );
    expect((await run('predict', ...model, '--file', 'quotes.csv')).stderr.split('\n').at(-2)).toBe(
      `quotes.csv:3: expected ${expected}`,
    );
  });

  it('ends with 0 where all is well, and lists few of many bad rows', async () => {
    await file('good.csv', [header, lines[0]!]);
    expect(await run('predict', ...model, '--file', 'good.csv', '--on-error', 'skip')).toMatchObject({ code: 0 });
    await file('worst.csv', [
      header,
      ...Array.from({ length: 900 }, (_, i) => (i % 3 === 0 ? '5,3,1,0.2' : '5,3,,0.2')),
    ]);
    const server = await serve();
    for (const where of [model, ['--port', String(server.port)]]) {
      const { code, stderr, stdout } = await run('predict', ...where, '--file', 'worst.csv', '--on-error', 'skip');
      expect([code, stdout.split('\n').length]).toEqual([65, 302]);
      expect(stderr.split('\n').slice(8)).toEqual([
        'worst.csv:13: petal_length: expected a value, as none was missing in training, found a missing one',
        '600 of 900 rows cannot be predicted and were left out (592 more than are shown)',
        '',
      ]);
    }
    expect(await server.stop()).toBe(0);
  });

  it('needs no name of a server that has one model, and takes a given one', async () => {
    const server = await serve(['--name', 'flowers']);
    const predict = (...args: string[]) => run('predict', '5', '3', '1', '0.2', '--port', String(server.port), ...args);
    const { code, stderr, stdout } = await predict();
    expect([code, stdout, stderr]).toEqual([0, 'label\nsetosa\n', expect.stringMatching(/^model: flowers, version /)]);
    expect((await predict('--name', 'flowers')).code).toBe(0);
    expect((await predict('--name', 'iris')).code).toBe(65);
    expect(await server.stop()).toBe(0);
  });
});
