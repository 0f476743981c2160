import type { Model } from '../../model/model.js';
import { shortNumber } from '../charts/text.js';
import { type Markup, markup } from '../markup.js';
import type { Section } from './parts.js';

/** How the model was trained: enough to train it again. Null where it is not recorded. */
export function recordSection({ classes, provenance, sha256 }: Model): Section | null {
  const { data, metrics, partition, training } = provenance;
  if (training === null) return null;
  const bound = (value: number | null) => (value === null ? 'none' : String(value));
  const weights = training.classWeight?.slice(0, 40).map((weight, index) => `${classes[index]} ${shortNumber(weight)}`);
  const entries: [string, string][] = [
    ['engine', training.engine],
    ['target', training.target],
    ['criterion', training.criterion],
    ['deepest level', bound(training.maxDepth)],
    ['fewest rows to split', String(training.minSamplesSplit)],
    ['fewest rows in a leaf', String(training.minSamplesLeaf)],
    ['most leaves', bound(training.maxLeafNodes)],
    ['least impurity decrease', shortNumber(training.minImpurityDecrease)],
    ['pruning alpha', shortNumber(training.ccpAlpha)],
    ['class weights', weights?.join(', ') ?? 'every class weighs 1'],
    ['seed', String(training.seed)],
    ['training rows', String(training.rows.train)],
    ['held-out rows', String(training.rows.holdout)],
    ['held-out share', shortNumber(training.holdout)],
    ['partition', partition?.rule ?? 'unknown'],
  ];
  if (metrics !== null) {
    entries.push(
      ['accuracy on training rows', metrics.train.accuracy.toFixed(4)],
      ['accuracy on held-out rows', metrics.holdout?.accuracy.toFixed(4) ?? 'nothing was held out'],
    );
  }
  const hashes: [string, string][] = [
    ['SHA-256 of the model', sha256],
    ['SHA-256 of the training table', data?.sha256 ?? 'unknown'],
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

function entry(name: string, value: string | Markup, kind: string): Markup {
  return markup`<div class="${kind}"><dt>${name}</dt><dd>${value}</dd></div>`;
}
