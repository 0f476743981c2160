import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BlockParser, BlockPool } from '../../../src/data/csv/block-pool.js';
import type { BlockTask } from '../../../src/data/csv/block-task.js';
import { BlockMemory, cutBlocks } from '../../../src/data/csv/blocks.js';
import { BlockReader } from '../../../src/data/csv/parse-block.js';
import { csvSource } from '../../../src/data/csv/source.js';
import type { Threading } from '../../../src/data/csv/table.js';
import { readDataset } from '../../../src/data/read-dataset.js';
import type { ReadOptions, Schema } from '../../../src/data/schema.js';
import { DataError } from '../../../src/ground/errors.js';
import { inPieces } from '../fixture.js';

/** A text in pieces, each in memory that it shares with no other. */
async function* readInto(memory: BlockMemory, text: Buffer, pieceBytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < text.length; at += pieceBytes) {
    const chunk = memory.take(pieceBytes);
    yield chunk.subarray(0, text.copy(chunk, 0, at));
  }
}

/** Parses blocks out of turn, on this thread. */
class LateParser implements BlockParser {
  readonly capacity: number;
  parsed = 0;
  closed = false;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  async parse(task: BlockTask) {
    this.parsed++;
    await new Promise((resolve) => setImmediate(resolve));
    const { batches, error } = new BlockReader().parse(task);
    return error === undefined ? batches : undefined;
  }

  async close() {
    this.closed = true;
  }
}

async function outcome(text: Buffer, options: ReadOptions, pieceBytes: number, threading?: Threading) {
  try {
    return await readDataset(csvSource('-', { stdin: inPieces(text, pieceBytes) }, threading), options);
  } catch (error) {
    return String(error);
  }
}

const cell = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -3, max: 3 }).map(String) },
  fc.constantFrom('', 'NA', '1.50', '"2"', '"x\ny"', 'red', ' red', '7', '"a""b"'),
);
const label = fc.constantFrom('a', 'b', '"c,d"', '1', '1.0');
const oddLine = fc.constantFrom('', '1,2', '1,2,3,a,b', '"x', 'x"y,1,1,a', '1,1,1,');
const line = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.tuple(cell, cell, fc.constantFrom('red', 'blue', ''), label).map((cells) => cells.join(',')),
  },
  { weight: 1, arbitrary: oddLine },
);
const cleanLine = fc
  .tuple(fc.integer().map(String), fc.constantFrom('1', '', '2.5'), fc.constantFrom('red', '', 'blue', '"x\ny"'), label)
  .map((cells) => cells.join(','));
const lines = fc.oneof(fc.array(line, { maxLength: 30 }), fc.array(cleanLine, { maxLength: 30 }));
const badByte = fc.option(fc.nat(300), { nil: undefined });

const schema: Schema = {
  features: [
    { name: 'z', kind: 'number' },
    { name: 'colour', kind: 'category', categories: ['blue', 'red'] },
  ],
  target: 'y',
  classes: ['1', 'a', 'b', 'c,d'],
};
const options = fc.constantFrom<ReadOptions>({}, { categorical: ['x'] }, { ignore: ['x', 'z'] }, { schema });

describe('reading the blocks of a table on other threads', () => {
  it('gives the same dataset, or the same error, as reading it on one', async () => {
    const kinds = new Set<string>();
    let parsed = 0;
    await fc.assert(
      fc.asyncProperty(
        lines,
        options,
        badByte,
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(40),
        async (some, opts, bad, blockBytes, capacity, bytesBefore) => {
          const text = Buffer.from(`x,z,colour,y\n${some.map((text) => `${text}\n`).join('')}`);
          if (bad !== undefined && bad < text.length) text[bad] = 0xff;
          const parser = new LateParser(capacity);
          const threading = { blockBytes, bytesBefore, start: () => parser };
          const pieceBytes = 1 + (blockBytes >> 1);
          const expected = await outcome(text, opts, pieceBytes, {
            ...threading,
            bytesBefore: Number.POSITIVE_INFINITY,
          });
          expect(await outcome(text, opts, pieceBytes, threading)).toEqual(expected);
          expect(parser.closed).toBe(parser.parsed > 0);
          kinds.add(typeof expected);
          parsed += parser.parsed;
        },
      ),
      { numRuns: 500 },
    );
    expect(kinds).toEqual(new Set(['string', 'object']));
    expect(parsed).toBeGreaterThan(500);
  });
});

