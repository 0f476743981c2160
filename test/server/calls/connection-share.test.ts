import { expect, it } from 'vitest';
import { largestMessage, SharedLimits } from '../../../src/server/calls/connection-share.js';

const MIB = 1024 * 1024;

/** What the shares of a server take in all, by its memory. */
function capacities(memoryBytes: number): readonly number[] {
  const maxMessageBytes = largestMessage(memoryBytes);
  const { requestBytes } = new SharedLimits({ maxConcurrentCalls: 1000, maxMessageBytes }, memoryBytes).share();
  return [maxMessageBytes / MIB, requestBytes.limit.capacity / MIB];
}

it.each([
  ['no limit', Number.POSITIVE_INFINITY, [16, 256]],
  ['4 GiB', 4096 * MIB, [16, 256]],
  ['1 GiB', 1024 * MIB, [16, 128]],
  ['512 MiB', 512 * MIB, [16, 64]],
  ['256 MiB', 256 * MIB, [8, 32]],
  ['64 MiB', 64 * MIB, [2, 8]],
])(
  'with %s of memory, requests take an eighth of it at the most, and four of the largest messages fit',
  (_, bytes, expected) => {
    expect(capacities(bytes)).toEqual(expected);
  },
);

it('lets a larger message be asked for, at the cost of memory', () => {
  const limits = new SharedLimits({ maxConcurrentCalls: 1000, maxMessageBytes: 16 * MIB }, 64 * MIB);
  expect(limits.share().requestBytes.limit.capacity).toBe(64 * MIB);
});

it.each([
  ['no limit', Number.POSITIVE_INFINITY, 10_000],
  ['64 MiB', 64 * MIB, 512],
])('with %s of memory, keeps replies of so many calls for clients that do not read', (_, bytes, most) => {
  const { unread } = new SharedLimits({ maxConcurrentCalls: 1000, maxMessageBytes: MIB }, bytes).share();
  // A connection gets half of them.
  unread.change(most / 2 - 1, 0);
  expect(unread.excess).toBeUndefined();
  unread.change(1, 0);
  expect(unread.excess).toBe(`${most} calls whose replies clients have not read yet`);
});
