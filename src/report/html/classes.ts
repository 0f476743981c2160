import type { ClassFigures } from '../../evaluation/confusion.js';
import type { CrossValidation } from '../../evaluation/cross-validation.js';
import { classFigureName, type Measurement } from '../../evaluation/measurement.js';
import { CLASS_METRICS } from '../../evaluation/metrics.js';
import { plural } from '../../ground/quote.js';
import { type BarGroup, barRows } from '../charts/bar-rows.js';
import { fillOf } from '../charts/palette.js';
import { listedClasses } from '../evaluation/words.js';
import { markup } from '../markup.js';
import { confusionMatrix } from './confusion.js';
import { fixed, type Section } from './parts.js';

const NAMES = { precision: 'precision', recall: 'recall', f1: 'F1' } as const;

/** The confusion matrix; precision, recall and F1 of each class, or of the classes with the lowest F1. */
export function classesSection(measured: Measurement): Section {
  const chosen = listedClasses(measured);
  const charts = chosen.map((index) => {
    const group = groupOf(measured, index);
    const description = group.bars.map(({ name, text }) => `${name} ${text}`).join(', ');
    const title = `Class ${measured.classes[index]}`;
    return barRows({ id: `class-${index}`, title, description, domain: [0, 1] }, [group]);
  });
  const remarks = remarksOn(measured, chosen.length);
  return {
    id: 'classes',
    title: 'Classes',
    half: measured.classes.length <= 5,
    content: [
      ...confusionMatrix(measured),
      markup`<p class="quiet small">${remarks.join(' ')}</p><div class="charts">${charts}</div>`,
    ],
  };
}

function remarksOn(measured: Measurement, shown: number): string[] {
  const { classes, intervals, perClass } = measured;
  const remarks: string[] = [];
  if (shown < classes.length) remarks.push(`The ${shown} of ${classes.length} classes with the lowest F1.`);
  if (perClass.some((figures) => intervals.has(classFigureName('recall', figures.class)))) {
    remarks.push('Lines over the bars are 95 % intervals.');
  }
  const repeats = 'repeats' in measured ? (measured as CrossValidation).repeats : 1;
  if (repeats > 1) remarks.push(`Each row counts once for each of the ${repeats} repeats.`);
  return remarks;
}

function groupOf(measured: Measurement, index: number): BarGroup {
  const figures: ClassFigures = measured.perClass[index];
  const bars = CLASS_METRICS.map((metric) => {
    const { [metric]: figure } = figures;
    const range = measured.intervals.get(classFigureName(metric, figures.class));
    const text = figure.value === null ? `undefined: ${figure.reason}` : fixed(figure.value);
    return { name: NAMES[metric], value: figure.value, text, fill: fillOf(index), ...(range ? { range } : {}) };
  });
  return { title: `${figures.class} · ${plural(figures.support, 'row')}`, bars };
}
