import { bundledIrisPath } from '../data/bundled.js';
import { aDataset, type Dataset } from '../data/dataset.js';
import { readDataset } from '../data/read-dataset.js';
import { type LabelledTableOptions, labelledTable } from '../data/schema.js';
import type { TableSource } from '../data/table-source.js';
import { UsageError } from '../ground/errors.js';
import { anObject, checkArgument, checkOptions } from '../ground/options.js';
import { namesInWords } from '../ground/quote.js';
import { aModel, type Model } from '../model/model.js';
import { requirePart } from '../model/provenance.js';
import { schemaOf } from './model-schema.js';
import { readTrainingTable } from './verify-model.js';

/** A model, and a table that was read against it. */
export interface Subject {
  readonly model: Model;
  readonly dataset: Dataset;
}

/** @throws UsageError for what is none, with the part that is missing */
export function requireSubject(subject: Subject, name = 'subject'): void {
  checkArgument(name, subject, anObject);
  checkArgument(`${name}.model`, subject.model, aModel);
  checkArgument(`${name}.dataset`, subject.dataset, aDataset);
}

const SCORE_ANY = { option: 'input', value: 'FILE', effect: 'scores any table' };

/**
 * Reads the table that a model is scored on.
 *
 * @param input a path, `-`, a source, or undefined: the bundled iris, if the model was trained on it
 * @throws UsageError for an option that is unknown or out of its range, and without input for a model of other data
 */
export async function readSubject(
  model: Model,
  input: string | TableSource | undefined,
  layout: LabelledTableOptions = {},
): Promise<Subject> {
  checkArgument('model', model, aModel);
  checkOptions(layout, labelledTable);
  if (input === undefined) requirePart(model, 'data', 'an evaluation without a table', SCORE_ANY);
  const dataset =
    input === undefined ? await readTrainingTable(model, undefined) : await readAgainst(model, input, layout);
  return { model, dataset };
}

/**
 * Reads the same table against a baseline.
 *
 * @throws UsageError for an option that is unknown or out of its range, for other classes, and for standard input or a
 *   source where the columns differ: it can be read only once
 */
export async function readBaseline(
  subject: Subject,
  model: Model,
  input: string | TableSource | undefined,
  layout: LabelledTableOptions = {},
): Promise<Subject> {
  requireSubject(subject);
  checkArgument('model', model, aModel);
  checkOptions(layout, labelledTable);
  checkSameClasses(subject.model, model);
  if (readsAlike(subject.model, model)) return { model, dataset: subject.dataset };
  if (input === '-' || typeof input === 'object') {
    const once = input === '-' ? 'standard input' : 'a source';
    throw new UsageError(`the baseline has other columns than the model, and ${once} can be read only once`, {
      advice: { option: 'input', value: 'FILE', effect: 'can be read twice' },
    });
  }
  const dataset = await readAgainst(model, input ?? bundledIrisPath(), input === undefined ? {} : layout);
  return { model, dataset };
}

/** @throws UsageError */
export function checkSameClasses(model: Model, baseline: Model): void {
  if (JSON.stringify(model.classes) === JSON.stringify(baseline.classes)) return;
  throw new UsageError(
    `the baseline must have the classes of the model: expected ${namesInWords(model.classes)}, found ${namesInWords(baseline.classes)}`,
  );
}

/** Whether a table read against one model is as if read against the other. */
function readsAlike(a: Model, b: Model): boolean {
  return JSON.stringify(schemaOf(a)) === JSON.stringify(schemaOf(b));
}

function readAgainst(model: Model, input: string | TableSource, layout: LabelledTableOptions): Promise<Dataset> {
  return readDataset(input, { ...layout, schema: schemaOf(model) });
}
