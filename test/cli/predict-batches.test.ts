import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRefused, predictBatches } from '../../src/cli/predict-batches.js';
import type { InputBatch } from '../../src/cli/prediction-input.js';
import { BadRowError, type PredictionSource, type Rows } from '../../src/client/prediction.js';
import { DataError } from '../../src/ground/errors.js';

const nothing = { probabilities: false, path: false };

/** Refuses negative rows, the first of them by its number, as our server does; counts what it is asked. */
function source(): PredictionSource & { asked: number } {
  return {
    asked: 0,
    features: [{ name: 'x', kind: 'number' }],
    named: true,
    explains: 'path',
    async predict({ values }: Rows) {
      this.asked++;
      const row = values.findIndex((value) => value < 0);
      if (row >= 0) throw new BadRowError(row, [{ field: 'x', description: `expected no ${values[row]}` }]);
      return Array.from(values, (value) => ({
        ...{ label: String(value), classIndex: 0, probabilities: [], modelVersion: 'v' },
      }));
    },
    close() {},
  };
}

/** NaN: a row that cannot be read. */
function batchOf(values: readonly number[]): InputBatch {
  const origin = { name: 't.csv', unit: 'line' as const };
  const written = values.map((value) => ({ cells: [String(value)] }));
  const bad = values.flatMap((value, row) =>
    Number.isNaN(value) ? [{ row, error: new DataError('cell', `t.csv:${row + 2}: unreadable`) }] : [],
  );
  return {
    rows: { rowCount: values.length, values: Float64Array.from(values) },
    table: { columns: ['x'], written, places: Uint32Array.from(values, (_, row) => row + 2), origin },
    bad,
  };
}

async function predict(batches: readonly InputBatch[], goOn: boolean, from = source()) {
  const found: string[] = [];
  const options = { wanted: nothing, required: nothing, goOn, signal: new AbortController().signal };
  try {
    for await (const { batch, outcomes } of predictBatches(from, batches, options)) {
      expect(outcomes).toHaveLength(batch.rows.rowCount);
      expect(batch.table!.written).toHaveLength(batch.rows.rowCount);
      for (const outcome of outcomes) found.push(isRefused(outcome) ? outcome.refusal.message : outcome.label);
    }
  } catch (error) {
    found.push(`! ${(error as Error).message}`);
  }
  return found;
}

function expected(values: readonly number[]): string[] {
  return values.map((value, row) => {
    if (Number.isNaN(value)) return `t.csv:${row + 2}: unreadable`;
    return value < 0 ? `t.csv:${row + 2}: x: expected no ${value}` : String(value);
  });
}

const someRows = fc.array(fc.oneof(fc.nat(9), fc.integer({ min: -9, max: -1 }), fc.constant(Number.NaN)), {
  minLength: 1,
  maxLength: 90,
});

describe('rows that are refused', () => {
  it('are found among the others, whose answers are theirs', async () => {
    await fc.assert(
      fc.asyncProperty(someRows, someRows, async (first, second) => {
        const found = await predict([batchOf(first), batchOf(second)], true);
        expect(found).toEqual([...expected(first), ...expected(second)]);
      }),
    );
  });

  it('end it at the first of them, after what is right before it', async () => {
    await fc.assert(
      fc.asyncProperty(someRows, someRows, async (first, second) => {
        const all = [first, second].flatMap((values) => expected(values));
        const end = all.findIndex((text) => text.startsWith('t.csv'));
        const whole = end < 0 ? all : [...all.slice(0, end), `! ${all[end]}`];
        expect(await predict([batchOf(first), batchOf(second)], false)).toEqual(whole);
      }),
    );
  });

  it('cost few calls where they are few, and about one each where all are', async () => {
    const few = source();
    await predict([batchOf(Array.from({ length: 4096 }, (_, row) => (row === 1000 ? -1 : 1)))], true, few);
    expect(few.asked).toBeLessThan(8);
    const all = source();
    await predict([batchOf(new Array<number>(4096).fill(-1))], true, all);
    expect(all.asked).toBeLessThan(4096 * 1.1);
  });
});

describe('a signal', () => {
  it('ends predicting between two batches, where no answer waits for anything', async () => {
    const abort = new AbortController();
    const options = { wanted: nothing, required: nothing, goOn: false, signal: abort.signal };
    const from = source();
    const batches = Array.from({ length: 100 }, () => batchOf([1]));
    const predicted = (async () => {
      for await (const { outcomes } of predictBatches(from, batches, options)) expect(outcomes).toHaveLength(1);
    })();
    setImmediate(() => abort.abort(new Error('enough')));
    await expect(predicted).rejects.toThrow('enough');
    expect(from.asked).toBeLessThan(10);
  });
});
