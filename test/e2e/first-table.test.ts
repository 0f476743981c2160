import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { passengerTable } from '../data/passengers.js';
import { IRIS, iris, serve } from './cli.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-first-'));
  await writeFile(join(folder, 'passengers.csv'), passengerTable());
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (...args: string[]) => iris(args, { cwd: folder });
const read = (name: string) => readFile(join(folder, name), 'utf8');

const TROUBLES = [
  'passengers.csv: Name: expected at most 255 categories, found 891 different ones in 891 rows, such as "O\'Brien, Mr. William (\\"No. 1\\")"',
  'passengers.csv:7: Ticket: expected a number, found "A/1 20659" (and 241 more such cells, "A/1 20879" on line 8 among them)',
  'passengers.csv: PassengerId: it has a different value in every row and looks like an id',
];

describe('a table of passengers', () => {
  const args = ['train', '--data', 'passengers.csv', '--target', 'Survived'];

  it('is refused with every column and a command, which trains what --auto trains', async () => {
    const refused = await run(...args, '--out', 'm.json');
    expect([refused.code, refused.stdout]).toEqual([65, '']);
    const lines = refused.stderr.trimEnd().split('\n');
    expect(lines).toEqual([
      `${TROUBLES[0]}; --ignore Name leaves it out`,
      `${TROUBLES[1]}; --ignore Ticket leaves it out`,
      TROUBLES[2],
      'passengers.csv: 2 columns cannot be learnt from as they are; with these options it can:',
      '  iris train --data passengers.csv --target Survived --out m.json --ignore Name,Ticket,PassengerId',
    ]);
    const [, ...words] = lines.at(-1)!.trim().split(' ');
    expect((await run(...words)).code).toBe(0);
    const auto = await run(...args, '--out', 'auto.json', '--auto');
    expect(auto.code).toBe(0);
    expect(auto.stderr.trimEnd().split('\n')).toEqual([
      ...TROUBLES.map((trouble) => `warning: ${trouble}`),
      'passengers.csv: --auto: read with --ignore Name,Ticket,PassengerId',
    ]);
    expect(await read('auto.json')).toBe(await read('m.json'));
  });

  it('is read from standard input too', async () => {
    const input = passengerTable();
    const auto = await iris(['train', '--data', '-', '--target', 'Survived', '--out', 'stdin.json', '--auto'], {
      cwd: folder,
      input,
    });
    expect(auto.code).toBe(0);
    expect((await run(...args, '--out', 'auto.json', '--auto')).code).toBe(0);
    expect(await read('stdin.json')).toBe(await read('auto.json'));
  });

  it('is refused with the columns to decide where no command would do', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => `${i === 7 ? 'soon' : i % 50},n${i},${'pq'[i % 2]}\n`);
    const input = `eu,name,y\n${rows.join('')}`;
    const { code, stderr } = await iris(['train', '--data', '-', '--target', 'y', '--out', 'no.json'], {
      cwd: folder,
      input,
    });
    expect([code, stderr.trimEnd().split('\n')]).toEqual([
      65,
      [
        '<stdin>:9: eu: expected a number, found "soon"; --categorical eu reads the column as text',
        '<stdin>: name: expected at most 255 categories, found 300 different ones in 300 rows, such as "n0"; --ignore name leaves it out',
        '<stdin>: 2 columns cannot be learnt from as they are; to decide: eu',
      ],
    ]);
  });

  it('says the same to programs', async () => {
    const { code, stdout } = await run(...args, '--json');
    expect(code).toBe(65);
    const { error } = JSON.parse(stdout);
    expect(Object.keys(error)).toEqual(['exit', 'message', 'details']);
    expect(error.details).toMatchObject({
      troubles: [expect.stringContaining('Name'), expect.stringContaining('Ticket'), TROUBLES[2]],
      options: { ignore: ['Name', 'Ticket', 'PassengerId'] },
      command: 'iris train --data passengers.csv --target Survived --json --ignore Name,Ticket,PassengerId',
    });
  });

  it('is not trained on by guess where its target is a number', async () => {
    const args = ['train', '--data', 'passengers.csv', '--target', 'Fare', '--out', 'fare.json', '--auto'];
    const refused = await run(...args);
    expect(refused.code).toBe(65);
    expect(refused.stderr).toContain('--classes-from quantiles:4 makes classes of ranges');
    expect((await run(...args, '--classes-from', 'quantiles:4')).code).toBe(0);
    const classes: string[] = JSON.parse(await read('fare.json')).classes;
    expect(classes.map((name) => name.replaceAll(/[\d.]+/g, 'N'))).toEqual([
      'below N',
      'N to below N',
      'N to below N',
      'N or more',
    ]);
    const scored = await run('evaluate', '--model', 'fare.json', '--data', 'passengers.csv');
    expect(scored.code).toBe(0);
    expect((await run('verify', 'fare.json', '--data', 'passengers.csv')).code).toBe(0);
  });
});

