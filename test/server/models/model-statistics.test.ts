import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addStatistics, Inference, ModelStatistics } from '../../../src/server/models/model-statistics.js';

const AT = Date.UTC(2026, 0, 2);
beforeEach(() => void vi.useFakeTimers({ now: AT, toFake: ['Date', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** Decodes for 1 ms, waits for 2, reads for 3, predicts for 4, and writes for 5. */
function infer(statistics: ModelStatistics, rowCount: number) {
  const inference = new Inference();
  vi.advanceTimersByTime(1);
  inference.queue();
  vi.advanceTimersByTime(2);
  inference.start();
  inference.of(statistics);
  vi.advanceTimersByTime(3);
  inference.haveRead(rowCount);
  vi.advanceTimersByTime(4);
  inference.haveInferred();
  vi.advanceTimersByTime(5);
  inference.succeed();
}

const compute = (count: number) => ({
  compute_input: { count, ns: count * 4e6 },
  compute_infer: { count, ns: count * 4e6 },
  compute_output: { count, ns: count * 5e6 },
});

describe('the statistics of a model', () => {
  it('are zero before the first inference', () => {
    const none = { count: 0, ns: 0 };
    expect(new ModelStatistics().read('iris', '1')).toEqual({
      name: 'iris',
      version: '1',
      last_inference: 0,
      inference_count: 0,
      execution_count: 0,
      inference_stats: { success: none, fail: none, queue: none, ...compute(0) },
      batch_stats: [],
    });
  });

  it('count requests and rows, the parts of each, and those of each number of rows', () => {
    const statistics = new ModelStatistics();
    for (const rowCount of [8, 3, 8]) infer(statistics, rowCount);
    expect(statistics.read('iris', '1')).toMatchObject({
      last_inference: AT + 45,
      inference_count: 19,
      execution_count: 3,
      inference_stats: { success: { count: 3, ns: 45e6 }, queue: { count: 3, ns: 6e6 }, ...compute(3) },
      batch_stats: [
        { batch_size: 3, ...compute(1) },
        { batch_size: 8, ...compute(2) },
      ],
    });
  });

  it('count a row that is answered at once as predicting alone', () => {
    const statistics = new ModelStatistics();
    for (const succeeded of [true, true, false]) {
      const beganMs = performance.now();
      vi.advanceTimersByTime(4);
      statistics.addRow(beganMs, succeeded);
    }
    const parts = {
      compute_input: { count: 2, ns: 0 },
      compute_infer: { count: 2, ns: 8e6 },
      compute_output: { count: 2, ns: 0 },
    };
    expect(statistics.read('iris', '1')).toMatchObject({
      last_inference: AT + 12,
      inference_count: 2,
      execution_count: 2,
      inference_stats: {
        success: { count: 2, ns: 8e6 },
        fail: { count: 1, ns: 4e6 },
        queue: { count: 2, ns: 0 },
        ...parts,
      },
      batch_stats: [{ batch_size: 1, ...parts }],
    });
  });

  it('count one that fails by its time alone', () => {
    const statistics = new ModelStatistics();
    const inference = new Inference();
    inference.of(statistics);
    vi.advanceTimersByTime(7);
    inference.fail();
    expect(statistics.read('iris', '1')).toMatchObject({
      last_inference: AT + 7,
      inference_count: 0,
      execution_count: 0,
      inference_stats: { success: { count: 0 }, fail: { count: 1, ns: 7e6 }, ...compute(0) },
      batch_stats: [],
    });
  });

  it('tell few different numbers of rows apart, and count all', () => {
    const statistics = new ModelStatistics();
    for (let rowCount = 1; rowCount <= 100; rowCount++) infer(statistics, rowCount);
    const { batch_stats, execution_count } = statistics.read('iris', '1');
    expect(execution_count).toBe(100);
    expect(batch_stats.map(({ batch_size }) => batch_size)).toEqual(
      Array.from({ length: 64 }, (_, index) => index + 1),
    );
  });

  it('are added up where several processes have counted', () => {
    const [one, other] = [new ModelStatistics(), new ModelStatistics()];
    for (const rowCount of [8, 3, 8]) infer(one, rowCount);
    infer(other, 8);
    infer(other, 1);
    const together = addStatistics('iris', '1', [one.read('iris', '1'), other.read('iris', '1')]);
    expect(together).toEqual({
      name: 'iris',
      version: '1',
      last_inference: AT + 75,
      inference_count: 28,
      execution_count: 5,
      inference_stats: {
        success: { count: 5, ns: 75e6 },
        fail: { count: 0, ns: 0 },
        queue: { count: 5, ns: 10e6 },
        ...compute(5),
      },
      batch_stats: [
        { batch_size: 1, ...compute(1) },
        { batch_size: 3, ...compute(1) },
        { batch_size: 8, ...compute(3) },
      ],
    });
    expect(addStatistics('iris', '1', [])).toEqual(new ModelStatistics().read('iris', '1'));
  });
});
