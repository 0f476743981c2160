import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../src/evaluation/evaluate.js';
import { parseGate } from '../../../src/evaluation/gate-grammar.js';
import { evaluationJson } from '../../../src/report/evaluation/json.js';
import { trainOn } from '../../evaluation/subjects.js';
import { makeEvaluation } from '../evaluations.js';
import { violations } from '../json-schema.js';

const schema = JSON.parse(readFileSync(new URL('../../../docs/evaluation.schema.json', import.meta.url), 'utf8'));

function printed(...parameters: Parameters<typeof evaluationJson>) {
  return JSON.parse(JSON.stringify(evaluationJson(...parameters)));
}

describe('the JSON form of an evaluation', () => {
  it('has the documented keys in the documented order', () => {
    const json = printed(makeEvaluation(['ash', 'beech']), 'm.json');
    expect(Object.keys(json)).toEqual([
      'model',
      'rows',
      'scored',
      'metrics',
      'undefined',
      'intervals',
      'perClass',
      'confusion',
      'gates',
    ]);
    expect(json).toMatchObject({
      model: { path: 'm.json', sha256: 'ab'.repeat(32), version: 'abababababab' },
      rows: 4,
      scored: 'holdout',
      metrics: { accuracy: 0.75, brier: 0.375, top2Accuracy: null },
      undefined: { top2Accuracy: 'there are only 2 classes', top3Accuracy: 'there are only 2 classes' },
      perClass: [
        { class: 'ash', precision: 2 / 3, recall: 1, f1: 0.8, support: 2 },
        { class: 'beech', precision: 1, recall: 0.5, f1: 2 / 3, support: 2 },
      ],
      confusion: [
        [2, 0],
        [1, 1],
      ],
      gates: [],
    });
    expect(json.intervals.accuracy).toEqual({ lower: expect.closeTo(0.3006, 4), upper: expect.closeTo(0.9544, 4) });
  });

  it('is what the published schema describes, in every form', async () => {
    const subject = await trainOn();
    const gates = ['accuracy>=0.5', 'recall[virginica]>=1.01', 'brier<=baseline'].map((gate) =>
      parseGate(gate, subject.model.classes),
    );
    const forms = [
      printed(makeEvaluation(['odd]name', '']), 'm.json'),
      printed(await evaluate(await trainOn({ holdout: 0 })), 'm.json'),
      printed(await evaluate(await trainOn({ maxDepth: 1 })), 'm.json'),
      printed(await evaluate(subject, { gates, baseline: await trainOn({ seed: 1 }) }), 'm.json', 'old.json'),
      printed(
        await evaluate(subject, { gates, baseline: subject, crossValidation: { folds: 3, repeats: 2 } }),
        'm.json',
        'old.json',
      ),
    ];
    for (const form of forms) expect(violations(schema, form)).toEqual([]);
    expect(forms[4].crossValidation).toMatchObject({ folds: 3, repeats: 2 });
    expect(forms[4].crossValidation.standardErrors.accuracy).toBeGreaterThan(0);
    expect(forms[3].baseline.model.path).toBe('old.json');
    expect(forms[3].gates).toEqual([
      { gate: 'accuracy>=0.5', value: expect.any(Number), passed: true },
      { gate: 'recall[virginica]>=1.01', value: expect.any(Number), passed: false },
      { gate: 'brier<=baseline', value: expect.any(Number), passed: expect.any(Boolean) },
    ]);
  });

  it('has the agreement of the trees of a forest', async () => {
    const forest = await trainOn({ engine: 'forest', trees: 5, maxFeatures: null });
    const json = printed(await evaluate(forest), 'm.json');
    expect(json.agreement).toMatchObject({ trees: 5, mean: expect.any(Number) });
    expect(violations(schema, json)).toEqual([]);
  });

  it.each([
    [(json: Json) => delete json['rows'], '/rows: missing'],
    [(json: Json) => Object.assign(json, { time: 1 }), '/time: unexpected'],
    [
      (json: Json) => Object.assign(json, { scored: 'some rows' }),
      '/scored: not one of holdout,training rows,all rows,folds',
    ],
    [(json: Json) => Object.assign(json['metrics'] as Json, { accuracy: 1.5 }), '/metrics/accuracy: above 1'],
    [
      (json: Json) => Object.assign(json['metrics'] as Json, { accuracy: 'high' }),
      '/metrics/accuracy: not of type number,null',
    ],
    [
      (json: Json) => Object.assign(json['intervals'] as Json, { accuracy: { lower: 0 } }),
      '/intervals/accuracy/upper: missing',
    ],
  ])('is not, changed (case %#)', (change, violation) => {
    const json = printed(makeEvaluation(['ash', 'beech']), 'm.json');
    change(json);
    expect(violations(schema, json)).toEqual([violation]);
  });
});

type Json = Record<string, unknown>;
