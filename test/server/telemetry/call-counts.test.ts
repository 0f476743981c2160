import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketOf, CallCounts, latencyBounds } from '../../../src/server/telemetry/call-counts.js';

describe('latency buckets', () => {
  it('have bounds that grow, from 10 µs to 100 s', () => {
    expect([...latencyBounds].sort((a, b) => a - b)).toEqual(latencyBounds);
    expect(new Set(latencyBounds).size).toBe(40);
    expect([latencyBounds[0], latencyBounds[39]]).toEqual([0.00001, 100]);
  });

  it('take what is at most their bound and above the one before', () => {
    const bound = fc.constantFrom(...latencyBounds);
    fc.assert(
      fc.property(fc.oneof(bound, fc.double({ min: 0, max: 200, noNaN: true })), (seconds) => {
        const found = latencyBounds.findIndex((limit) => seconds <= limit);
        expect(bucketOf(seconds)).toBe(found < 0 ? 40 : found);
      }),
    );
  });
});

describe('counts of calls', () => {
  it('know methods that were never called, and add those that nobody registered', () => {
    const counts = new CallCounts();
    counts.onRegister([{ path: '/a.B/C', type: 'bidi' }]);
    const call = { path: '/http/ModelInfer', peer: 'here', startedMs: performance.now() - 1500, deadlineMs: 0 };
    counts.onStart(call);
    counts.onEnd(call, 3);
    const [registered, called] = counts.methods;
    expect(registered).toMatchObject({ path: '/a.B/C', type: 'bidi', started: 0, seconds: 0 });
    expect(called).toMatchObject({ path: '/http/ModelInfer', type: 'unary', started: 1 });
    expect([...called.handled]).toEqual([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(called.seconds).toBeGreaterThanOrEqual(1.5);
    expect(called.latencies.reduce((sum, count) => sum + count)).toBe(1);
  });
});
