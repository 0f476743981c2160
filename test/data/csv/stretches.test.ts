import { appendFileSync, closeSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { cutBlocks } from '../../../src/data/csv/blocks.js';
import { readHead } from '../../../src/data/csv/head.js';
import { csvSource } from '../../../src/data/csv/source.js';
import { readStretches, type StretchOptions, stretchOptions } from '../../../src/data/csv/stretches.js';
import { readDataset } from '../../../src/data/read-dataset.js';
import type { ReadOptions } from '../../../src/data/schema.js';
import type { Batch } from '../../../src/data/table-source.js';
import { Team } from '../../../src/threads/team.js';
import { inPieces, tableWriter, temporaryFolder } from '../fixture.js';

const write = tableWriter(temporaryFolder());

/** A thread runs what was built. */
const script = new URL('../../../dist/data/csv/stretch-worker.js', import.meta.url);
const alone: StretchOptions = { bytes: 64, helpedFrom: Number.POSITIVE_INFINITY, script };
const helped: StretchOptions = { bytes: 64, helpedFrom: 0, script };
const broken: StretchOptions = { ...helped, script: new URL('data:text/javascript,throw new Error("out of luck")') };

async function outcome(path: string, options: ReadOptions, stretches?: StretchOptions) {
  const start = () => {
    throw new Error('no thread is to be started');
  };
  const threading = { blockBytes: 64, bytesBefore: Number.POSITIVE_INFINITY, start, ...(stretches && { stretches }) };
  try {
    return await readDataset(csvSource(path, options, threading), options);
  } catch (error) {
    return String(error);
  }
}

/** More records than the head looks at. */
const FIRST = Array.from({ length: 60 }, (_, i) => `${i},${i / 8},${i % 3 ? 'red' : 'blue'},${i % 2 ? 'a' : 'b'}`);

const label = fc.constantFrom('a', 'b', '"c,d"', 'é');
const cleanLine = fc
  .tuple(
    fc.oneof(fc.integer().map(String), fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)),
    fc.constantFrom('1', '', '2.5', 'NA', '9007199254740993'),
    fc.constantFrom('red', '', 'blue', '"x, y"'),
    label,
  )
  .map((cells) => cells.join(','));
const oddLine = fc.constantFrom('', '1,2', '1,2,3,a,b', '"x', 'x"y,1,1,a', '1,1,"x\ny",a', 'x,1,red,a', '1\r2,1,red,a');
const line = fc.oneof({ weight: 60, arbitrary: cleanLine }, { weight: 1, arbitrary: oddLine });
const lines = fc.oneof(fc.array(cleanLine, { maxLength: 80 }), fc.array(line, { maxLength: 80 }));
const layout = fc.record({
  lines,
  mark: fc.constantFrom('', '', '\ufeff'),
  end: fc.constantFrom('\n', '\n', '\r\n'),
  isEnded: fc.boolean(),
  bad: fc.option(fc.nat(8_000), { nil: undefined, freq: 4 }),
});

function textOf({ bad, end, isEnded, lines: some, mark }: typeof layout extends fc.Arbitrary<infer T> ? T : never) {
  const text = Buffer.from(mark + ['x,z,colour,y', ...FIRST, ...some].join(end) + (isEnded ? end : ''));
  if (bad !== undefined && bad < text.length) text[bad] = 0xff;
  return text;
}

