import { expect } from 'vitest';
import type { Evaluation } from '../../../src/evaluation/evaluate.js';
import type { FeatureLosses } from '../../../src/evaluation/feature-losses.js';
import { evaluationHtml } from '../../../src/report/html/evaluation-html.js';
import { toyParts } from '../../model/toy-model.js';
import { assembleTrained, type TrainedParts } from '../../model/trained-parts.js';
import { byName, type Element, parseElements, textOf } from '../elements.js';
import { makeEvaluation } from '../evaluations.js';

const losses: FeatureLosses = {
  scored: 'holdout',
  rows: 5,
  repeats: 10,
  losses: [
    { mean: 0.25, standardDeviation: 0.05 },
    { mean: -0.125, standardDeviation: 0.0625 },
    { mean: 0, standardDeviation: 0 },
  ],
};

/** The page on the toy model, with two of its classes. */
export function report(changes: Partial<Evaluation> = {}, parts: Partial<TrainedParts> = {}): Element {
  return parseElements(source(changes, parts));
}

export function source(changes: Partial<Evaluation> = {}, parts: Partial<TrainedParts> = {}): string {
  const model = assembleTrained({ ...toyParts(), ...parts });
  const [first, second] = model.classes;
  return evaluationHtml(makeEvaluation([first, second], changes), {
    model,
    path: '/somewhere/toy.json',
    featureLosses: losses,
  });
}

export function section(page: Element, id: string): Element {
  const found = byName(page, 'section').filter(({ attributes }) => attributes.get('id') === id);
  expect(found).toHaveLength(1);
  return found[0];
}

/** Rows of the first table of an element, as text. */
export function table(element: Element): string[][] {
  return byName(byName(element, 'table')[0], 'tr').map(({ children }) => children.map((cell) => textOf(cell).trim()));
}
