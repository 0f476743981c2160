import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pieces } from '../../../src/server/calls/pieces.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes as they come from connections: views of blocks, which hold other things too. */
const stream = fc.array(
  fc.record({ blockBytes: fc.integer({ min: 1, max: 3000 }), cuts: fc.array(fc.nat(3000), { maxLength: 100 }) }),
  { maxLength: 20 },
);

function memory(): number {
  collect();
  collect();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

describe('pieces', () => {
  it('are joined to what was sent, and end at a multiple of eight bytes unless they are one', () => {
    fc.assert(
      fc.property(stream, fc.boolean(), (blocks, isExpected) => {
        const sent: Buffer[] = [];
        let value = 0;
        for (const { blockBytes, cuts } of blocks) {
          const block = Buffer.allocUnsafeSlow(blockBytes);
          for (let at = 0; at < blockBytes; at++) block[at] = value++ & 0xff;
          const ends = cuts.filter((cut) => cut < blockBytes).sort((a, b) => a - b);
          for (const [index, end] of ends.entries()) {
            const start = ends[index - 1] ?? 0;
            if (end > start) sent.push(block.subarray(start, end));
          }
        }
        const pieces = new Pieces();
        if (isExpected) pieces.expect(sent.reduce((sum, { byteLength }) => sum + byteLength, 0));
        for (const piece of sent) pieces.add(piece);
        if (sent.length === 0) return;
        const joined = pieces.join();
        expect(pieces.byteLength).toBe(joined.byteLength);
        expect(joined.equals(Buffer.concat(sent))).toBe(true);
        if (sent.length > 1) expect((joined.byteOffset + joined.byteLength) % 8).toBe(0);
      }),
    );
  });

  it.each([
    ['one byte in blocks of their own size', 1, 1],
    ['one byte, each alone in a large block', 1, 64 * 1024],
    ['a kilobyte in large blocks', 1024, 64 * 1024],
  ])('of %s take about twice their size', (_, pieceBytes, blockBytes) => {
    const total = 200_000;
    const pieces = new Pieces();
    const before = memory();
    for (let sent = 0; sent < total; sent += pieceBytes) {
      pieces.add(Buffer.allocUnsafeSlow(blockBytes).subarray(0, pieceBytes));
    }
    expect(memory() - before).toBeLessThan(2 * total + 500_000);
    expect(pieces.byteLength).toBeGreaterThanOrEqual(total);
  });
});
