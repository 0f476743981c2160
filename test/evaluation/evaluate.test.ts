import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bundledIrisPath } from '../../src/data/bundled.js';
import { holdOut } from '../../src/data/holdout.js';
import { readDataset } from '../../src/data/read-dataset.js';
import type { TableSource } from '../../src/data/table-source.js';
import { evaluate } from '../../src/evaluation/evaluate.js';
import { parseGate } from '../../src/evaluation/gate-grammar.js';
import { predictRows } from '../../src/evaluation/prediction.js';
import { chooseScoredRows } from '../../src/evaluation/scored-rows.js';
import { readBaseline, readSubject, type Subject } from '../../src/evaluation/subject.js';
import { trainModel } from '../../src/evaluation/train-model.js';
import { UsageError } from '../../src/ground/errors.js';
import { createClassifier } from '../../src/model/classifier.js';
import { runSteps } from '../../src/model/steps.js';
import { defaultParameters } from '../../src/training/parameters.js';
import { tableFolder, trainOn } from './subjects.js';

const table = tableFolder();
const iris = readFileSync(bundledIrisPath(), 'utf8').trim().split('\n');

function gatesOf({ model }: Subject, ...texts: string[]) {
  return texts.map((text) => parseGate(text, model.classes));
}

describe('the rows that are scored', () => {
  it('of the table that the model was trained on are the held-out ones, and give the figures of the artifact', async () => {
    const subject = await trainOn({ holdout: 0.3, seed: 4 });
    const { scored, measured } = await evaluate(subject);
    expect([scored, measured.rows]).toEqual(['holdout', 45]);
    expect(measured.perClass.map(({ support }) => support)).toEqual([15, 15, 15]);
    expect(measured.metrics.accuracy.value).toBe(subject.model.provenance.metrics!.holdout?.accuracy);
    expect(measured.metrics.logLoss.value).toBe(subject.model.provenance.metrics!.holdout?.logLoss);
  });

  it('are taken with a value that only they miss, and scored as training did', async () => {
    const blank = iris.with(9, iris[9]!.replace(/^[^,]*/, ''));
    const path = table('blank.csv', `${blank.join('\n')}\n`);
    const subjects = await Promise.all(Array.from({ length: 40 }, (_, seed) => trainOn({ seed }, path)));
    const held = subjects.find(({ model }) => model.provenance.summaries![0]!.missing === 0);
    expect(held!.model.features[0]!.missing).toBe(true);
    const { measured } = await evaluate(await readSubject(held!.model, path));
    expect(measured.metrics.accuracy.value).toBe(held!.model.provenance.metrics!.holdout?.accuracy);
    expect(measured.metrics.logLoss.value).toBe(held!.model.provenance.metrics!.holdout?.logLoss);
  });

  it('are refused as a prediction is, by a model that takes no missing value', async () => {
    const { model } = await trainOn();
    const blank = table('hole.csv', `${iris.with(9, iris[9]!.replace(/^[^,]*/, '')).join('\n')}\n`);
    await expect(readSubject(model, blank).then((subject) => evaluate(subject))).rejects.toThrow(
      /hole\.csv:10: sepal_length: expected a value, as none was missing in training, found a missing one$/,
    );
  });

  it('are the held-out ones too when that table is read again from a copy with other line ends', async () => {
    const { model } = await trainOn();
    const { scored, measured } = await evaluate(await readSubject(model, table('copy.csv', iris.join('\r\n'))));
    expect([scored, measured.rows]).toEqual(['holdout', 30]);
  });

  it('are the held-out ones in whatever order the rows and columns of that table come', async () => {
    const subject = await trainOn({ seed: 2 });
    const [header, ...rows] = iris.filter((line) => line !== '').map((line) => line.split(',').toReversed().join(','));
    const path = table('turned.csv', [header, ...rows.toReversed()].join('\n'));
    const { scored, measured } = await evaluate(await readSubject(subject.model, path));
    expect([scored, measured.rows]).toEqual(['holdout', 30]);
    expect(measured.metrics.accuracy.value).toBe(subject.model.provenance.metrics!.holdout?.accuracy);
  });

  it('are the held-out ones of a table with rows appended', async () => {
    const { dataset, model } = await trainOn();
    const more = table(
      'more.csv',
      [...iris.toReversed().slice(0, -1), '9,9,9,9,setosa', iris[0]].toReversed().join('\n'),
    );
    const { measured, notes, overlap, scored } = await evaluate(await readSubject(model, more));
    // Two of its rows are equal, and stand on one side here.
    expect([scored, Math.abs(measured.rows - 30) <= 2]).toEqual(['holdout', true]);
    const { holdout } = holdOut(dataset, { seed: 0, holdout: 0.2, partition: 'hash-rank/2' });
    const distinct = (rows: Uint32Array) => new Set(Array.from(rows, (row) => iris[row + 1]));
    const repeated = iris.filter((line, index) => iris.indexOf(line) !== index);
    const expected = [...distinct(holdout)].filter((line) => !repeated.includes(line)).length;
    expect(measured.rows).toBeGreaterThanOrEqual(expected);
    expect(overlap).toMatchObject({ exact: false });
    expect(notes.join('\n')).toMatch(
      /^the model was trained on about [78]\d % of these rows, by its sketch: only the \d+ of 151 that it held out, or would have, are scored$/m,
    );
  });

  it('are the held-out ones of a part of the training table', async () => {
    const { model } = await trainOn();
    const part = await evaluate(await readSubject(model, table('part.csv', iris.slice(0, 61).join('\n'))));
    expect([part.scored, part.measured.rows]).toEqual(['holdout', 12]);
    expect(part.measured.perClass.map(({ support }) => support)).toEqual([10, 2, 0]);
    expect(part.measured.metrics.recallMacro).toEqual({ value: null, reason: 'no row is of class virginica' });
  });

  it('are no copies of training rows where the table has each row twice', async () => {
    const { dataset, model } = await trainOn();
    const rows = iris.slice(1, 151);
    const path = table('twice.csv', [iris[0], ...rows, ...rows].join('\n'));
    const subject = await readSubject(model, path);
    const { scored } = await evaluate(subject);
    const { train } = holdOut(dataset, { seed: 0, holdout: 0.2, partition: 'hash-rank/2' });
    const trained = new Set(Array.from(train, (row) => iris[row + 1]));
    const chosen = chooseScoredRows(subject.dataset, model.provenance);
    expect([scored, chosen.rows.length % 2]).toEqual(['holdout', 0]);
    const repeated = rows.filter((line, index) => rows.indexOf(line) !== index);
    for (const row of chosen.rows) {
      const line = rows[row % 150];
      if (!repeated.includes(line)) expect(trained.has(line)).toBe(false);
    }
  });

  it('are all of a new table, also where some are equal to training rows by chance', async () => {
    const { model } = await trainOn();
    const fresh = iris.slice(1, 151).map((line) => line.replace(/^[^,]*/, (cell) => `${cell}1`));
    const other = await evaluate(await readSubject(model, table('fresh.csv', [iris[0], ...fresh].join('\n'))));
    expect([other.scored, other.measured.rows, other.overlap?.trained]).toEqual(['all rows', 150, 0]);
    expect(other.notes.join('\n')).not.toContain('sketch');
    const { dataset, model: small } = await trainOn({ holdout: 0.8 });
    const { train } = holdOut(dataset, { seed: 0, holdout: 0.8, partition: 'hash-rank/2' });
    const known = iris[train[0] + 1];
    const mixed = await evaluate(
      await readSubject(small, table('mixed.csv', [iris[0], ...fresh.slice(0, 19), known].join('\n'))),
    );
    expect([mixed.scored, mixed.measured.rows]).toEqual(['all rows', 20]);
    expect(mixed.notes).toContain('the model was trained on 1 of these 20 rows, 5 %: the figures flatter it');
  });

  it('are taken for the training rows that they are where none was held out', async () => {
    const { dataset, model } = await trainOn();
    const { train } = holdOut(dataset, { seed: 0, holdout: 0.2, partition: 'hash-rank/2' });
    const repeated = iris.filter((line, index) => iris.indexOf(line) !== index);
    const rows = Array.from(train, (row) => iris[row + 1]).filter((line) => !repeated.includes(line));
    const own = await readSubject(model, table('trained.csv', [iris[0], ...rows].join('\n')));
    const { scored, notes } = await evaluate(own);
    expect([scored, notes]).toEqual([
      'training rows',
      ['these are the rows that the model was trained on: the figures say nothing about new ones'],
    ]);
    const { model: whole } = await trainOn({ holdout: 0 });
    const most = await readSubject(
      whole,
      table('most.csv', [...iris.slice(0, 151), '9,9,9,9,setosa', '8,8,8,8,setosa'].join('\n')),
    );
    const found = await evaluate(most);
    expect([found.scored, found.measured.rows]).toEqual(['training rows', 152]);
    expect(found.notes).toEqual([
      expect.stringMatching(
        /^the model was trained on about (9\d|100) % of these rows, by its sketch, and held none of them out: the figures flatter it$/,
      ),
    ]);
    await expect(evaluate(most, { gates: gatesOf(most, 'accuracy>=0.5') })).rejects.toThrow(
      /^a gate needs rows that the model was not trained on, and it was trained on about (9\d|100) % of these rows, by its sketch: score other rows, or cross-validate; option includeTrainingRows=true holds it to the gate on these all the same$/,
    );
    const held = await evaluate(most, { gates: gatesOf(most, 'accuracy>=0.5'), includeTrainingRows: true });
    expect(held.gates[0].passed).toBe(true);
  });

  it('are all, training rows too, where that is asked for', async () => {
    const subject = await trainOn();
    const { measured, notes, scored } = await evaluate(subject, { includeTrainingRows: true });
    expect([scored, measured.rows]).toEqual(['all rows', 150]);
    expect(notes).toContain('the model was trained on 120 of these 150 rows, 80 %: the figures flatter it');
    const part = await readSubject(subject.model, table('first.csv', iris.slice(0, 61).join('\n')));
    expect((await evaluate(part, { includeTrainingRows: true })).measured.rows).toBe(60);
  });

  it('are all where nobody can say whether the model was trained on them, and a note says so', async () => {
    const dataset = await readDataset(bundledIrisPath());
    const path = table('sixty.csv', iris.slice(0, 61).join('\n'));
    for (const options of [{ withholdRows: true }, { rules: 1 as const }]) {
      const { model } = await trainModel(dataset, defaultParameters, options);
      const { measured, notes, scored } = await evaluate(await readSubject(model, path));
      expect([scored, measured.rows]).toEqual(['all rows', 60]);
      expect(notes).toContain('the model keeps no sketch of the rows that it was trained on: these may be among them');
    }
    const { model } = await trainOn();
    const two = await evaluate(
      await readSubject(model, table('two.csv', `${iris[0]}\n9,9,9,9,setosa\n8,8,8,8,setosa\n`)),
    );
    expect(two.notes.join('\n')).toMatch(
      /^by its sketch the model can judge [012] of these 2 rows: whether it was trained on them is not known$/m,
    );
  });

  it('are the training rows, and called so, where none was held out', async () => {
    const subject = await trainOn({ holdout: 0 });
    const { scored, measured, notes } = await evaluate(subject);
    expect([scored, measured.rows]).toEqual(['training rows', 150]);
    expect(notes).toEqual(['these are the rows that the model was trained on: the figures say nothing about new ones']);
    expect(measured.metrics.logLoss.value).toBe(subject.model.provenance.metrics!.train.logLoss);
  });

  it('are all rows of the table with cross-validation', async () => {
    const subject = await trainOn();
    const { scored, measured } = await evaluate(subject, { crossValidation: { folds: 3, repeats: 1 } });
    expect([scored, measured.rows]).toEqual(['folds', 150]);
  });

  it('cannot be found where another rule held them out', async () => {
    const { model, dataset } = await trainOn();
    const partition = { rule: 'hash-rank/9', cuts: null };
    const later = { ...model, provenance: { ...model.provenance, partition } };
    await expect(evaluate({ model: later, dataset })).rejects.toThrow(
      expect.objectContaining({
        name: 'UsageError',
        message:
          'the rows that the model held out were chosen by hash-rank/9, and this release knows only hash-rank/1, hash-rank/2, md5-key/1, holdout-column/1: score rows that it was not trained on; option crossValidation=10 scores each row with a tree that was not trained on it',
      }),
    );
  });

  it('are of the bundled iris without a table, if that is what the model was trained on', async () => {
    const { model } = await trainOn();
    expect((await readSubject(model, undefined)).dataset.rowCount).toBe(150);
    const message = 'the model was not trained on the bundled iris; option input=FILE names its table';
    const unknown = expect.objectContaining({ name: 'UsageError', message });
    const part = await trainOn({}, table('first.csv', iris.slice(0, 121).join('\n')));
    await expect(readSubject(part.model, undefined)).rejects.toThrow(unknown);
    const other = await trainOn({}, table('other.csv', 'a,b\n1,x\n2,x\n3,x\n4,y\n5,y\n6,y\n'));
    await expect(readSubject(other.model, undefined)).rejects.toThrow(unknown);
  });
});

