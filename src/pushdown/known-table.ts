import { optionOf } from '../data/holdout-column.js';
import type { LabelledTableOptions } from '../data/schema.js';
import { holdoutColumnOf } from '../evaluation/model-schema.js';
import { DataError } from '../ground/errors.js';
import { nameInWords, namesInWords, quotedList } from '../ground/quote.js';
import type { Feature, Model } from '../model/model.js';
import { requirePart } from '../model/provenance.js';
import { requireTree } from '../model/single-tree.js';
import type { Tree } from '../tree/tree.js';
import { type CountedFeature, type CountedTable, codesOf, countedTable } from './counted-table.js';
import type { Engine } from './engine.js';
import { type RootCounts, rootCounts } from './root-counts.js';
import type { SearchedRows } from './searched-rows.js';

/** A table that is counted against a model: its features, categories and classes are the model's. */
export interface KnownTable {
  readonly counted: CountedTable;
  readonly root: RootCounts;
  readonly tree: Tree;
  readonly classWeights: Float64Array | null;
}

/** Texts that a message shows. */
const SHOWN = 5;

/** @throws DataError for a table with other classes, or categories that the model does not have; UsageError for a forest */
export async function knownTable(engine: Engine, model: Model, layout: LabelledTableOptions): Promise<KnownTable> {
  const { classWeights, tree } = requireTree(model, 'to count rows in an engine');
  const training = requirePart(model, 'training', 'to count rows in an engine');
  const by = holdoutColumnOf(model.provenance);
  const categorical = model.features.filter(({ kind }) => kind === 'category').map(({ name }) => name);
  const { missing, dropMissingTarget } = layout;
  const found = await countedTable(
    engine,
    {
      features: model.features.map(({ name }) => name),
      target: training.target,
      categorical: [...categorical, training.target],
      ...(by && { [optionOf(by.rule)]: by.column }),
      ...(missing && { missing }),
      ...(dropMissingTarget && { dropMissingTarget }),
    },
    { holdout: by === undefined ? 0 : training.holdout, seed: training.seed },
  );
  if (JSON.stringify(found.classes) !== JSON.stringify(model.classes)) {
    const where = `${found.source}: ${nameInWords(found.target)}`;
    const expected = `expected the classes ${namesInWords(model.classes)}, as the model has them`;
    throw new DataError('classes', `${where}: ${expected}, found ${namesInWords(found.classes)}`);
  }
  const features = found.features.map((feature, at) => asKnown(found.source, feature, model.features[at]!));
  const counted = { ...found, features };
  return {
    counted,
    root: await rootCounts(engine, counted),
    tree,
    classWeights: classWeights && Float64Array.from(classWeights),
  };
}

/** With the model's categories. */
function asKnown(
  source: string,
  feature: CountedTable['features'][number],
  known: Feature,
): CountedTable['features'][number] {
  const where = `${source}: ${nameInWords(known.name)}`;
  if (feature.kind !== known.kind) {
    const kinds = { number: 'numbers', category: 'text' };
    throw new DataError('cell', `${where}: expected ${kinds[known.kind]}, found ${kinds[feature.kind]}`);
  }
  if (known.kind === 'number') return feature;
  const unseen = feature.categories.filter((category) => !known.categories.includes(category));
  if (unseen.length > 0) {
    const expected = 'expected categories that the model was trained on, to count them in an engine';
    throw new DataError('cell', `${where}: ${expected}, found ${quotedList(unseen, SHOWN)}`);
  }
  const textsOf = known.categories.map((category) => feature.textsOf[feature.categories.indexOf(category)] ?? []);
  const codeOf = codesOf(textsOf.flatMap((texts, code) => texts.map((text): [string, number] => [text, code])));
  return { ...feature, categories: known.categories, textsOf, codeOf };
}

/** Rows of the table, as the tree's leaves are counted. @param where a condition on `h` */
export function rowsToCount(engine: Engine, { counted, root }: KnownTable, where: string): SearchedRows {
  const features = counted.features.map((feature, at): CountedFeature => {
    return { ...feature, hasMissing: root.features[at]!.missingAnywhere > 0 };
  });
  return {
    engine,
    rows: `(SELECT * FROM ${counted.rows} WHERE c IS NOT NULL AND ${where}) AS counted`,
    source: counted.source,
    features,
    classCount: counted.classes.length,
    objective: { criterion: 'gini', weights: null },
    minSamplesLeaf: 1,
  };
}
