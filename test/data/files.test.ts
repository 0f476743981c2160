import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowInWords } from '../../src/data/dataset.js';
import { openSource } from '../../src/data/open-source.js';
import { readDataset } from '../../src/data/read-dataset.js';
import { readRows } from '../../src/data/read-rows.js';
import { InputError } from '../../src/ground/errors.js';
import { temporaryFolder } from './fixture.js';

const base = temporaryFolder();
let folders = 0;

/** A folder of these files. */
function folderOf(files: Readonly<Record<string, string | Buffer>>, name = 'parts'): string {
  const folder = join(base, String(folders++), name);
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return folder;
}

describe('a folder of tables', () => {
  it('is the table of all of them, in the order of their names', async () => {
    const record = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.constantFrom('a', 'b', '"c\nd"')).map(String);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(record, { maxLength: 4 }), { minLength: 1, maxLength: 4 }), async (parts) => {
        const text = (rows: readonly string[]) => ['x,y', ...rows, '9,z', '1,a'].map((line) => `${line}\n`).join('');
        const whole = await readDataset(
          join(folderOf({ 'a.csv': text(parts.flatMap((rows) => [...rows, '9,z', '1,a']).slice(0, -2)) }), 'a.csv'),
        );
        const folder = folderOf(Object.fromEntries(parts.map((rows, i) => [`${i}.csv`, text(rows)])));
        const joined = await readDataset(folder);
        const { features, labels, classes } = whole;
        expect(joined).toMatchObject({ source: 'parts', features, labels, classes });
        const lineOf = (rows: readonly string[], row: number) =>
          2 + row + rows.slice(0, row).filter((line) => line.includes('\n')).length;
        const places = parts.flatMap((rows, i) =>
          [...rows, '9,z', '1,a'].map((_, row, all) => `${i}.csv:${lineOf(all, row)}`),
        );
        expect(Array.from(joined.lines, (_, row) => rowInWords(joined, row))).toEqual(places);
      }),
      { numRuns: 50 },
    );
  });

  it('takes CSV and TSV, packed or not, and links to them, and nothing else', async () => {
    const folder = folderOf({
      'b.tsv': 'x\ty\n2\ta\n',
      'a.csv.gz': gzipSync('x,y\n1,b\n'),
      '.hidden.csv': 'x\n',
      _SUCCESS: '',
      '_part.csv': 'x\n',
      'README.md': '#',
    });
    symlinkSync(join(folder, 'b.tsv'), join(folder, 'c.csv'));
    mkdirSync(join(folder, 'more'));
    const { features, warnings } = await readDataset(folder);
    expect(features[0]!.values).toEqual(Float64Array.of(1, 2, 2));
    expect(warnings.filter((warning) => warning.includes('delimiter'))).toEqual([]);
  });

  it('may have files of a header alone, if not all of them are', async () => {
    const table = await readDataset(folderOf({ 'a.csv': 'x,y\n', 'b.csv': 'x,y\n1,a\n2,b\n', 'c.csv': 'x,y' }));
    expect(Array.from(table.lines, (_, row) => rowInWords(table, row))).toEqual(['b.csv:2', 'b.csv:3']);
    const headers = readDataset(folderOf({ 'a.csv': 'x,y\n', 'b.csv': 'x,y\n' }));
    await expect(headers).rejects.toThrow('parts: expected rows, found only headers');
  });

  it.each([
    ['x,z\n1,a\n', 'b.csv: expected the columns of a.csv, found "z" for column 2, "y"'],
    ['y,x\n1,a\n', 'b.csv: expected the columns of a.csv, found "y" for column 1, "x"'],
    ['x\n1\n', 'b.csv:1: expected at least two columns, found one, "x"'],
    ['x,y,w\n1,a,2\n', 'b.csv: expected the columns of a.csv, found one more, "w"'],
    ['x,y\n1,a\n2\n', 'b.csv:3: expected 2 cells, found 1'],
    ['x,y\n1,a\n\nz,b\n', 'b.csv:4: x: expected a number, found "z"'],
    ['', 'b.csv: expected a table, found an empty file'],
  ])('names the file and the line of what is wrong: %j', async (text, message) => {
    const reading = readDataset(folderOf({ 'a.csv': 'x,y\n1,a\n2,b\n\n', 'b.csv': text }));
    await expect(reading).rejects.toThrow(message);
  });

  it('with a column less in a later file', async () => {
    const reading = readDataset(folderOf({ 'a.csv': 'x,w,y\n1,1,a\n', 'b.csv': 'x,w\n1,2\n' }));
    await expect(reading).rejects.toThrow('b.csv: expected the columns of a.csv, found no column 3, "y"');
  });

  it('gives the rows to predict, with the places of each', async () => {
    const source = await openSource(folderOf({ 'a.csv': 'x,y\n1,a\n', 'b.csv': 'x,y\n\n2,b\n' }));
    const values: number[] = [];
    for await (const { rows } of readRows(source, { features: [{ name: 'x', kind: 'number' }] })) values.push(...rows);
    expect(values).toEqual([1, 2]);
    expect(source.origin.files).toEqual([
      { name: 'a.csv', before: 0 },
      { name: 'b.csv', before: 2 },
    ]);
  });

  it('without one is refused', async () => {
    const folder = folderOf({ 'README.md': '#' });
    await expectInputError(folder, `${folder}: expected tables (*.csv, *.tsv, *.parquet) in the folder, found none`);
  });

  it('says how tables in its folders are read', async () => {
    for (const [name, column] of [
      ['2024', ''],
      ['country=DE', ', without the column "country" of their names'],
    ] as const) {
      const folder = folderOf({});
      mkdirSync(join(folder, name));
      const hint = `; a pattern such as '${join(folder, '**', '*.parquet')}' reads those of the folders in it`;
      const expected = 'expected tables (*.csv, *.tsv, *.parquet) in the folder, found none';
      await expectInputError(folder, `${folder}: ${expected}${hint}${column}`);
    }
  });
});

describe('a pattern of tables', () => {
  it('is the table of the files that match it', async () => {
    const folder = folderOf({ 'a-1.csv': 'x,y\n1,a\n', 'a-2.csv': 'x,y\n2,b\n', 'b.csv': 'z\n' });
    const table = await readDataset(join(folder, 'a-*.csv'));
    expect(table).toMatchObject({ source: 'a-*.csv', classes: ['a', 'b'] });
  });

  it('names files by their paths where they have one name', async () => {
    const folder = join(folderOf({}), '..');
    for (const [name, text] of [
      ['a', 'x,y\n1,a\n'],
      ['b', 'x,y\n2\n'],
    ] as const) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 't.csv'), text);
    }
    const reading = readDataset(join(folder, '*/t.csv'));
    // From the working folder where that is shorter, which is this project's, wherever it lies.
    await expect(reading).rejects.toThrow(`${join('b', 't.csv')}:2: expected 2 cells, found 1`);
  });

  it('without a match is refused', async () => {
    const pattern = join(folderOf({}), '*.csv');
    await expectInputError(pattern, `${pattern}: expected files that match the pattern, found none`);
  });

  it('is a file where there is one of its name', async () => {
    const folder = folderOf({ '[1].csv': 'x,y\n1,a\n2,b\n', '1.csv': 'z\n' });
    expect((await readDataset(join(folder, '[1].csv'))).rowCount).toBe(2);
  });
});

async function expectInputError(input: string, message: string): Promise<void> {
  const error = await readDataset(input).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).toBe(message);
}