describe('cutBlocks', () => {
  it('cuts only after records, loses nothing, and knows the lines', async () => {
    const part = fc.constantFrom('a', ',', '"x\ny"', '"\r\n"', '""', '\n', '\r\n', '\r');
    const text = fc.array(part, { maxLength: 30 }).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        async (csv, size, piece) => {
          let before = '';
          for await (const { bytes, quoted, firstLine, lineCount } of cutBlocks(
            inPieces(Buffer.from(csv), piece),
            size,
            'iris.csv',
          )) {
            expect(bytes.length).toBeGreaterThan(0);
            expect(before === '' || /[\r\n]$/.test(before)).toBe(true);
            expect(before.endsWith('\r') && bytes[0] === 10).toBe(false);
            expect(before.replace(/[^"]/g, '').length % 2).toBe(0);
            expect(firstLine).toBe(before.split(/\r\n|\n|\r/).length);
            before += bytes.toString();
            expect(quoted).toBe(bytes.toString().includes('"'));
            expect(firstLine + lineCount).toBe(before.split(/\r\n|\n|\r/).length + (/[\r\n]$/.test(before) ? 0 : 1));
          }
          expect(before).toBe(csv);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('writes over no block but those that are given back, and over no chunk before it is in a block', async () => {
    const csv = fc.array(fc.constantFrom('a\n', 'bb\n', 'ccc\n', '"d\nd"\n'), { maxLength: 30 });
    const isKept = fc.infiniteStream(fc.boolean());
    await fc.assert(
      fc.asyncProperty(csv, fc.integer({ min: 1, max: 9 }), isKept, async (lines, size, keeps) => {
        const memory = new BlockMemory();
        const kept: { bytes: Buffer; text: string }[] = [];
        const texts: string[] = [];
        const chunks = readInto(memory, Buffer.from(lines.join('')), 3);
        for await (const { bytes } of cutBlocks(chunks, size, 'iris.csv', 1, memory)) {
          const text = bytes.toString();
          texts.push(text);
          if (keeps.next().value) kept.push({ bytes, text });
          else memory.giveBack(bytes);
        }
        expect(texts.join('')).toBe(lines.join(''));
        expect(kept.map(({ bytes }) => bytes.toString())).toEqual(kept.map(({ text }) => text));
      }),
    );
  });

  it('reads a long text into the memory of a few chunks', async () => {
    const memory = new BlockMemory();
    const used = new Set<ArrayBufferLike>();
    async function* chunks() {
      for await (const chunk of readInto(memory, Buffer.alloc(1000, 'ab\n'), 10)) {
        used.add(chunk.buffer);
        yield chunk;
      }
    }
    for await (const { bytes } of cutBlocks(chunks(), 1, 'iris.csv', 1, memory)) memory.giveBack(bytes);
    expect(used.size).toBeLessThan(6);
  });

  it('keeps no part of what was taken', () => {
    const memory = new BlockMemory();
    const chunk = memory.take(100);
    memory.giveBack(chunk.subarray(1));
    memory.giveBack(Buffer.from(new ArrayBuffer(200)));
    expect(memory.take(100).buffer).not.toBe(chunk.buffer);
    memory.giveBack(chunk);
    memory.giveBack(chunk);
    expect(memory.take(100).buffer).toBe(chunk.buffer);
    expect(memory.take(100).buffer).not.toBe(chunk.buffer);
  });

  it('makes no new memory for blocks whose like is given back', () => {
    const memory = new BlockMemory();
    const first = memory.join([Buffer.alloc(100, 1)]);
    expect(memory.join([Buffer.alloc(100, 2)]).buffer).not.toBe(first.buffer);
    memory.giveBack(first);
    const next = memory.join([Buffer.alloc(50, 3), Buffer.alloc(55, 4)]);
    expect(next.buffer).toBe(first.buffer);
    expect([next.length, next[49], next[50]]).toEqual([105, 3, 4]);
    memory.giveBack(next);
    expect(memory.join([Buffer.alloc(1000)]).buffer).not.toBe(first.buffer);
  });
});

const taskOf = (text: string): BlockTask => ({
  block: {
    bytes: Buffer.from(text),
    quoted: text.includes('"'),
    firstLine: 5,
    lineCount: text.split('\n').length - 1,
  },
  delimiter: ',',
  source: 'iris.csv',
  columnCount: 2,
  trailing: 0,
  grammar: {},
  header: false,
  wanted: [
    { index: 1, asText: true },
    { index: 0, asText: false },
  ],
  cells: false,
});

describe('parsing a block', () => {
  it('begins another batch where a column goes from numbers to text or back, once, and loses no row', () => {
    const { batches, error } = new BlockReader().parse(taskOf('1,a\n,b\n2,c\nx,d\n,e\n3,f\n4,g\n'));
    expect(error).toBeUndefined();
    expect(batches).toEqual([
      {
        places: Uint32Array.of(5, 6, 7),
        columns: [
          { kind: 'text', texts: ['a', 'b', 'c', 'd'], codes: Uint32Array.of(0, 1, 2) },
          { kind: 'number', values: Float64Array.of(1, Number.NaN, 2) },
        ],
      },
      {
        places: Uint32Array.of(8, 9, 10, 11),
        columns: [
          { kind: 'text', texts: ['d', 'e', 'f', 'g'], codes: Uint32Array.of(0, 1, 2, 3) },
          { kind: 'text', texts: ['x', '', '3', '4'], codes: Uint32Array.of(0, 1, 2, 3) },
        ],
      },
    ]);
  });

  it('gives the rows before a bad one, its error, and cells as they are written', () => {
    const task = { ...taskOf('x,"1\n"\n2, b\n3\n4,c\n'), header: true, wanted: [], cells: true };
    const { batches, error } = new BlockReader().parse(task);
    expect(batches).toEqual([{ places: Uint32Array.of(7), columns: [], cells: [['2', ' b']] }]);
    expect(error).toEqual(new DataError('syntax', 'iris.csv:8: expected 2 cells, found 1'));
  });
});

describe('a pool of threads', () => {
  /** A thread runs what was built. */
  const script = new URL('../../../dist/data/csv/block-worker.js', import.meta.url);

  it('parses as this thread does, and says of a bad block that it cannot', async () => {
    const pool = new BlockPool(2, script);
    try {
      const texts = ['1,a\n2,b\n,a\n', '3,c\n', '"4\n",\n5,d\n', '1,a\nx,b\n', '1\n', '1,a\n2,"\n'];
      const parsed = await Promise.all(texts.map((text) => pool.parse(taskOf(text))));
      expect(parsed.slice(0, 4)).toEqual(
        texts.slice(0, 4).map((text) => new BlockReader().parse(taskOf(text)).batches),
      );
      expect(parsed.slice(4)).toEqual([undefined, undefined]);
      expect(parsed[0]).toEqual([
        {
          places: Uint32Array.of(5, 6, 7),
          columns: [
            { kind: 'text', texts: ['a', 'b'], codes: Uint32Array.of(0, 1, 0) },
            { kind: 'number', values: Float64Array.of(1, 2, Number.NaN) },
          ],
        },
      ]);
    } finally {
      await pool.close();
    }
  });

  it('fails every block of a thread that dies, before and after', async () => {
    const pool = new BlockPool(1, new URL('data:text/javascript,throw new Error("out of luck")'));
    try {
      const early = pool.parse(taskOf('1,a\n'));
      await expect(early).rejects.toThrow(new Error('out of luck'));
      await expect(pool.parse(taskOf('2,b\n'))).rejects.toThrow(new Error('out of luck'));
    } finally {
      await pool.close();
    }
  });
});
