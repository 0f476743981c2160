import { describe, expect, it } from 'vitest';
import { fitHeapToMessages, noteMessage } from '../../../src/server/calls/heap.js';

const SMALL = '--heap-growing-percent=100';
const LARGE = '--heap-growing-percent=400';

describe('the heap of a serving process', () => {
  it('is small until a batch comes, and again when only small calls have come for long', () => {
    const flags: string[] = [];
    noteMessage(1_000_000);
    fitHeapToMessages((flag) => flags.push(flag));
    for (let call = 0; call < 3000; call++) noteMessage(40);
    expect(flags).toEqual([SMALL]);
    noteMessage(65_536);
    noteMessage(1_000_000);
    for (let call = 0; call < 999; call++) noteMessage(65_535);
    expect(flags).toEqual([SMALL, LARGE]);
    noteMessage(1_000_000);
    for (let call = 0; call < 999; call++) noteMessage(40);
    expect(flags).toEqual([SMALL, LARGE]);
    noteMessage(40);
    expect(flags).toEqual([SMALL, LARGE, SMALL]);
    noteMessage(1_000_000);
    expect(flags).toEqual([SMALL, LARGE, SMALL, LARGE]);
  });
});