describe('a table that the model cannot score', () => {
  it('names the line and the label of a class that the model never saw', async () => {
    const { model } = await trainOn();
    const path = table('rosa.csv', `${iris.slice(0, 3).join('\n')}\n5,3,1,0.2,rosa\n`);
    await expect(readSubject(model, path)).rejects.toThrow(
      /rosa\.csv:4: species: expected a class of the model, found "rosa"$/,
    );
  });

  it('names the line of a value that is missing where none was in training', async () => {
    const { model } = await trainOn();
    const path = table('gap.csv', `${iris.slice(0, 3).join('\n')}\n5,,1,0.2,setosa\n`);
    const subject = await readSubject(model, path);
    await expect(evaluate(subject)).rejects.toThrow(
      /gap\.csv:4: sepal_width: expected a value, as none was missing in training, found a missing one$/,
    );
  });
});

describe('gates', () => {
  it('tell their value and their bound, and pass or fail', async () => {
    const subject = await trainOn({ maxDepth: 1 });
    const { gates } = await evaluate(subject, {
      gates: gatesOf(subject, 'accuracy>=0.6', 'accuracy>=1.01', 'recall[virginica]>0', 'recall[setosa].lower >= 1'),
    });
    const two = expect.closeTo(2 / 3, 12);
    expect(gates).toEqual([
      { gate: 'accuracy>=0.6', value: two, bound: 0.6, passed: true, explanation: expect.anything() },
      {
        gate: 'accuracy>=1.01',
        value: two,
        bound: 1.01,
        passed: false,
        explanation: 'accuracy is 0.666667, expected at least 1.01',
      },
      {
        gate: 'recall[virginica]>0',
        value: 0,
        bound: 0,
        passed: false,
        explanation: 'recall[virginica] is 0, expected above 0',
      },
      {
        gate: 'recall[setosa].lower >= 1',
        value: 1,
        bound: 1,
        passed: true,
        explanation: 'recall[setosa].lower is 1, expected at least 1',
      },
    ]);
  });

  it('on an undefined figure fail, with the reason', async () => {
    const subject = await trainOn({ maxDepth: 1 });
    const { gates } = await evaluate(subject, { gates: gatesOf(subject, 'precisionMacro<=1', 'f1Macro.upper<=2') });
    expect(gates[0]).toEqual({
      gate: 'precisionMacro<=1',
      value: null,
      bound: 1,
      passed: false,
      explanation: 'precisionMacro is undefined: no row is predicted as virginica',
    });
    expect(gates[1].passed).toBe(true);
  });

  it('on an interval that cross-validation does not have fail, with the reason', async () => {
    const subject = await trainOn();
    const { gates } = await evaluate(subject, {
      crossValidation: { folds: 2, repeats: 1 },
      gates: gatesOf(subject, 'recall[setosa].lower>=0'),
    });
    expect(gates[0].explanation).toBe(
      'recall[setosa].lower is undefined: there is no interval for recall[setosa] on these rows',
    );
    expect(gates[0].passed).toBe(false);
  });

  it('are refused on training rows', async () => {
    const subject = await trainOn({ holdout: 0 });
    const gates = gatesOf(subject, 'accuracy>=0.5');
    const { gates: held } = await evaluate(subject, { gates, includeTrainingRows: true });
    expect(held[0].passed).toBe(true);
    await expect(evaluate(subject, { gates })).rejects.toThrow(
      expect.objectContaining({
        name: 'UsageError',
        message:
          'a gate needs rows that the model was not trained on, and it was trained on all of these: score other rows, or cross-validate; option includeTrainingRows=true holds it to the gate on these all the same',
      }),
    );
  });

  it('tell a value apart from a bound that differs far behind the point', async () => {
    const subject = await trainOn({ maxDepth: 1 });
    const { gates } = await evaluate(subject, { gates: gatesOf(subject, 'accuracy>=0.66666667') });
    expect(gates[0].explanation).toBe('accuracy is 0.6666666666666666, expected at least 0.66666667');
  });
});

