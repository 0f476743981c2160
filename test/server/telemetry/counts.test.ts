import { describe, expect, it } from 'vitest';
import { runSteps } from '../../../src/model/steps.js';
import { preparing } from '../../../src/server/models/served-model.js';
import { noCalls } from '../../../src/server/telemetry/call-counts.js';
import { addCounts, addLeaves, type Counts } from '../../../src/server/telemetry/counts.js';
import { irisModel } from '../models.js';

function countsOf(path: string, calls: number, rows: Record<string, number>): Counts {
  const method = { ...noCalls(path, 'unary'), started: calls, seconds: calls / 2 };
  method.handled[0] = calls;
  method.latencies[40] = calls;
  return {
    methods: [method],
    rows: new Map(Object.entries(rows)),
    models: new Map([['iris\n0123', calls]]),
    outOfRange: new Map([['width', calls]]),
    droppedLogLines: calls,
  };
}

describe('counts of several processes', () => {
  it('are added by method, class and feature, and stay as they were', () => {
    const parts = [countsOf('/a/b', 1, { x: 10 }), countsOf('/a/b', 2, { x: 20, y: 1 }), countsOf('/a/c', 4, {})];
    const sum = addCounts(parts);
    expect(sum.methods.map(({ path, seconds, started }) => [path, started, seconds])).toEqual([
      ['/a/b', 3, 1.5],
      ['/a/c', 4, 2],
    ]);
    expect(sum.methods.map(({ handled, latencies }) => [handled[0], latencies[40]])).toEqual([
      [3, 3],
      [4, 4],
    ]);
    expect([...sum.rows]).toEqual([
      ['x', 30],
      ['y', 1],
    ]);
    expect([...sum.outOfRange]).toEqual([['width', 7]]);
    expect([...sum.models!]).toEqual([['iris\n0123', 7]]);
    expect(sum.droppedLogLines).toBe(7);
    expect(parts).toEqual([
      countsOf('/a/b', 1, { x: 10 }),
      countsOf('/a/b', 2, { x: 20, y: 1 }),
      countsOf('/a/c', 4, {}),
    ]);
    expect(addCounts([])).toEqual({
      methods: [],
      rows: new Map(),
      models: new Map(),
      outOfRange: new Map(),
      droppedLogLines: 0,
    });
  });

  it('leave out leaves of another model', () => {
    const served = runSteps(preparing(irisModel(), 'iris'));
    const { version } = served.model;
    const parts = [
      { name: 'iris', version, rows: Float64Array.of(0, 1, 0, 2, 3), cells: Float64Array.of(1, 2) },
      { name: 'iris', version: 'another', rows: Float64Array.of(0, 100, 100), cells: Float64Array.of(9) },
      { name: 'another', version, rows: Float64Array.of(0, 100, 0, 100, 100), cells: Float64Array.of(9, 9) },
      { name: 'iris', version, rows: Float64Array.of(0, 10, 0, 20, 30), cells: Float64Array.of(10, 20) },
    ];
    expect(addLeaves(parts, served)).toEqual({
      name: 'iris',
      version,
      rows: Float64Array.of(0, 11, 0, 22, 33),
      cells: Float64Array.of(11, 22),
    });
  });
});
