import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { iris } from '../e2e/cli.js';
import { esc, expectCleanEnd } from './clean-end.js';
import { Random } from './random.js';
import { Tally } from './tally.js';

const folder = mkdtempSync(join(tmpdir(), 'iris-abuse-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A name that no two tests share. */
let files = 0;
function fileOf(content: string | Buffer, extension: string): string {
  const path = join(folder, `hostile-${files++}.${extension}`);
  writeFileSync(path, content);
  return path;
}

describe('iris train on a hostile table', () => {
  const tally = new Tally('train on hostile tables');
  afterAll(() => tally.close());

  it.each<[string, () => string | Buffer]>([
    [
      'a line of 200 MB',
      () => Buffer.concat([Buffer.from('x,y\n'), Buffer.alloc(200_000_000, '1'), Buffer.from(',a\n2,b\n')]),
    ],
    [
      'gzip that unpacks to a line of 300 MB',
      () => gzipSync(Buffer.concat([Buffer.from('x,y\n'), Buffer.alloc(300_000_000, '1')]), { level: 1 }),
    ],
    ['gzip that is cut', () => gzipSync('x,y\n1,a\n'.repeat(10_000)).subarray(0, -20)],
    ['a quote that never closes', () => `x,y\n"${'1,2\n'.repeat(20_000_000)}`],
    ['a million columns', () => `${Array.from({ length: 1_000_000 }, (_, n) => `c${n}`).join(',')}\n`],
    ['NUL bytes', () => 'x,y\n1,a\n\0\0,b\n2,\0\n'],
    ['nothing but NUL bytes', () => Buffer.alloc(1_000_000)],
    ['nothing but commas', () => ','.repeat(10_000_000)],
    ['nothing but line ends', () => '\n'.repeat(10_000_000)],
    ['nothing but quotes', () => '"'.repeat(10_000_001)],
    ['noise', () => new Random(8).bytes(1_000_000)],
    ['escape sequences as names and cells', () => `${esc.replace(/[\r\n].*/s, '')},y\nx,1\n\u001b[2J,2\n3,\u009b\n`],
  ])('says in a few lines what is wrong: %s', async (_, content) => {
    const run = await iris(['train', '--data', fileOf(content(), 'csv'), '--out', join(folder, 'none.json')], {
      env: { NODE_OPTIONS: '--max-old-space-size=1024' },
    });
    expectCleanEnd(run, [65]);
    // A line for each column that is wrong, and two about the command that would train.
    const lines = run.stderr.trim().split('\n');
    expect(lines.filter((line) => !line.startsWith('warning')).length).toBeLessThanOrEqual(4);
    tally.add(`exit ${run.code}`);
  });
});

describe('a hostile model file', () => {
  const tally = new Tally('hostile model files: serve --check');
  afterAll(() => tally.close());
  const head = '{"format":"iris-decision-tree","version":1,"x":';

  it.each<[string, () => string | Buffer]>([
    ['a hundred million nested arrays', () => Buffer.alloc(100_000_000, '[')],
    [
      'eighty million empty objects',
      () => Buffer.concat([Buffer.from(`${head}[`), Buffer.alloc(240_000_000, '{},'), Buffer.from('0]}')]),
    ],
    [
      'a string of 250 MB',
      () => Buffer.concat([Buffer.from(`${head}"`), Buffer.alloc(250_000_000, 'x'), Buffer.from('"}')]),
    ],
    ['more than 256 MB', () => Buffer.alloc(300_000_000, ' ')],
    ['a number of a million digits', () => `${head}${'9'.repeat(1_000_000)}}`],
    [
      'a key of escape sequences',
      () => `{"format":"iris-decision-tree","version":1,"${JSON.stringify(esc).slice(1, -1)}":1,"sha256":"x"}`,
    ],
    ['a format of escape sequences', () => `{"format":${JSON.stringify(esc)},"version":1}`],
    ['a byte order mark and UTF-16', () => Buffer.from(`\ufeff${head}1}`, 'utf16le')],
    ['nothing', () => ''],
  ])('is refused in one line: %s', async (_, content) => {
    const run = await iris(['serve', '--check', '--model', fileOf(content(), 'json')]);
    expectCleanEnd(run, [65]);
    expect(run.stderr.trim().split('\n')).toHaveLength(1);
    tally.add(`exit ${run.code}`);
  });
});