describe('a baseline', () => {
  it('is measured on the same rows, and gates compare with it', async () => {
    const subject = await trainOn({ maxDepth: 1 });
    const better = await trainOn({ maxDepth: 3 });
    const { baseline, gates } = await evaluate(subject, {
      baseline: better,
      gates: gatesOf(subject, 'accuracy>=baseline', 'accuracy>=baseline-0.5', 'brier<=baseline+0.1'),
    });
    const accuracy = better.model.provenance.metrics!.holdout!.accuracy;
    expect(baseline?.measured.metrics.accuracy.value).toBe(accuracy);
    expect(gates.map(({ passed }) => passed)).toEqual([false, true, false]);
    expect(gates[0].bound).toBe(accuracy);
    expect(gates[1].explanation).toBe(
      `accuracy is 0.666667, expected at least ${Number((accuracy - 0.5).toPrecision(6))} (the baseline's - 0.5)`,
    );
  });

  it('equal to the model passes a gate of no loss', async () => {
    const subject = await trainOn();
    const { gates } = await evaluate(subject, {
      baseline: subject,
      gates: gatesOf(subject, 'accuracy>=baseline', 'logLoss<=baseline', 'accuracy>baseline'),
    });
    expect(gates.map(({ passed }) => passed)).toEqual([true, true, false]);
  });

  it('may use other columns of the table', async () => {
    const subject = await trainOn();
    const petals = await trainOn({}, bundledIrisPath(), { features: ['petal_width', 'petal_length'] });
    const baseline = await readBaseline(subject, petals.model, bundledIrisPath());
    expect(baseline.dataset.features.map(({ name }) => name)).toEqual(['petal_width', 'petal_length']);
    const evaluated = await evaluate(subject, { baseline });
    expect(evaluated.baseline?.measured.rows).toBe(30);
    const source: TableSource = {
      origin: { name: 'query', unit: 'row' },
      open: () => Promise.reject(new Error('open')),
    };
    await expect(readBaseline(subject, petals.model, source)).rejects.toThrow(
      'the baseline has other columns than the model, and a source can be read only once',
    );
    await expect(readBaseline(subject, petals.model, '-')).rejects.toThrow(
      expect.objectContaining({
        name: 'UsageError',
        message:
          'the baseline has other columns than the model, and standard input can be read only once; option input=FILE can be read twice',
      }),
    );
  });

  it('that has learned from the scored rows is flattered, and the notes say so', async () => {
    const note = 'the baseline was trained on some of these rows: its figures flatter it';
    const subject = await trainOn();
    expect((await evaluate(subject, { baseline: await trainOn({ seed: 1 }) })).notes).toContain(note);
    expect((await evaluate(subject, { baseline: await trainOn({ holdout: 0.1 }) })).notes).toContain(note);
    expect((await evaluate(subject, { baseline: await trainOn({ holdout: 0.4 }) })).notes).not.toContain(note);
    expect((await evaluate(subject, { baseline: await trainOn({ maxDepth: 2 }) })).notes).not.toContain(note);
  });

  it('with other classes is refused', async () => {
    const subject = await trainOn();
    const two = await trainOn({}, table('two.csv', iris.slice(0, 101).join('\n')));
    const refusal = new UsageError(
      'the baseline must have the classes of the model: expected setosa, versicolor, virginica, found setosa, versicolor',
    );
    await expect(readBaseline(subject, two.model, bundledIrisPath())).rejects.toThrow(refusal);
    await expect(evaluate(subject, { baseline: two })).rejects.toThrow(refusal);
  });

  it('with other rows is refused', async () => {
    const subject = await trainOn();
    const fewer = await readSubject(subject.model, table('fewer.csv', iris.slice(0, 141).join('\n')));
    await expect(evaluate(subject, { baseline: fewer })).rejects.toThrow(
      expect.objectContaining({
        name: 'UsageError',
        message: 'the baseline needs the same rows: expected 150, found 140',
      }),
    );
  });

  it('is missed by a gate against it', async () => {
    const subject = await trainOn();
    await expect(evaluate(subject, { gates: gatesOf(subject, 'accuracy >= baseline') })).rejects.toThrow(
      expect.objectContaining({
        name: 'UsageError',
        message: 'the gate "accuracy >= baseline" needs a baseline; option baseline=FILE names one',
      }),
    );
  });
});

