import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createClassifier } from '../../../src/model/classifier.js';
import type { Model } from '../../../src/model/model.js';
import { nextTurn } from '../../../src/server/calls/turns.js';
import type { RecordedRow } from '../../../src/server/telemetry/record-line.js';
import { Recorder, type RecorderOptions } from '../../../src/server/telemetry/recorder.js';
import { irisModel, mixedModel } from '../models.js';
import { recordLog } from '../serving.js';

/** A recorder of one model, and what it wrote. */
function record(model: Model, options: Partial<RecorderOptions> = {}) {
  const lines: string[] = [];
  const { log, lines: logged } = recordLog();
  const sink = { write: async (written: Buffer) => void lines.push(...written.toString().split('\n').slice(0, -1)) };
  const recorder = new Recorder({ sink, share: 1, log, ...options });
  const { instrument } = recorder.observe<object & { instrument?: undefined }>({}) as {
    instrument: NonNullable<Parameters<Recorder['observe']>[0]['instrument']>;
  };
  const classifier = instrument(createClassifier(model), model, 'iris');
  const rows = () => lines.map((line) => JSON.parse(line) as RecordedRow);
  return { classifier, logged, recorder, rows };
}

afterEach(() => void vi.useRealTimers());

const flowers = Float64Array.of(5, 3.6, 1.3, 0.25, 6, 3, 4.5, 1.5, 6.3, 3.3, 6, 2.5);

describe('a recorder', () => {
  it('writes each row by the names of its features, with what was answered and by which version', async () => {
    const { classifier, recorder, rows } = record(irisModel());
    const labels = new Int32Array(3);
    classifier.labelsInto(flowers, 3, labels);
    await recorder.close();
    expect([...labels]).toEqual([0, 1, 2]);
    const { version } = irisModel();
    const row = (label: string, values: number[], probabilities: Record<string, number>) => ({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      model: 'iris',
      version,
      features: Object.fromEntries(irisModel().features.map(({ name }, index) => [name, values[index]])),
      label,
      probabilities,
    });
    expect(rows()).toEqual([
      row('setosa', [5, 3.6, 1.3, 0.25], { setosa: 1 }),
      row('versicolor', [6, 3, 4.5, 1.5], { versicolor: 0.9, virginica: 0.1 }),
      row('virginica', [6.3, 3.3, 6, 2.5], { versicolor: 0.25, virginica: 0.75 }),
    ]);
    expect(recorder.counts).toEqual({ written: 3, dropped: 0 });
  });

  it('writes categories as texts, null for what is missing, and says which category is unknown', async () => {
    const { classifier, recorder, rows } = record(mixedModel());
    classifier.labelsInto(Float64Array.of(1.5, 2, Number.NaN, Number.NaN, -2, -1), 3, new Int32Array(3));
    await recorder.close();
    expect(rows().map(({ features }) => features)).toEqual([
      { size: 1.5, colour: 'red' },
      { size: null, colour: null },
      { size: -2, colour: { unknown: true } },
    ]);
  });

  it('keeps the row that it was given, whatever becomes of the memory of the call', async () => {
    const { classifier, recorder, rows } = record(irisModel());
    const row = flowers.slice(0, 4);
    classifier.labelsInto(row, 1, new Int32Array(1));
    row.fill(9);
    await recorder.close();
    expect(Object.values(rows()[0].features)).toEqual([5, 3.6, 1.3, 0.25]);
  });

  it('takes the share of the rows that it is to take, alone or many at once', async () => {
    // A linear congruential generator: the same numbers in every run.
    let state = 1;
    const random = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const { classifier, recorder } = record(irisModel(), { share: 0.1, random });
    for (let call = 0; call < 2000; call++) classifier.labelsInto(flowers.subarray(0, 4), 1, new Int32Array(1));
    const batch = new Float64Array(4 * 8000).fill(1);
    classifier.labelsInto(batch, 8000, new Int32Array(8000));
    await recorder.close();
    // 1000 are expected of 10 000, give or take 30: five times that.
    expect(Math.abs(recorder.counts.written - 1000)).toBeLessThan(150);
  });

  it('takes whole rows in their order, however they come', async () => {
    const calls = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 20 });
    const draws = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(calls, draws, async (sizes, numbers) => {
        let draw = 0;
        const random = () => numbers[draw++ % numbers.length];
        const { classifier, recorder, rows } = record(irisModel(), { share: 0.5, random });
        let next = 0;
        for (const size of sizes) {
          const values = Float64Array.from({ length: 4 * size }, () => next++);
          classifier.labelsInto(values, size, new Int32Array(size));
        }
        await recorder.close();
        const firsts = rows().map(({ features }) => Object.values(features) as number[]);
        for (const [first, ...rest] of firsts) expect(rest).toEqual([first + 1, first + 2, first + 3]);
        const starts = firsts.map(([first]) => first);
        expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
        expect(starts.every((start) => start % 4 === 0)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('goes on after a write that takes longer than rows are gathered', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let [onBegun, end] = [() => {}, () => {}];
    const write = () => {
      onBegun();
      return new Promise<void>((resolve) => {
        end = resolve;
      });
    };
    const nextWrite = () =>
      new Promise<void>((resolve) => {
        onBegun = resolve;
      });
    const { classifier, recorder } = record(irisModel(), { sink: { write } });
    const predict = () => classifier.labelsInto(flowers.subarray(0, 4), 1, new Int32Array(1));
    const gather = () => vi.advanceTimersByTime(1000);
    let begun = nextWrite();
    predict();
    gather();
    await begun;
    predict();
    gather();
    begun = nextWrite();
    end();
    await begun;
    end();
    await nextTurn();
    begun = nextWrite();
    predict();
    gather();
    await begun;
    end();
    await recorder.close();
    expect(recorder.counts).toEqual({ written: 3, dropped: 0 });
  });

  it('drops and counts rows for which there is no room, and says so at its end', async () => {
    const { classifier, logged, recorder } = record(irisModel());
    const rowCount = 2 ** 18;
    const batch = new Float64Array(4 * rowCount).fill(1);
    const labels = new Int32Array(rowCount);
    classifier.labelsInto(batch, rowCount, labels);
    classifier.labelsInto(batch.subarray(0, 40), 10, labels);
    expect(recorder.counts.dropped).toBe(10);
    await recorder.close();
    expect(recorder.counts).toEqual({ written: rowCount, dropped: 10 });
    expect(logged).toMatchObject([{ level: 40, msg: 'rows dropped that were to be recorded', dropped: 10 }]);
  });

  it('counts rows that cannot be written, says why once, and goes on', async () => {
    let full = true;
    const write = async () => {
      if (full) throw new Error('rows.jsonl: cannot be written: no space left on device');
    };
    const { classifier, logged, recorder } = record(irisModel(), { sink: { write } });
    const predict = () => classifier.labelsInto(flowers, 3, new Int32Array(3));
    predict();
    await recorder.close();
    predict();
    await recorder.close();
    full = false;
    predict();
    await recorder.close();
    expect(recorder.counts).toEqual({ written: 3, dropped: 6 });
    const failures = logged.filter(({ msg }) => msg === 'rows cannot be recorded');
    expect(failures).toMatchObject([{ reason: 'rows.jsonl: cannot be written: no space left on device' }]);
  });
});
