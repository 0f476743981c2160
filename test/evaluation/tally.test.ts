import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrationErrorOf } from '../../src/evaluation/calibration.js';
import { confusionOf } from '../../src/evaluation/confusion.js';
import { figuresByName } from '../../src/evaluation/measurement.js';
import { METRICS, scoresOf } from '../../src/evaluation/metrics.js';
import { averagePrecisionOf, rocAucOf } from '../../src/evaluation/ranking.js';
import { type Predictions, tallyOf } from '../../src/evaluation/tally.js';

interface Row {
  readonly label: number;
  readonly weights: number[];
}

/** Rows with few distinct shares, so that ties are common. */
const table = fc.integer({ min: 2, max: 4 }).chain((classCount) =>
  fc.record({
    classes: fc.constant(['ash', 'beech', 'cedar', 'date'].slice(0, classCount)),
    rows: fc.array(
      fc.record({
        label: fc.nat(classCount - 1),
        weights: fc
          .array(fc.nat(3), { minLength: classCount, maxLength: classCount })
          .map((weights) => (weights.some((weight) => weight > 0) ? weights : weights.map(() => 1))),
      }),
      { minLength: 1, maxLength: 40 },
    ),
  }),
);

function sharesOf({ weights }: Row): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function predictedOf(row: Row): number {
  return row.weights.indexOf(Math.max(...row.weights));
}

function predictionsOf(rows: readonly Row[]): Predictions {
  return {
    labels: rows.map(({ label }) => label),
    predicted: rows.map(predictedOf),
    shares: Float64Array.from(rows.flatMap(sharesOf)),
  };
}

function figuresOf(rows: readonly Row[], classes: readonly string[]) {
  return figuresByName(scoresOf(tallyOf(predictionsOf(rows), classes)));
}

describe('a tally', () => {
  it('keeps every row, under its shares and its predicted class', () => {
    fc.assert(
      fc.property(table, ({ rows, classes }) => {
        const tally = tallyOf(predictionsOf(rows), classes);
        const written: string[] = [];
        for (let group = 0; group < tally.groupCount; group++) {
          const shares = tally.shares.slice(group * classes.length, (group + 1) * classes.length);
          for (let label = 0; label < classes.length; label++) {
            const count = tally.counts[group * classes.length + label];
            for (let i = 0; i < count; i++) written.push(`${label} ${tally.predicted[group]} ${shares}`);
          }
        }
        const expected = rows.map((row) => `${row.label} ${predictedOf(row)} ${sharesOf(row)}`);
        expect(written.sort()).toEqual(expected.sort());
      }),
    );
  });

  it('has one group per distinct prediction', () => {
    const rows = Array.from({ length: 1000 }, (_, index) => ({ label: index % 2, weights: [index % 3, 1] }));
    expect(tallyOf(predictionsOf(rows), ['ash', 'beech']).groupCount).toBe(3);
  });
});

