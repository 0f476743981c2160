import { describe, expect, it } from 'vitest';
import { nameInWords } from '../../src/ground/quote.js';
import { listedNames, shownNames } from '../../src/report/printable.js';
import { type TrainingResult, trainingJson, trainingText } from '../../src/report/training.js';
import { describeVerification, verificationJson } from '../../src/report/training-verification.js';
import { growTree } from '../../src/tree/index.js';
import { toyParts } from '../model/toy-model.js';
import { assembleTrained, type TrainedParts } from '../model/trained-parts.js';

function result(change: Partial<TrainedParts> = {}, pruningPath: TrainingResult['pruningPath'] = null): TrainingResult {
  return {
    model: assembleTrained({ ...toyParts(), ...change }),
    path: 'artifacts/toy.json',
    source: 'toy.csv',
    pruningPath,
    timing: { readMs: 1.5, fitMs: 2.25 },
    warnings: ['a warning'],
  };
}

const path = [
  { alpha: 0, leaves: 4, impurity: 0.08, cvError: 0.25, cvStandardError: 0.0968 },
  { alpha: 0.0711111, leaves: 1, impurity: 0.495, cvError: 0.5, cvStandardError: 0.125 },
];

describe('the report of a training', () => {
  it('says what a person wants to know', () => {
    const { model } = result();
    expect(trainingText(result())).toBe(`\
trained on 20 of 25 rows of toy.csv
classes    no, yes
tree       7 nodes, 4 leaves, depth 2
accuracy   0.9500 on the training rows, 0.8000 on the held-out rows
log loss   0.1250 on the training rows, 0.5000 on the held-out rows
model      artifacts/toy.json
sha256     ${model.sha256}
`);
  });

  it('is singular for a tree of one leaf', () => {
    const leaf = growTree([new Float64Array(20)], [...new Array(9).fill(0), ...new Array(11).fill(1)]);
    expect(trainingText(result({ features: toyParts().features.slice(0, 1), tree: leaf }))).toContain(
      'tree       1 node, 1 leaf, depth 0\n',
    );
  });

  it('keeps long classes apart that begin alike', () => {
    const classes = ['_k0', '_k1'].map((end) => `measurement${'x'.repeat(90)}${end}`);
    expect(trainingText(result({ classes }))).toMatch(/^classes +"measurementx+…x+_k0", … \(2 in all\)$/m);
    const [first, second] = shownNames(classes).map(nameInWords);
    expect(first).not.toBe(second);
  });

  it('lists as many classes as a line has room for', () => {
    const many = (length: number) => Array.from({ length: 400 }, (_, i) => `k${i}${'x'.repeat(length)}`);
    expect(listedNames(many(0))).toMatch(/^k0, k1, .*, k19, … \(400 in all\)$/);
    expect(listedNames(many(40))).toMatch(/^k0x+, k1x+, … \(400 in all\)$/);
    expect(listedNames(shownNames(many(90))).length).toBeLessThan(120);
    expect(listedNames(['a', 'b'], (name, index) => `${name}${index}`)).toBe('a0, b1');
    expect(listedNames([])).toBe('');
  });

  it('leaves out held-out rows where there are none, and says the alpha where it pruned', () => {
    const { metrics, training } = toyParts();
    const text = trainingText(
      result({
        metrics: { ...metrics, holdout: null },
        training: { ...training, ccpAlpha: 0.25, rows: { train: 20, holdout: 0 } },
      }),
    );
    expect(text).toContain('trained on 20 of 20 rows of toy.csv\n');
    expect(text).toContain('\nccp-alpha  0.25\naccuracy   0.9500 on the training rows\n');
  });

  it('ends with the pruning path where it was asked for', () => {
    expect(trainingText(result({}, path)).split('\n\n')[1]).toBe(`\
ccp-alpha  leaves  impurity            error
        0       4  0.080000  0.2500 ± 0.0968
0.0711111       1  0.495000  0.5000 ± 0.1250
`);
  });

  it('has the documented JSON form', () => {
    const { sha256, version } = result().model;
    const json = {
      model: { path: 'artifacts/toy.json', sha256, version },
      tree: { nodes: 7, leaves: 4, depth: 2 },
      rows: { train: 20, holdout: 5 },
      features: ['size', 'weight', 'color'],
      classes: ['no', 'yes'],
      metrics: { train: { accuracy: 0.95, logLoss: 0.125 }, holdout: { accuracy: 0.8, logLoss: 0.5 } },
      timing: { readMs: 1.5, fitMs: 2.25 },
      warnings: ['a warning'],
    };
    expect(JSON.stringify(trainingJson(result()))).toBe(JSON.stringify(json));
    expect(trainingJson(result({}, path))).toEqual({ ...json, pruningPath: path });
  });
});

describe('the report of a verification', () => {
  const { model } = result();
  const one = { path: 'tree.threshold[0]', before: 1.5, after: 1.25 };
  const engine = { path: 'training.engine', before: 'cart/1', after: 'cart/2' };
  const other = { path: 'tree.categories', before: undefined, after: [null] };

  it.each([
    [true, [], `toy.json: cart/1 gives the same bytes again, version ${model.version}`],
    [false, [], 'toy.json: expected the bytes that training gives, found the same model in another layout'],
    [false, [one], 'toy.json: tree.threshold[0]: expected 1.25 as retrained, found 1.5'],
    [false, [other, one], 'toy.json: tree.categories: expected [null] as retrained, found nothing (1 more)'],
    [false, [one, engine], 'toy.json: training.engine: expected "cart/2" as retrained, found "cart/1" (1 more)'],
  ])('%s, %j: is one line', (verified, differences, line) => {
    expect(describeVerification(model, 'toy.json', { verified, differences })).toBe(line);
    const hostile = describeVerification(model, 'toy\u001b[31m\npassed', { verified, differences });
    expect(hostile).toBe(line.replace('toy.json', 'toy\\u001b[31m\\u000apassed'));
  });

  it('ends in what may explain the differences', () => {
    const verification = { verified: false, differences: [one], note: 'trees depend on the weather' };
    expect(describeVerification(model, 'toy.json', verification)).toBe(
      'toy.json: tree.threshold[0]: expected 1.25 as retrained, found 1.5; trees depend on the weather',
    );
  });

  it('has every difference in its JSON form, null for nothing', () => {
    const { sha256, version } = model;
    expect(verificationJson(model, 'toy.json', { verified: false, differences: [one, other] })).toEqual({
      model: { path: 'toy.json', sha256, version },
      verified: false,
      differences: [
        { path: 'tree.threshold[0]', recorded: 1.5, retrained: 1.25 },
        { path: 'tree.categories', recorded: null, retrained: [null] },
      ],
    });
  });
});
