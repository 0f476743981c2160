import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvSource } from '../../../src/data/csv/source.js';
import { readDataset } from '../../../src/data/read-dataset.js';
import type { ReadOptions } from '../../../src/data/schema.js';
import { inPieces, tableWriter, temporaryFolder } from '../fixture.js';
import { zipOf, zstdOf } from './packed.js';

const folder = temporaryFolder();
const write = tableWriter(folder);

/** How a text can be written, and the option that says so where it is not seen. */
const encodings: Record<string, { encode(text: string): Buffer; options?: ReadOptions }> = {
  'UTF-8 with a byte order mark': { encode: (text) => Buffer.from(`\ufeff${text}`) },
  'UTF-16, little-endian': { encode: (text) => Buffer.from(`\ufeff${text}`, 'utf16le') },
  'UTF-16, big-endian': { encode: (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16() },
  'UTF-16 without a mark': {
    encode: (text) => Buffer.from(text, 'utf16le'),
    options: { encoding: 'utf-16le' },
  },
  'Windows-1252': {
    encode: (text) => Buffer.from(text.replaceAll('€', '\x80').replaceAll('œ', '\x9c'), 'latin1'),
    options: { encoding: 'latin1' },
  },
  'an encoding of several bytes': {
    // Of what is in these tables only these three are other bytes than in UTF-8.
    encode: (text) => {
      const bytes = Buffer.from(text.replaceAll('€', '\u0001').replaceAll('é', '\u0002').replaceAll('œ', '\u0003'));
      const written = { 1: [0xa2, 0xe3], 2: [0xa8, 0xa6], 3: [0x81, 0x30, 0x93, 0x34] } as Record<number, number[]>;
      return Buffer.from([...bytes].flatMap((byte) => written[byte] ?? [byte]));
    },
    options: { encoding: 'gb18030' },
  },
};

const packings: Record<string, (text: Buffer) => Buffer> = {
  plain: (text) => text,
  gzip: (text) => gzipSync(text),
  'gzip in two parts': (text) => Buffer.concat([gzipSync(text.subarray(0, 9)), gzipSync(text.subarray(9))]),
  zstd: (text) => zstdOf(text, 7),
  'zstd in two frames': (text) => Buffer.concat([zstdOf(text.subarray(0, 9)), zstdOf(text.subarray(9))]),
  zip: (text) => zipOf([{ name: 'table.csv', content: text }]),
  'zip without compression': (text) => zipOf([{ name: 'ä.csv', content: text, stored: true }]),
  'zip of macOS': (text) =>
    zipOf([
      { name: 'folder/', content: Buffer.alloc(0), stored: true },
      { name: 'folder/table.csv', content: text },
      { name: '__MACOSX/folder/._table.csv', content: Buffer.from('x') },
    ]),
};

const characters = fc.constantFrom('a', '1', 'é', '€', 'œ', ' ', '"', ',', '\n', '\r\n', '\r', '.', 'NA');
const cell = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('1', '2.5', '-3', '', 'NA') },
  fc.array(characters, { maxLength: 4 }).map((parts) => {
    const text = parts.join('');
    return /["\r\n,]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }),
);
const row = fc
  .tuple(cell, fc.constantFrom('é', '€', 'a'), fc.constantFrom('x', 'œ', ''))
  .map((cells) => cells.join(','));
const cleanRow = fc.tuple(fc.nat(9), fc.constantFrom('é', '€', '"a, œ"')).map((cells) => [...cells, 'x'].join(','));
const odd = fc.constantFrom('', '1,2', '1,2,3,4', '"', 'x"y,1,1');
const lines = fc.oneof(
  fc.array(cleanRow, { maxLength: 9 }).map((rows) => [...rows, '1,é,œ']),
  fc.array(fc.oneof({ weight: 20, arbitrary: row }, { weight: 1, arbitrary: odd }), { maxLength: 12 }),
);
const lineEnd = fc.constantFrom('\n', '\r\n', '\r');

const inBlocks = (blockBytes: number) => ({
  blockBytes,
  bytesBefore: Number.POSITIVE_INFINITY,
  start: () => {
    throw new Error('no thread was to be started');
  },
});

/** The options that the source has read by already. */
const ofText = new Set(['header', 'delimiter', 'encoding', 'skipLines', 'comment']);
function withoutLayout(options: ReadOptions): ReadOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !ofText.has(name)));
}