const rowsOf = (count: number, row: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => `${row(i)}\n`).join('');

describe.skipIf(process.platform === 'win32')('the command at the end of a refusal', () => {
  /** As a person pastes it. */
  const inShell = (command: string) =>
    promisify(execFile)('bash', ['-c', `iris() { '${process.execPath}' '${IRIS}' "$@"; }\n${command}`], {
      cwd: folder,
    });

  it.each([
    ['a few passengers', passengerTable(150), 'Survived', '--ignore PassengerId,Name,Ticket'],
    [
      'one column of names, with an index',
      `id,name,x,y\n${rowsOf(300, (i) => `${i},n${i},${i % 4},${'ab'[i % 2]}`)}`,
      'y',
      '--ignore name,id',
    ],
    [
      'a column whose name a shell would read',
      `"it's $HOME, or",x,y\n${rowsOf(60, (i) => `${i % 3 ? i % 7 : 'z'},${i % 4},${'ab'[i % 2]}`)}`,
      'y',
      `--categorical 'it'\\''s $HOME\\, or'`,
    ],
    [
      'dates of a column whose name has a blank',
      `sold on,x,y\n${rowsOf(60, (i) => `${1 + (i % 28)}.1.2024,${i % 4},${'ab'[i % 2]}`)}`,
      'y',
      `--dates 'sold on=dmy'`,
    ],
    [
      'numbers of which a column has a word more',
      `"size\n(m)",x,y\n${rowsOf(60, (i) => `${i % 3 ? i % 7 : 'z'},${i % 4},${'ab'[i % 2]}`)}`,
      'y',
      `--categorical $'size\\u000a(m)'`,
    ],
  ])('trains what --auto trains: %s', async (_, text, target, added) => {
    await writeFile(join(folder, 'some data.csv'), text);
    const args = ['train', '--data', 'some data.csv', '--target', target];
    const refused = await run(...args, '--out', 'copied.json');
    expect([refused.code, refused.stdout]).toEqual([65, '']);
    const [command] = refused.stderr.trimEnd().split('\n').slice(-1) as [string];
    expect(command).toBe(`  iris train --data 'some data.csv' --target ${target} --out copied.json ${added}`);
    await inShell(command);
    expect((await run(...args, '--out', 'auto.json', '--auto')).code).toBe(0);
    expect(await read('copied.json')).toBe(await read('auto.json'));
  });

  it('follows the one line about one column', async () => {
    await writeFile(
      join(folder, 'one.csv'),
      `a b,x,y\n${rowsOf(60, (i) => `${i % 3 ? i % 7 : 'z'},${i % 4},${'ab'[i % 2]}`)}`,
    );
    const refused = await run('train', '--data', 'one.csv');
    expect(refused.stderr.trimEnd().split('\n')).toEqual([
      `one.csv:2: a b: expected a number, found "z" (and 19 more such cells); --categorical 'a b' reads the column as text`,
      'the table can be learnt from with this command:',
      `  iris train --data one.csv --categorical 'a b'`,
    ]);
  });
});