describe('reading a file in stretches', () => {
  it.each([
    ['one thread', alone, 600],
    ['two threads', helped, 300],
    ['a thread that fails', broken, 10],
  ])('gives the same dataset, or the same error, as reading its blocks does, by %s', async (_, stretches, numRuns) => {
    const kinds = new Set<string>();
    const options = fc.constantFrom<ReadOptions>({}, { categorical: ['x'] }, { dropMissingTarget: true });
    await fc.assert(
      fc.asyncProperty(layout, options, fc.integer({ min: 1, max: 300 }), async (table, opts, bytes) => {
        const path = write(textOf(table));
        const expected = await outcome(path, opts);
        expect(await outcome(path, opts, { ...stretches, bytes })).toEqual(expected);
        kinds.add(typeof expected);
      }),
      { numRuns },
    );
    if (numRuns > 10) expect(kinds).toEqual(new Set(['string', 'object']));
  });

  it('names the line of a bad byte as reading blocks does, after lines that end in CR alone', async () => {
    const path = write(Buffer.from(`x,y\n1,a\r2,b\r${'3,a\n4,b\n'.repeat(300)}5,\xff\n`, 'latin1'));
    const expected = await outcome(path, {});
    expect(expected).toContain('found the byte 0xff');
    expect(await outcome(path, {}, alone)).toBe(expected);
  });

  /** The rows after the head, and where the file goes on. */
  async function stretchesOf(
    text: string,
    options: StretchOptions,
    { file = text, onBatch = () => {} }: { file?: string; onBatch?: (path: string) => void } = {},
  ) {
    const path = write(file);
    const head = await readHead(cutBlocks(inPieces(Buffer.from(text), 1 << 10), 64, 't.csv'), 't.csv');
    const task = { source: 't.csv', delimiter: ',', columnCount: 2, trailing: 0, header: true };
    const wanted = [0, 1].map((index) => ({ index, asText: false }));
    const batches: Batch[] = [];
    const positions: number[] = [];
    const reading = readStretches(
      path,
      head,
      { ...task, header: false, wanted, cells: false, grammar: {} },
      options,
      (position) => void positions.push(position),
    );
    for (;;) {
      const { done, value } = await reading.next();
      if (done) {
        if (value !== undefined) closeSync(value.fd);
        return { batches, positions, rest: value, headBytes: head.bytes.length };
      }
      batches.push(structuredClone(value));
      onBatch(path);
    }
  }
  const numbers = (count: number) => `a,b\n${Array.from({ length: count }, (_, i) => `${i},${i % 7}\n`).join('')}`;
  const placesOf = (batches: readonly Batch[]) => batches.flatMap(({ places }) => [...places]);

  it.each([
    ['one thread', alone],
    ['two threads', helped],
  ])('reads every line after the head once, in order, to the end: %s', async (_, options) => {
    const text = numbers(5_000);
    const { batches, headBytes, positions, rest } = await stretchesOf(text, { ...options, bytes: 500 });
    const first = text.slice(0, headBytes).split('\n').length;
    expect(placesOf(batches)).toEqual(Array.from({ length: 5_002 - first }, (_, i) => first + i));
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
    expect(batches.length).toBeGreaterThan(50);
    expect(rest).toMatchObject({ position: text.length, line: 5_002, isAscii: true });
  });

  it.each([
    ['one thread', alone],
    ['two threads', helped],
  ])('stops before a stretch that is not plain, and says where: %s', async (_, options) => {
    const text = `${numbers(2_000)}é,1\n${numbers(100).replace('a,b', '1,2')}x,"y\n${'1,2\n'.repeat(1_000)}`;
    const { batches, rest } = await stretchesOf(text, { ...options, bytes: 100 });
    const left = Buffer.from(text).subarray(rest!.position).toString();
    const before = Buffer.from(text).subarray(0, rest!.position).toString();
    expect(before.endsWith('\n')).toBe(true);
    expect(rest!.line).toBe(before.split('\n').length);
    expect(placesOf(batches).at(-1)).toBe(rest!.line - 1);
    expect(left.indexOf('é,1')).toBeLessThan(200);
    expect(left).toContain('é,1');
  });

  it.each<[string, StretchOptions, { file?: string }]>([
    ['a file that does not begin with the head', alone, { file: `a,b\n9${numbers(500).slice(5)}` }],
    ['a file with little after the head', { ...alone, bytes: 1 << 20 }, {}],
  ])('reads nothing of %s', async (_, options, other) => {
    const { batches, rest } = await stretchesOf(numbers(500), options, other);
    expect([batches, rest]).toEqual([[], undefined]);
  });

  it('stops where the file has become shorter', async () => {
    const text = numbers(3_000);
    const short = text.indexOf('2500,');
    const onBatch = (path: string) => truncateSync(path, short);
    const { batches, rest } = await stretchesOf(text, { ...alone, bytes: 200 }, { onBatch });
    expect(rest!.position).toBeLessThanOrEqual(short);
    expect(placesOf(batches).at(-1)).toBe(rest!.line - 1);
  });

  it('asks a thread for help with a file from some size on, and never where there is one job', async () => {
    const take = vi.spyOn(Team, 'take');
    const text = numbers(500);
    await stretchesOf(text, { ...helped, helpedFrom: text.length + 1 });
    expect(take).not.toHaveBeenCalled();
    await stretchesOf(text, { ...helped, helpedFrom: text.length });
    expect(take).toHaveBeenCalledOnce();
    take.mockRestore();
    expect(stretchOptions(1).helpedFrom).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a file that changes while it is read', () => {
  const path = write('');
  const text = `x,y\n${'1,a\n2,b\n'.repeat(2_000)}`;
  async function read(onFirst: () => void) {
    const source = csvSource(path, {}, { ...threadingOf(alone) });
    let isFirst = true;
    return readDataset(source, {
      onProgress: () => {
        if (isFirst) onFirst();
        isFirst = false;
      },
    });
  }
  const threadingOf = (stretches: StretchOptions) => ({
    blockBytes: 64,
    bytesBefore: Number.POSITIVE_INFINITY,
    start: () => {
      throw new Error('no thread is to be started');
    },
    stretches,
  });

  it('is read to its end where it grows', async () => {
    writeFileSync(path, text);
    const { lines, rowCount } = await read(() => appendFileSync(path, '1,a\n2,b'));
    expect([rowCount, lines.at(-1)]).toEqual([4_002, 4_003]);
  });

  it('is read to its end where it shrinks', async () => {
    writeFileSync(path, text);
    const { rowCount } = await read(() => truncateSync(path, 4 + 4 * 3_001));
    expect(rowCount).toBe(3_001);
  });

  it('is read to its end where its name is gone', async () => {
    writeFileSync(path, text);
    const { rowCount } = await read(() => rmSync(path));
    expect(rowCount).toBe(4_000);
  });

  it('is left where the reading is aborted, with its thread', async () => {
    writeFileSync(path, text);
    const reason = new Error('enough');
    const abort = new AbortController();
    let batches = 0;
    const reading = readDataset(csvSource(path, {}, threadingOf(helped)), {
      signal: abort.signal,
      onProgress: () => {
        if (++batches === 4) abort.abort(reason);
      },
    });
    await expect(reading).rejects.toBe(reason);
    expect(batches).toBe(4);
  });

  it('is known to be read by share, one of several files too', async () => {
    writeFileSync(path, text);
    const second = write(text, 'second.csv');
    const shares: (number | undefined)[] = [];
    const source = csvSource('folder', { paths: [path, second] }, threadingOf(alone));
    const table = await source.open(2);
    for await (const _ of table.batches([{ index: 0, asText: false }])) shares.push(source.share!());
    expect(shares).not.toContain(undefined);
    expect(shares).toEqual([...shares].sort((a, b) => a! - b!));
    expect(shares.at(-1)).toBe(1);
  });
});