async function outcome(path: string, options: ReadOptions, blockBytes: number, stdin?: Buffer) {
  try {
    const input = stdin === undefined ? path : '-';
    const source = csvSource(
      input,
      { ...options, ...(stdin && { stdin: inPieces(stdin, blockBytes) }) },
      inBlocks(blockBytes),
    );
    const { source: _, warnings, ...read } = await readDataset(source, withoutLayout(options));
    return { ...read, warnings: warnings.map((warning) => warning.replace(source.origin.name, 'table')) };
  } catch (error) {
    return String(error).replaceAll(/table\.csv|<stdin>/g, 'table');
  }
}

describe('a table', () => {
  it('in another encoding, packed, is the table in plain UTF-8, or has the same error on the same line', async () => {
    const kinds = { string: 0, object: 0 };
    await fc.assert(
      fc.asyncProperty(
        lines,
        lineEnd,
        fc.constantFrom(...Object.keys(encodings)),
        fc.constantFrom(...Object.keys(packings)),
        fc.integer({ min: 1, max: 40 }),
        async (some, end, encoding, packing, blockBytes) => {
          const { encode, options = {} } = encodings[encoding]!;
          const text = ['x,é,y', ...some].map((line) => line + end).join('');
          const expected = await outcome(write(text), {}, 1 << 16);
          const packed = packings[packing]!(encode(text));
          expect(await outcome(write(packed), options, blockBytes)).toEqual(expected);
          if (!packing.startsWith('zip')) expect(await outcome('-', options, blockBytes, packed)).toEqual(expected);
          kinds[typeof expected as keyof typeof kinds]++;
        },
      ),
      { numRuns: 200 },
    );
    expect(Math.min(kinds.string, kinds.object)).toBeGreaterThan(50);
  });

  it('behind lines that are no table, a line for Excel or comments is the same, on later lines', async () => {
    const comment = fc.constantFrom('#', '# say "x', '#,,,', '#"');
    const preamble = fc.array(fc.constantFrom('', 'made "here', 'a,b,c', 'sep=;'), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 8 }),
        preamble,
        fc.boolean(),
        fc.array(fc.tuple(fc.nat(8), comment), { maxLength: 4 }),
        lineEnd,
        fc.integer({ min: 1, max: 40 }),
        async (rows, skipped, excel, comments, end, blockBytes) => {
          const table = ['x,é,y', ...rows];
          const blank = [...table];
          for (const [at, sign] of comments) {
            table.splice(at, 0, sign);
            blank.splice(at, 0, '');
          }
          const before = [...skipped, ...(excel ? ['sep=,'] : [])];
          const text = [...before, ...table].map((line) => line + end).join('');
          // Where a table begins an empty line changes nothing but the numbers of lines.
          const plain = [...before.map(() => ''), ...blank].map((line) => line + end).join('');
          const options = { skipLines: skipped.length, comment: '#' };
          const expected = await outcome(write(plain), {}, 1 << 16);
          expect(await outcome('-', options, blockBytes, Buffer.from(text))).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('with any number of blanks between cells is the table with one comma', async () => {
    const word = fc.constantFrom('1', '2.5', 'a', '"a b"', '"\t"', '"x\ny"', 'é');
    const blanks = fc.constantFrom(' ', '  ', '\t', ' \t ');
    const around = fc.constantFrom('', ' ', '\t');
    const record = fc.tuple(around, word, blanks, word, blanks, fc.constantFrom('u', 'v'), around);
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 8 }),
        lineEnd,
        fc.integer({ min: 1, max: 30 }),
        async (records, end, blockBytes) => {
          const text = `x  z y${end}${records.map((parts) => parts.join('') + end).join('')}`;
          const commas = `x,z,y${end}${records.map((parts) => [parts[1], parts[3], parts[5]].join(',') + end).join('')}`;
          const expected = await outcome('-', {}, 1 << 16, Buffer.from(commas));
          expect(await outcome('-', { delimiter: ' +' }, blockBytes, Buffer.from(text))).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('a comment', () => {
  it('is no line within quotes, and no line that has its sign elsewhere', async () => {
    const table = await readDataset(write('x,y\n"1\n# no comment",a\n#2,b\n # 3,b\n4#,a\n', 'comments.csv'), {
      comment: '#',
    });
    expect(table.features[0]).toMatchObject({ categories: ['# 3', '1\n# no comment', '4#'] });
    expect([...table.lines]).toEqual([2, 5, 6]);
  });

  it('may begin with several characters, which arrive in pieces', async () => {
    for (let pieceBytes = 1; pieceBytes < 9; pieceBytes++) {
      const stdin = inPieces(Buffer.from('// a\nx,y\n/1,a\n//2,b\n/,b\n//'), pieceBytes);
      const table = await readDataset('-', { comment: '//', stdin });
      expect(table.features[0]).toMatchObject({ categories: ['/', '/1'] });
      expect([...table.lines]).toEqual([3, 5]);
    }
  });
});