describe('notes', () => {
  it('say how little few rows tell', async () => {
    const { notes, measured } = await evaluate(await trainOn());
    const { lower, upper } = measured.intervals.get('accuracy')!;
    expect(notes).toEqual([
      `30 rows are few: the accuracy is only known to lie from ${lower.toFixed(3)} to ${upper.toFixed(3)} (95 %); a cross-validation scores every row of the training table`,
    ]);
    expect(upper - lower).toBeGreaterThan(0.1);
  });

  it('say how many of the rows have a copy among those of the training, and of folds anywhere', async () => {
    const twice = table('twice.csv', [...iris, ...iris.slice(1)].join('\n'));
    const subject = await trainOn({}, twice);
    const { notes } = await evaluate(subject);
    const { holdout, train } = holdOut(subject.dataset, { holdout: 0.2, seed: 0, partition: 'hash-rank/2' });
    const lines = [...iris.slice(1), ...iris.slice(1)];
    const trained = new Set([...train].map((row) => lines[row]));
    const copies = [...holdout].filter((row) => trained.has(lines[row])).length;
    expect(notes.at(-1)).toBe(
      `${copies} of 60 held-out rows have a copy among the training rows: the figures flatter the model, unless new rows are such copies too`,
    );
    const folds = await evaluate(subject, { crossValidation: { folds: 2, repeats: 1 } });
    expect(folds.notes.at(-1)).toBe(
      '300 of 300 rows have a copy in the table: the figures flatter the model, unless new rows are such copies too',
    );
    const other = await evaluate(await readSubject((await trainOn()).model, twice));
    expect(other.notes.join()).not.toContain('copy');
  });

  it('are singular for one row', async () => {
    const { model } = await trainOn();
    const one = await readSubject(model, table('one.csv', `${iris[0]}\n9.9,9.9,9.9,9.9,virginica\n`));
    const { notes } = await evaluate(one);
    expect(notes[0]).toMatch(/^1 row is little: the accuracy is only known to lie from /);
  });
});

