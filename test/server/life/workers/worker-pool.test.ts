import { describe, expect, it } from 'vitest';
import { retryMs } from '../../../../src/server/life/workers/worker-pool.js';

describe('the pause before a worker is replaced', () => {
  it('begins at a tenth of a second, doubles, and never exceeds half a minute', () => {
    expect([0, 1, 2, 8, 9, 2000].map(retryMs)).toEqual([100, 200, 400, 25_600, 30_000, 30_000]);
  });
});
