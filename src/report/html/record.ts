import type { ParameterRange, ParameterRow } from '../../ground/parameter-table.js';
import { hyperParameterTable, parametersOf, type RecordedParameters } from '../../model/hyper-parameters.js';
import type { Model } from '../../model/model.js';
import type { Metrics } from '../../model/provenance.js';
import { shortNumber } from '../charts/text.js';
import { partitionInWords } from '../inspection/inspection.js';
import { type Markup, markup } from '../markup.js';
import type { Section } from './parts.js';

type RecordedValue = RecordedParameters[keyof RecordedParameters];

/** How the model was trained: enough to train it again. Null where it is not recorded. */
export function recordSection({ classes, provenance, scorer, sha256 }: Model): Section | null {
  const { data, metrics, partition, training } = provenance;
  if (training === null) return null;
  const parameters = parametersOf(scorer).map((name): [string, string] => {
    const { label, range }: ParameterRow = hyperParameterTable[name];
    return [label, valueInWords(training[name], range, classes)];
  });
  const entries: [string, string][] = [
    ['engine', training.engine],
    ['target', training.target],
    ...parameters,
    ['training rows', String(training.rows.train)],
    ['held-out rows', String(training.rows.holdout)],
    ['partition', partition === null ? 'unknown' : partitionInWords(partition)],
  ];
  if (metrics !== null) {
    entries.push(
      ['accuracy on training rows', metrics.train.accuracy.toFixed(4)],
      ['accuracy on held-out rows', metrics.holdout?.accuracy.toFixed(4) ?? 'nothing was held out'],
      ...outOfBagEntries(metrics),
    );
  }
  const hashes: [string, string][] = [
    ['SHA-256 of the model', sha256],
    [
      data?.hash === 'aggregates/1' ? 'SHA-256 of what was counted of the table' : 'SHA-256 of the training table',
      data?.sha256 ?? 'unknown',
    ],
  ];
  return {
    id: 'record',
    title: 'Training record',
    content: markup`
      <dl class="record">${entries.map(([name, value]) => entry(name, value, ''))}
      ${hashes.map(([name, value]) => entry(name, markup`<code>${value}</code>`, 'whole'))}</dl>
    `,
  };
}

function outOfBagEntries({ outOfBag }: Metrics): [string, string][] {
  const accuracy = outOfBag?.curve.at(-1);
  return accuracy == null ? [] : [['accuracy out of bag', accuracy.toFixed(4)]];
}

/** Of many classes the first forty. */
function valueInWords(value: RecordedValue, { kind }: ParameterRange, classes: readonly string[]): string {
  if (value === null) return kind === 'class weights' ? 'every class weighs 1' : 'none';
  if (typeof value === 'object') {
    const weights = value.slice(0, 40).map((weight, index) => `${classes[index]} ${shortNumber(weight)}`);
    return weights.join(', ');
  }
  return typeof value === 'number' && kind === 'number' ? shortNumber(value) : String(value);
}

function entry(name: string, value: string | Markup, kind: string): Markup {
  return markup`<div class="${kind}"><dt>${name}</dt><dd>${value}</dd></div>`;
}
