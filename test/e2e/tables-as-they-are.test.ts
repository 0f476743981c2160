import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { zipOf, zstdOf } from '../data/csv/packed.js';
import { iris } from './cli.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-tables-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const rows = Array.from({ length: 24 }, (_, row) => [
  (row % 4) + 0.5 + row / 100,
  row % 3,
  ((row % 4) + (row % 3)) % 2 ? 'é' : 'b',
]);
const table = (delimiter = ',') =>
  ['x,z,y', ...rows.map(String)].map((line) => `${line.replaceAll(',', delimiter)}\n`).join('');
const latin1 = Buffer.from(table(), 'latin1');

async function run(command: string, name: string, content: string | Buffer, args: readonly string[]) {
  await writeFile(join(folder, name), content);
  const { code, stderr } = await iris([command, ...args], { cwd: folder });
  return { code, says: stderr.trim() };
}

const train = (name: string, content: string | Buffer, ...args: string[]) =>
  run('train', name, content, ['--data', name, '--out', `${name}.json`, ...args]);

const better = (name: string) =>
  `the table can be learnt from with this command:\n  iris train --data ${name} --out ${name}.json --drop-missing-target`;

describe('a table as it is', () => {
  it.each<[string, string | Buffer, string[], string]>([
    ['utf16.csv', Buffer.from(`\ufeff${table()}`, 'utf16le'), [], ''],
    ['latin1.csv', latin1, ['--encoding', 'windows-1252'], ''],
    ['excel.csv', `sep=;\n${table(';')}`, [], ''],
    ['semicolons.csv', table(';'), [], "warning: semicolons.csv: read with the delimiter ';', as its first lines show"],
    ['blanks.csv', table('   '), ['--delimiter', ' +'], ''],
    ['preamble.csv', `made "here\n\n${table()}`, ['--skip-lines', '2'], ''],
    ['comments.csv', `# by us\n${table()}#"\n`, ['--comment', '#'], ''],
    ['packed.gz', gzipSync(table()), [], ''],
    ['packed.zst', zstdOf(Buffer.from(table())), [], ''],
    ['packed.zip', zipOf([{ name: 'table.csv', content: Buffer.from(table()) }]), [], ''],
    [
      'tail.csv',
      `${table()},,\n,,\n`,
      ['--drop-missing-target'],
      'warning: tail.csv: y: 2 rows without a class are left out',
    ],
  ])('is trained on and evaluated: %s', async (name, content, flags, says) => {
    expect(await train(name, content, ...flags)).toEqual({ code: 0, says });
    const scored = await run('evaluate', name, content, ['--model', `${name}.json`, '--data', name, ...flags]);
    expect(scored.code).toBe(0);
    expect(scored.says.split('\n').slice(1).join('\n')).toBe(says);
    const verified = await run('verify', name, content, [`${name}.json`, '--data', name, ...flags]);
    expect(verified).toEqual({ code: 0, says });
  });

  it.each<[string, string | Buffer, string[], number, string]>([
    [
      'l.csv',
      latin1,
      [],
      65,
      'l.csv:5: expected UTF-8 text, found the byte 0xe9; --encoding windows-1252 reads text of Western European Windows, if it is that',
    ],
    [
      'l.csv',
      latin1,
      ['--encoding', 'latin-99'],
      2,
      'error: --encoding: expected the name of an encoding, such as utf-8, utf-16le or windows-1252, found "latin-99" (see iris train --help)',
    ],
    [
      'p.csv',
      `File: p.csv\n\n${table()}`,
      [],
      65,
      'p.csv:1: expected at least two columns, found one, "File: p.csv"; --skip-lines 2 leaves out the lines before the table',
    ],
    [
      'c.csv',
      `# by us\n${table()}`,
      [],
      65,
      `c.csv:1: expected at least two columns, found one, "# by us"; --comment '#' leaves such lines out`,
    ],
    [
      't.csv',
      `${table()}1,2,\n`,
      [],
      65,
      `t.csv:26: y: expected a class, found an empty cell; --drop-missing-target leaves out the rows without one\n${better('t.csv')}`,
    ],
    [
      'n.csv',
      `${table()}1,2,None\n`,
      [],
      65,
      `n.csv:26: y: expected a class, found "None"; --drop-missing-target leaves out the rows without one, --missing '' takes it for a class\n${better('n.csv')}`,
    ],
    [
      'z.zip',
      zipOf([
        { name: 'a.csv', content: latin1 },
        { name: 'b.csv', content: latin1 },
      ]),
      [],
      65,
      'z.zip: expected a zip archive of one file, found "a.csv", "b.csv"',
    ],
    [
      's.csv',
      table(),
      ['--skip-lines', '-1'],
      2,
      'error: --skip-lines: expected an integer of at least 0, found "-1" (see iris train --help)',
    ],
  ])('is refused with what would read it: %s %#', async (name, content, flags, code, says) => {
    expect(await train(name, content, ...flags)).toEqual({ code, says });
  });

  it('may be a folder, whose name the model has', async () => {
    await mkdir(join(folder, 'sales'));
    await writeFile(join(folder, 'sales/a.csv'), table());
    await writeFile(join(folder, 'sales/b.csv'), table());
    for (const data of ['sales', 'sales/', 'sales/*.csv']) {
      const { code, stdout } = await iris(['train', '--data', data, '--json'], { cwd: folder });
      expect([code, JSON.parse(stdout).model.path]).toEqual([
        0,
        `artifacts/${data.endsWith('v') ? 'table' : 'sales'}.json`,
      ]);
    }
    await writeFile(join(folder, 'sales/c.csv'), 'x,z,y\n1,2\n');
    const bad = await iris(['train', '--data', 'sales', '--out', 'm.json'], { cwd: folder });
    expect([bad.code, bad.stderr]).toEqual([65, 'c.csv:2: expected 3 cells, found 2\n']);
    const predicted = await iris(['predict', '--model', 'artifacts/sales.json', '--file', 'sales/[ab].csv'], {
      cwd: folder,
    });
    expect([predicted.code, predicted.stdout.split('\n').length]).toEqual([0, 50]);
  });

  it('is predicted whole by its own model, rows without a class included', async () => {
    const text = `${table()}5,NA,\n,2,\n`;
    const flags = ['--drop-missing-target'];
    expect((await train('left.csv', text, ...flags)).code).toBe(0);
    const args = ['--model', 'left.csv.json', '--file', 'left.csv', '--format', 'csv'];
    const { code, stdout } = await iris(['predict', ...args], { cwd: folder });
    expect([code, stdout.trimEnd().split('\n').length]).toEqual([0, 27]);
    expect((await run('verify', 'left.csv', text, ['left.csv.json', '--data', 'left.csv', ...flags])).code).toBe(0);
  });

  it('is predicted, and what its first lines show is said', async () => {
    await train('model.csv', table());
    const args = ['--model', 'model.csv.json', '--file', 'rows.csv', '--format', 'csv'];
    const { code, says } = await run('predict', 'rows.csv', table(';'), args);
    expect(code).toBe(0);
    expect(says.split('\n').slice(1)).toEqual([
      "warning: rows.csv: read with the delimiter ';', as its first lines show",
    ]);
  });

  it('keeps NA as a category where it is one, and not where it is named', async () => {
    const land = ['NA', 'DE', 'FR'];
    const rows = Array.from({ length: 24 }, (_, i) => `${land[i % 3]},${i % 5 ? i + 0.5 : '-'},${'ab'[i % 2]}\n`);
    const text = `land,x,y\n${rows.join('')}`;
    const says =
      'warning: na.csv: words that can mean a missing value are categories in columns of text: land ("NA"); --missing NA,- makes them missing';
    expect(await train('na.csv', text)).toEqual({ code: 0, says });
    const { stdout } = await iris(['train', '--data', 'na.csv', '--json'], { cwd: folder });
    expect(`warning: ${JSON.parse(stdout).warnings[0]}`).toBe(says);
    expect(await train('na.csv', text, '--missing', 'NA,-')).toEqual({ code: 0, says: '' });
    expect(await train('na.csv', text.replaceAll('-', '1'), '--missing', '')).toEqual({ code: 0, says: '' });
  });
});
