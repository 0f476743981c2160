import { RECORDED_DEFAULTS, type TrainedParts } from './trained-parts.js';

/**
 * A hand-made model with every kind of thing in it: a number without missing values, a number with some, a category;
 * 20 training rows of the classes no and yes.
 *
 *     0 size <= 1.5 ── 1 color in {blue, red}, missing left ── 2 leaf [6, 0]
 *         │                └────────────────────────────────── 3 leaf [1, 4]
 *         └─────────── 4 weight <= 10, missing left ────────── 5 leaf [2, 0]
 *                          └────────────────────────────────── 6 leaf [0, 7]
 */
export function toyParts(): TrainedParts {
  return {
    features: [
      {
        name: 'size',
        kind: 'number',
        min: 0.5,
        max: 3,
        spread: 1.25,
        missing: 0,
        histogram: {
          edges: [0, 1, 2, 3.5],
          counts: [
            [3, 1],
            [4, 3],
            [2, 7],
          ],
        },
      },
      {
        name: 'weight',
        kind: 'number',
        min: -2,
        max: 30,
        spread: 8,
        missing: 2,
        histogram: { edges: [-2, 30], counts: [[8, 10]] },
      },
      {
        name: 'color',
        kind: 'category',
        missing: 1,
        histogram: {
          counts: [
            [4, 2],
            [2, 6],
            [3, 2],
          ],
        },
        categories: ['blue', 'green', 'red'],
      },
    ],
    classes: ['no', 'yes'],
    tree: {
      nodeCount: 7,
      classCount: 2,
      featureCount: 3,
      feature: Int32Array.of(0, 2, -1, -1, 1, -1, -1),
      threshold: Float64Array.of(1.5, 0, 0, 0, 10, 0, 0),
      categories: [null, [0, 2], null, null, null, null, null],
      left: Int32Array.of(1, 2, -1, -1, 5, -1, -1),
      right: Int32Array.of(4, 3, -1, -1, 6, -1, -1),
      missingLeft: Uint8Array.of(0, 1, 0, 0, 1, 0, 0),
      counts: Uint32Array.of(9, 11, 7, 4, 6, 0, 1, 4, 2, 7, 2, 0, 0, 7),
      impurity: Float64Array.of(0.495, 0.4628099173553719, 0, 0.32, 0.345679012345679, 0, 0),
    },
    training: {
      ...RECORDED_DEFAULTS,
      engine: 'cart/1',
      target: 'sold',
      rows: { train: 20, holdout: 5 },
    },
    origin: {
      data: { hash: 'csv/1', sha256: '0123456789abcdef'.repeat(4) },
      partition: { rule: 'hash-rank/1', cuts: null },
      sketch: null,
    },
    metrics: { train: { accuracy: 0.95, logLoss: 0.125 }, holdout: { accuracy: 0.8, logLoss: 0.5 } },
  };
}
