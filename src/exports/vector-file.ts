import type { Model } from '../model/model.js';
import { ensembleOf } from '../model/single-tree.js';
import { hexOf } from './bits.js';
import { makeVectors } from './vectors.js';

/**
 * Rows and answers as text that every language can read without a parser of decimals: tabs between cells, doubles as the hex
 * digits of their bits.
 */
export function vectorFile(model: Model, precision?: 'double' | 'float'): string {
  const { classes, features, sha256, version } = model;
  const names = (list: readonly string[]) => list.map((name) => JSON.stringify(name)).join('\t');
  const [last, refused] = lastCells(model);
  const lines = [
    `# iris vectors 1, model ${version}, SHA-256 ${sha256}`,
    `# A row: ${features.length} inputs, the class index, ${classes.length} probabilities${last}. Doubles are 16 hex digits of their bits, sign first.`,
    `# NaN is a missing value; a category is its index, -1 one that the model does not know. ${refused} -1 where it refuses the row.`,
    `# features\t${names(features.map(({ name }) => name))}`,
    ...features.flatMap((feature, index) =>
      feature.kind === 'category' ? [`# categories of feature ${index}\t${names(feature.categories)}`] : [],
    ),
    `# classes\t${names(classes)}`,
  ];
  const isTree = ensembleOf(model) === null;
  for (const { input, label, leaf, margins, shares } of makeVectors(model, precision)) {
    const rest = isTree ? [leaf] : Array.from(margins ?? [], hexOf);
    lines.push([...Array.from(input, hexOf), label, ...Array.from(shares, hexOf), ...rest].join('\t'));
  }
  return `${lines.join('\n')}\n`;
}

/** What a row ends with, by the kind of the model, and what is -1. */
function lastCells(model: Model): readonly [string, string] {
  const scorer = ensembleOf(model);
  if (scorer === null) return [', the leaf', 'Class and leaf are'];
  if (scorer.kind === 'forest') return ['', 'The class is'];
  return [`, ${scorer.ensemble.combine.outputs} margins`, 'The class is'];
}