describe('a table of another country', () => {
  it('is trained, scored, predicted and verified by the flags that read it', async () => {
    const rows = Array.from(
      { length: 60 },
      (_, i) =>
        `${i % 2 ? 29 - (i % 5) : 1 + (i % 9)}.0${1 + (i % 3)}.2024;${i},${i % 10};"1.${100 + i},5 €";${i % 2 ? 'gut' : 'schlecht'}`,
    );
    await writeFile(join(folder, 'eu.csv'), `tag;maß;preis;klasse\n${rows.join('\n')}\n`);
    const trained = await run('train', '--data', 'eu.csv', '--out', 'eu.json', '--auto');
    expect(trained.code).toBe(0);
    const flags = ['--decimal', ',', '--thousands', '.', '--units', '--dates', 'tag=dmy'];
    expect(trained.stderr).toContain(
      `eu.csv: evaluate, predict and verify need --dates tag=dmy --decimal , --thousands . --units as well\n`,
    );
    expect(
      JSON.parse(await read('eu.json')).features.map(({ name, kind }: { name: string; kind: string }) => [name, kind]),
    ).toEqual(['tag', 'tag_year', 'tag_month', 'tag_weekday', 'maß', 'preis'].map((name) => [name, 'number']));
    expect((await run('evaluate', '--model', 'eu.json', '--data', 'eu.csv', ...flags)).code).toBe(0);
    expect((await run('verify', 'eu.json', '--data', 'eu.csv', ...flags)).code).toBe(0);
    const predicted = await run('predict', '--model', 'eu.json', '--file', 'eu.csv', '--format', 'csv', ...flags);
    expect(predicted.code).toBe(0);
    expect(predicted.stdout.split('\n')).toHaveLength(62);
    const [first] = (
      await run('predict', '--model', 'eu.json', '--file', 'eu.csv', '--format', 'jsonl', ...flags)
    ).stdout
      .split('\n')
      .map((line) => line && JSON.parse(line));
    const { input } = first;
    const row = ['tag', 'maß', 'preis'].map((name) => `${name}=${input[name]}`);
    const alone = await run('predict', '--model', 'eu.json', ...row, '--format', 'jsonl', ...flags);
    expect({ input, ...JSON.parse(alone.stdout) }).toEqual(first);
    const without = await run('predict', '--model', 'eu.json', ...row);
    expect([without.code, without.stderr.trim().split('\n').at(-1)]).toEqual([
      2,
      'error: tag_year: expected a value (tag_year=? where it is missing), found none; --dates tag=dmy reads it as a date (see iris predict --help)',
    ]);
    const file = await run('predict', '--model', 'eu.json', '--file', 'eu.csv');
    expect([file.code, file.stderr.trim().split('\n').at(-1)]).toEqual([
      65,
      'eu.csv: expected the feature "tag_year", found the columns tag, maß, preis, klasse; --dates tag makes it of the dates there, --dates tag=dmy where the day comes first',
    ]);
  });
});

describe('a pooled category', () => {
  it('answers for any text, from a file, from the command line and from a server', async () => {
    const rows = Array.from(
      { length: 600 },
      (_, i) => `d${i % 5 ? i % 4 : 4 + (i % 300)},${i % 7},${i % 5 ? 'on time' : 'late'}`,
    );
    await writeFile(join(folder, 'flights.csv'), `dest,hour,late\n${rows.join('\n')}\n`);
    const trained = await run('train', '--data', 'flights.csv', '--out', 'flights.json', '--max-categories', '5');
    expect(trained.code).toBe(0);
    const [dest] = JSON.parse(await read('flights.json')).features;
    expect(dest).toMatchObject({ categories: ['d0', 'd1', 'd2', 'd3', 'other'], other: 'other' });
    await writeFile(join(folder, 'new.csv'), 'dest,hour\nnowhere,3\nd1,3\n');
    const labels = async (...args: string[]) =>
      (await run('predict', ...args, '--format', 'jsonl')).stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).label);
    expect(await labels('--model', 'flights.json', '--file', 'new.csv')).toEqual(['late', 'on time']);
    expect(await labels('--model', 'flights.json', 'dest=nowhere', 'hour=3')).toEqual(['late']);
    const server = await serve(['--model', join(folder, 'flights.json')]);
    try {
      expect(await labels('--port', String(server.port), '--file', 'new.csv')).toEqual(['late', 'on time']);
    } finally {
      await server.stop();
    }
  });
});
