import { beforeAll, describe, expect, it } from 'vitest';
import { heldOutRows } from '../../src/data/holdout.js';
import { readDataset } from '../../src/data/read-dataset.js';
import { hashRows } from '../../src/data/row-hash.js';
import { evaluate } from '../../src/evaluation/evaluate.js';
import { parseGate } from '../../src/evaluation/gate-grammar.js';
import { evidenceOf } from '../../src/evaluation/sides.js';
import { readSubject, type Subject } from '../../src/evaluation/subject.js';
import { trainModel } from '../../src/evaluation/train-model.js';
import type { Model } from '../../src/model/model.js';
import { runSteps } from '../../src/model/steps.js';
import { defaultParameters } from '../../src/training/parameters.js';
import { tableFolder } from './subjects.js';

const table = tableFolder();
const HEADER = 'x,z,y';

/** Labels of which nearly a third are noise: a tree answers its training rows better than others. */
function rowsFrom(seed: number, count: number): string[] {
  let state = seed;
  const below = (bound: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  return Array.from({ length: count }, () => {
    const x = below(1_000_000);
    return `${x},${below(1_000_000)},${below(10) < 3 ? 'ab'[below(2)] : 'ab'[Number(x > 500_000)]}`;
  });
}

let model: Model;
/** Rows of the training table that its sketch does not judge, in its order. */
let learnt: string[];
let held: string[];

const subjectOf = (rows: readonly string[], asked = model): Promise<Subject> =>
  readSubject(asked, table('some.csv', `${[HEADER, ...rows].join('\n')}\n`));

beforeAll(async () => {
  const rows = rowsFrom(1, 20_000);
  const dataset = await readDataset(table('all.csv', `${[HEADER, ...rows].join('\n')}\n`));
  model = (await trainModel(dataset, defaultParameters)).model;
  const { partition, sketch, training } = model.provenance;
  const hashes = hashRows(dataset);
  const isHeldOut = new Set(heldOutRows(dataset, { cuts: partition!.cuts!, hashes, seed: training!.seed }));
  const unjudged = rows.map((text, row) => ({ text, row })).filter(({ row }) => hashes.hex(row) > sketch!.at(-1)!);
  learnt = unjudged.filter(({ row }) => !isHeldOut.has(row)).map(({ text }) => text);
  held = unjudged.filter(({ row }) => isHeldOut.has(row)).map(({ text }) => text);
});

const gates = () => [parseGate('accuracy>=0.5', model.classes)];

describe('a small part of the training table, of which the sketch knows no row', () => {
  it('is called training rows where it has only such, and a gate is refused', async () => {
    const subject = await subjectOf(learnt.slice(0, 60));
    const { notes, scored } = await evaluate(subject);
    expect(scored).toBe('training rows');
    const words = 'none of 60 different rows is on the side that it holds out, where about 12 new ones would be';
    expect(notes).toEqual([`the model was trained on these rows, as ${words}: the figures flatter it`]);
    await expect(evaluate(subject, { gates: gates() })).rejects.toThrow(
      `a gate needs rows that the model was not trained on, and it was trained on these (${words}): score other rows, or cross-validate; option includeTrainingRows=true holds it to the gate on these all the same`,
    );
    const all = await evaluate(subject, { gates: gates(), includeTrainingRows: true });
    expect([all.scored, all.measured.rows, all.gates[0]!.passed]).toEqual(['training rows', 60, true]);
  });

  it('is scored on its held-out rows where it has both', async () => {
    const subject = await subjectOf([...learnt.slice(0, 160), ...held.slice(0, 40)]);
    const { measured, notes, scored } = await evaluate(subject, { gates: gates() });
    expect([scored, measured.rows]).toEqual(['holdout', 40]);
    expect(notes).toContainEqual(
      expect.stringMatching(
        /^the model was trained on many of these rows, as (\d+) of \1 different rows that it gets wrong are on the side that it holds out, where about \d new ones would be: only the 40 of 200 that it held out, or would have, are scored$/,
      ),
    );
    const all = await evaluate(subject, { includeTrainingRows: true });
    expect([all.scored, all.measured.rows]).toEqual(['all rows', 200]);
    expect(all.notes).toContainEqual(
      expect.stringMatching(/^the model was trained on many of these rows, as .* the figures flatter it$/),
    );
  });

  it('is told of a model without a sketch too', async () => {
    const { sketch: _, ...provenance } = model.provenance;
    const asked = { ...model, provenance: { ...provenance, sketch: null } };
    expect((await evaluate(await subjectOf(learnt.slice(0, 60), asked))).scored).toBe('training rows');
  });

  it('is scored whole, with a note, where it is too small to tell', async () => {
    const { measured, notes, scored } = await evaluate(await subjectOf(learnt.slice(0, 20)), { gates: gates() });
    expect([scored, measured.rows]).toEqual(['all rows', 20]);
    expect(notes).toContain(
      'by its sketch the model can judge 0 of these 20 rows: whether it was trained on them is not known',
    );
  });

  it('is not told by rows that are there many times', async () => {
    expect((await evaluate(await subjectOf(Array(10).fill(learnt.slice(0, 20)).flat()))).scored).toBe('all rows');
  });
});

describe('new rows', () => {
  it('are taken for training rows no more often than is said', async () => {
    const all = rowsFrom(2, 300 * 60);
    let alarms = 0;
    for (let start = 0; start < all.length; start += 60) {
      const subject = await subjectOf(all.slice(start, start + 60));
      if (runSteps(evidenceOf(subject)) !== null) alarms++;
    }
    expect(alarms).toBe(0);
  });

  it('are scored whole', async () => {
    const { measured, scored } = await evaluate(await subjectOf(rowsFrom(3, 200)), { gates: gates() });
    expect([scored, measured.rows]).toEqual(['all rows', 200]);
  });
});
