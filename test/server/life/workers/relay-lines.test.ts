import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { relayLines } from '../../../../src/server/life/workers/relay-lines.js';

async function relay(chunks: readonly Buffer[]): Promise<string[]> {
  const parts: string[] = [];
  const stream = new PassThrough();
  relayLines(stream, (lines) => parts.push(lines.toString()));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await once(stream, 'close');
  return parts;
}

describe('lines of a worker', () => {
  it('are passed on whole, all of them, however they come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string()),
        fc.array(fc.nat({ max: 20 }), { minLength: 1 }),
        async (lines, lengths) => {
          const text = lines.map((line) => `${line.replaceAll('\n', '')}é\n`).join('');
          let rest = Buffer.from(text);
          const chunks: Buffer[] = [];
          for (let index = 0; rest.length > 0; index++) {
            const length = lengths[index % lengths.length] + 1;
            chunks.push(rest.subarray(0, length));
            rest = rest.subarray(length);
          }
          const parts = await relay(chunks);
          expect(parts.join('')).toBe(text);
          expect(parts.filter((part) => !part.endsWith('\n'))).toEqual([]);
        },
      ),
    );
  });

  it('that have no end get one when the worker ends', async () => {
    expect(await relay([Buffer.from('one\ntw'), Buffer.from('o')])).toEqual(['one\n', 'two\n']);
  });

  it('that never end are passed on in pieces', async () => {
    const parts = await relay(Array.from({ length: 40 }, () => Buffer.alloc(65_536, 'x')));
    expect(parts.map(({ length }) => length)).toEqual([17 * 65_536 + 1, 17 * 65_536 + 1, 6 * 65_536 + 1]);
  });
});
