import type { Evaluation } from '../evaluation/evaluate.js';
import type { Figure } from '../evaluation/figure.js';
import { classFigureName, type Measurement } from '../evaluation/measurement.js';
import { CLASS_METRICS, METRICS, type MetricName } from '../evaluation/metrics.js';
import { cut, printable, shownName, shownReason } from '../ground/quote.js';
import type { Feature, Model } from '../model/model.js';

/** UTF-16 units of a sentence that are shown. */
const MAX_SENTENCE = 1000;

/** A sentence of a report that may hold anything. */
export function shownSentence(text: string): string {
  return printable(cut(text, MAX_SENTENCE));
}

/** Names as they are shown, each of them once: those that would look alike carry their number, from 1. */
export function shownNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name, index) => {
    let shown = shownName(name);
    if (taken.has(shown)) shown = `${shown} (${index + 1})`;
    taken.add(shown);
    return shown;
  });
}

/** Names that a line lists, and their width in all, before it stops. */
const MOST_LISTED = 20;
const MAX_LISTED = 100;

/** The first of many names, and how many there are in all. @param form of a name, which may be wider */
export function listedNames(names: readonly string[], form = (name: string, _index: number) => name): string {
  let count = 0;
  for (let width = 0; count < Math.min(names.length, MOST_LISTED); count++) {
    width += names[count].length + 2;
    if (count > 0 && width > MAX_LISTED) break;
  }
  const first = names.slice(0, count).map(form).join(', ');
  return names.length > count ? `${first}, … (${names.length} in all)` : first;
}

/** The model with every name as it is shown: a file may come from anywhere. */
export function printableModel(model: Model): Model {
  const { classes, features, provenance } = model;
  const { training } = provenance;
  const names = shownNames(features.map(({ name }) => name));
  return {
    ...model,
    classes: shownNames(classes),
    features: features.map((feature, index) => printableFeature(feature, names[index])),
    provenance: { ...provenance, training: training && { ...training, target: shownName(training.target) } },
  };
}

/** What a model predicts, by the name of the column that it was trained on. */
export function targetOf({ provenance }: Model): string {
  return provenance.training?.target ?? 'the class';
}

function printableFeature(feature: Feature, name: string): Feature {
  return feature.kind === 'number'
    ? { ...feature, name }
    : { ...feature, name, categories: shownNames(feature.categories) };
}

/** The evaluation with every name and sentence as it is shown. */
export function printableEvaluation(evaluation: Evaluation): Evaluation {
  const { baseline, gates, measured, notes, source } = evaluation;
  return {
    ...evaluation,
    source: shownSentence(source),
    measured: printableMeasurement(measured),
    baseline: baseline && { ...baseline, measured: printableMeasurement(baseline.measured) },
    gates: gates.map((result) => ({
      ...result,
      gate: shownSentence(result.gate),
      explanation: shownSentence(result.explanation),
    })),
    notes: notes.map(shownSentence),
  };
}

function printableMeasurement<Measured extends Measurement>(measured: Measured): Measured {
  const { intervals, metrics, perClass, tally } = measured;
  const classes = shownNames(measured.classes);
  const names = new Map<string, string>();
  for (const [index, label] of measured.classes.entries()) {
    for (const metric of CLASS_METRICS) {
      names.set(classFigureName(metric, label), classFigureName(metric, classes[index]));
    }
  }
  return {
    ...measured,
    classes,
    tally: { ...tally, classes },
    intervals: new Map([...intervals].map(([name, interval]) => [names.get(name) ?? name, interval])),
    metrics: Object.fromEntries(METRICS.map(({ name }) => [name, printableFigure(metrics[name])])) as Record<
      MetricName,
      Figure
    >,
    perClass: perClass.map((figures, index) => ({
      ...figures,
      class: classes[index],
      precision: printableFigure(figures.precision),
      recall: printableFigure(figures.recall),
      f1: printableFigure(figures.f1),
    })),
  };
}

function printableFigure(figure: Figure): Figure {
  return figure.value === null ? { value: null, reason: shownReason(figure.reason) } : figure;
}