describe('a signal', () => {
  afterEach(() => vi.restoreAllMocks());

  /** Every look at the clock is a turn later. */
  function everyStepIsATurn() {
    let now = 0;
    return vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
  }

  it('ends an evaluation between two steps, with its reason', async () => {
    const subject = await trainOn();
    const clock = everyStepIsATurn();
    const abort = new AbortController();
    const evaluation = evaluate(subject, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(evaluation).rejects.toThrow('enough');
    expect(clock.mock.calls.length).toBeLessThan(5);
  });

  it('that is aborted already lets no evaluation begin', async () => {
    const subject = await trainOn();
    await expect(evaluate(subject, { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
  });

  it('is heard after each chunk of rows, which are predicted as all at once are', async () => {
    const { dataset, model } = await trainOn();
    const rows = Uint32Array.from({ length: 10_000 }, (_, index) => (index * 7) % dataset.rowCount);
    const classifier = createClassifier(model);
    expect([...predictRows(classifier, dataset, rows)]).toHaveLength(3);
    const { labels, predicted, shares } = runSteps(predictRows(classifier, dataset, rows));
    const each = runSteps(predictRows(classifier, dataset, Uint32Array.from(dataset.labels.keys())));
    expect(Array.from(labels)).toEqual(Array.from(rows, (row) => each.labels[row]));
    expect(Array.from(predicted)).toEqual(Array.from(rows, (row) => each.predicted[row]));
    expect(Array.from(shares)).toEqual(
      Array.from(rows, (row) => [...each.shares.subarray(row * 3, row * 3 + 3)]).flat(),
    );
  });
});
