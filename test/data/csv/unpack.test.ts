import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readDataset } from '../../../src/data/read-dataset.js';
import { readText, tableWriter, temporaryFolder } from '../fixture.js';
import { zipOf, zstdOf } from './packed.js';

const folder = temporaryFolder();
const write = tableWriter(folder);

const TEXT = Buffer.from('x,y\n1,a\n2,b\n');
const zipped = zipOf([{ name: 'table.csv', content: TEXT }]);
const office = [
  { name: '[Content_Types].xml', content: TEXT },
  { name: 'xl/workbook.xml', content: TEXT },
];

/** What zstd 1.5 makes of these two, with a checksum. */
const sevenths = `x,y\n${Array.from({ length: 1000 }, (_, row) => `${row % 7}.5,${'ab'[row % 2]}\n`).join('')}`;
const SEVENTHS = 'KLUv/WR0Fp0BAOB4LHkKMC41LGEKMS41LGIKMjM0NTYwMTIzNDU2DaAwev8N0Gs1Gnc1E9fKtXJby/1FUhgSezU=';
const random = `x,y\n${randomRows().join('')}`;
const RANDOM =
  'KLUv/WRmAr0JAJLLGxDA5QHeoPHvEVKERDZ5xRwL02SYFg5s5fEqN5Uehj3dRdRa29F4ZaV5bD79GiubpmGdbw+vAV/biXxNWYwI' +
  '+AAz7OKRB92JC13HUkGZt50xCD9NeptBW9eaQfwcQfYwgvSnnDMo/KYpvyMoXKcQCX2o0dBh1dkaAzBIQMjuPDDEDRaLAQmMdnry' +
  '9cH6xkonyxd9vUTELddqG/oValr1C+ccn71KZnJRMVA6Gof+RlZnjJqKpUjjeyUNAs35pnPlhCSOIq5tdwzPxWGG9Cu4ofBeDlsz' +
  'n1i1O5Nt3ud8GLV4r/lB6lh91+i+Olj9Tazd0TKhspjR9N6IvseG/+jUudxa732xe8m8Ow5SxV3J/x2bF3HcRPu939/CLOxd/LN6' +
  'UOsvY+l8da4t+jJ1tg/pNcB9lqoC7qZArg==';

function randomRows(): string[] {
  let state = 1;
  const next = (below: number) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
  return Array.from({ length: 150 }, () => `${next(100) / 10},${'abc'[next(3)]}\n`);
}

function changed(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at < 0 ? copy.length + at : at]! ^= 1;
  return copy;
}

describe('a packed table', () => {
  it.each<[string, Buffer, string]>([
    [
      'an archive of two files',
      zipOf([
        { name: 'a.csv', content: TEXT },
        { name: 'b.csv', content: TEXT },
      ]),
      'expected a zip archive of one file, found "a.csv", "b.csv"',
    ],
    [
      'an archive of five files',
      zipOf(['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, content: TEXT }))),
      'expected a zip archive of one file, found "a", "b", "c", …',
    ],
    ['an empty archive', zipOf([]), 'expected a zip archive of one file, found none'],
    [
      'an archive of a folder',
      zipOf([{ name: 'a/', content: Buffer.alloc(0), stored: true }]),
      'expected a zip archive of one file, found none',
    ],
    ['a workbook', zipOf(office), 'expected CSV, found a workbook or document: save it as CSV first'],
    [
      'an encrypted archive',
      zipOf([{ name: 'a.csv', content: TEXT, flags: 1 }]),
      'expected a zip archive without a password, found an encrypted file',
    ],
    [
      'an archive by another method',
      zipOf([{ name: 'a.csv', content: TEXT, method: 93 }]),
      'expected zip data, found: unsupported compression method: 93',
    ],
    [
      'an archive that is cut off',
      zipped.subarray(0, -30),
      'expected zip data, found: End of central directory record signature not found. Either not a zip file, or file is truncated.',
    ],
    [
      'an archive with a damaged file',
      changed(zipOf([{ name: 'a', content: TEXT, stored: true }]), 32),
      'expected zip data, found: incorrect data check',
    ],
    ['zstd that is cut off', zstdOf(TEXT).subarray(0, -1), 'expected zstd data, found: unexpected EOF'],
    [
      'zstd with another kind of block',
      changed(changed(zstdOf(TEXT), 6), 6).fill(7, 6, 7),
      'expected zstd data, found: invalid block type',
    ],
    [
      'zstd with a window of 2 GiB',
      Buffer.from('28b52ffd00a8010000000000000000000000', 'hex'),
      'expected zstd data, found: a window of more than 134217728 bytes',
    ],
    ['gzip that is cut off', gzipSync(TEXT).subarray(0, -6), 'expected gzip data, found: unexpected end of file'],
  ])('is refused where it is %s', async (_, bytes, message) => {
    await expect(readDataset(write(bytes, 'table.packed'))).rejects.toThrow(`table.packed: ${message}`);
  });

  it.each([
    ['repeated rows', sevenths, SEVENTHS],
    ['random rows', random, RANDOM],
  ])('in zstd, compressed, is the table as it was: %s', async (_, text, compressed) => {
    const bytes = Buffer.from(compressed, 'base64');
    // A frame to be skipped, then the table twice: its header becomes a row.
    const skipped = Buffer.from('532a4d1803000000090909', 'hex');
    for (const pieceBytes of [1, 7, 1 << 16]) {
      expect(await readText(bytes, {}, pieceBytes)).toEqual(await readText(text));
    }
    const twice = await readText(Buffer.concat([skipped, bytes, bytes]), { categorical: ['x'] });
    expect(twice).toEqual(await readText(text + text, { categorical: ['x'] }));
  });

  it('that is an archive has to be a file', async () => {
    const message = '<stdin>: expected CSV, found a zip archive in a pipe: name its file, or unpack it';
    await expect(readText(zipped)).rejects.toThrow(message);
  });

  it.each([
    ['gzip', (text: Buffer) => gzipSync(text)],
    ['zip', (text: Buffer) => zipOf([{ name: 'bomb.csv', content: text }])],
    // 520 blocks that each say: this byte, 131072 times.
    ['zstd', () => Buffer.from(`28b52ffd0038${'02001031'.repeat(520)}03000031`, 'hex')],
  ])('is unpacked piece by piece: a line of 65 MB in %s is refused as it would be plain', async (_, pack) => {
    const line = Buffer.alloc(65 * 1024 * 1024, '1');
    await expect(readDataset(write(pack(line), 'bomb'))).rejects.toThrow(
      'bomb:1: expected a record of at most 67108864 bytes, found a longer one',
    );
  });
});