describe('figures', () => {
  it('are the same to the last bit in whatever order the rows come', () => {
    fc.assert(
      fc.property(
        table.chain(({ rows, classes }) =>
          fc.record({
            rows: fc.constant(rows),
            classes: fc.constant(classes),
            shuffled: fc.shuffledSubarray(rows, { minLength: rows.length }),
          }),
        ),
        ({ rows, classes, shuffled }) => {
          expect(figuresOf(shuffled, classes)).toEqual(figuresOf(rows, classes));
        },
      ),
    );
  });

  it('follow their classes when those are given in reverse order', () => {
    fc.assert(
      fc.property(table, ({ rows, classes }) => {
        // Without ties for the largest share, which go to the lower index.
        const clear = rows.filter(({ weights }) => weights.filter((w) => w === Math.max(...weights)).length === 1);
        const last = classes.length - 1;
        const mirrored = clear.map(({ label, weights }) => ({ label: last - label, weights: weights.toReversed() }));
        const before = figuresOf(clear, classes);
        const after = figuresOf(mirrored, classes.toReversed());
        for (const [name, figure] of before) {
          const other = after.get(name)!;
          if (/^top/.test(name)) continue;
          if (figure.value === null) expect(other.value).toBeNull();
          else expect(other.value).toBeCloseTo(figure.value, 12);
        }
      }),
    );
  });

  it('stay within their ranges', () => {
    fc.assert(
      fc.property(table, ({ rows, classes }) => {
        const figures = figuresOf(rows, classes);
        for (const { name, range } of METRICS) {
          const { value } = figures.get(name)!;
          if (value === null) continue;
          expect(value).toBeGreaterThanOrEqual(range[0] - 1e-12);
          expect(value).toBeLessThanOrEqual(range[1] + 1e-12);
        }
      }),
    );
  });

  it('are the best there are for a perfect prediction', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { minLength: 1, maxLength: 30 }), (drawn) => {
        const labels = [0, 1, 2, 3, ...drawn];
        const rows = labels.map((label) => ({ label, weights: [0, 0, 0, 0].fill(1, label, label + 1) }));
        const figures = figuresOf(rows, ['ash', 'beech', 'cedar', 'date']);
        for (const [name, { value }] of figures) {
          if (name === 'logLoss') expect(value).toBeLessThan(1e-14);
          else expect([name, value]).toEqual([name, ['brier', 'calibrationError'].includes(name) ? 0 : 1]);
        }
      }),
    );
  });

  it('agree with their definitions, row by row and pair by pair', () => {
    fc.assert(
      fc.property(table, ({ rows, classes }) => {
        const tally = tallyOf(predictionsOf(rows), classes);
        const { metrics } = scoresOf(tally);
        const mean = (cost: (row: Row) => number) => rows.reduce((sum, row) => sum + cost(row), 0) / rows.length;
        expect(metrics.accuracy.value).toBeCloseTo(
          mean((row) => Number(predictedOf(row) === row.label)),
          12,
        );
        const squared = (row: Row) =>
          sharesOf(row).reduce((sum, share, index) => sum + (share - Number(index === row.label)) ** 2, 0);
        expect(metrics.brier.value).toBeCloseTo(mean(squared), 12);
        for (const index of classes.keys()) {
          expect(rocAucOf(tally, index).value).toEqual(close(pairwiseAuc(rows, index)));
          expect(averagePrecisionOf(tally, index).value).toEqual(close(precisionAtHits(rows, index)));
          const recalled = confusionOf(tally)[index].reduce((sum, count) => sum + count, 0);
          expect(recalled).toBe(rows.filter(({ label }) => label === index).length);
        }
      }),
    );
  });

  it('put a share on the edge of two calibration bins into the lower one', () => {
    // 0.6 right in 1 of 2 and 0.65 right in 1 of 1: apart, |0.5 - 0.6| and |1 - 0.65|; together they would cancel.
    const rows = [
      { label: 0, weights: [6, 4] },
      { label: 1, weights: [6, 4] },
      { label: 0, weights: [13, 7] },
    ];
    const tally = tallyOf(predictionsOf(rows), ['ash', 'beech']);
    expect(calibrationErrorOf(tally).value).toBeCloseTo((2 * 0.1 + 0.35) / 3, 12);
  });
});

function close(value: number | null) {
  return value === null ? null : expect.closeTo(value, 12);
}

/** Share of (row of the class, other row) pairs in which the first has the larger share, ties half. */
function pairwiseAuc(rows: readonly Row[], index: number): number | null {
  let wins = 0;
  let pairs = 0;
  for (const a of rows.filter(({ label }) => label === index)) {
    for (const b of rows.filter(({ label }) => label !== index)) {
      const difference = sharesOf(a)[index] - sharesOf(b)[index];
      wins += difference > 0 ? 1 : difference === 0 ? 0.5 : 0;
      pairs++;
    }
  }
  return pairs === 0 ? null : wins / pairs;
}

/** Mean over the rows of the class of the precision among the rows with at least their share. */
function precisionAtHits(rows: readonly Row[], index: number): number | null {
  const hits = rows.filter(({ label }) => label === index);
  if (hits.length === 0) return null;
  const precisions = hits.map((hit) => {
    const above = rows.filter((row) => sharesOf(row)[index] >= sharesOf(hit)[index]);
    return above.filter(({ label }) => label === index).length / above.length;
  });
  return precisions.reduce((sum, precision) => sum + precision, 0) / precisions.length;
}
