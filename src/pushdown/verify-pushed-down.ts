import { optionOf } from '../data/holdout-column.js';
import type { LabelledTableOptions } from '../data/schema.js';
import type { TableSource } from '../data/table-source.js';
import type { Difference } from '../evaluation/difference.js';
import { listDifferences } from '../evaluation/difference.js';
import { holdoutColumnOf } from '../evaluation/model-schema.js';
import { recordedParameters, type Verification } from '../evaluation/verify-model.js';
import { serializeModel } from '../formats/registry.js';
import { DataError } from '../ground/errors.js';
import type { Model } from '../model/model.js';
import { requirePart } from '../model/provenance.js';
import type { Tree } from '../tree/tree.js';
import { Engine } from './engine.js';
import { aggregatesSha256 } from './fingerprint.js';
import { type KnownTable, knownTable, rowsToCount } from './known-table.js';
import { countLeaves } from './leaf-counts.js';
import { summarize } from './summaries.js';
import { openSql, type PushDownOptions, trainPushedDown } from './train-pushed-down.js';

export interface VerifyPushedOptions extends Omit<PushDownOptions, 'withholdRows' | 'rowsStay'> {
  /** Grow the tree again, and compare the bytes; else the rows of its leaves are counted. */
  readonly regrow?: boolean;
}

/**
 * Whether a model that was grown in an engine has the rows of its table in its leaves. The rows of all other nodes follow.
 *
 * @param text the artifact as it was read
 * @throws DataError where the table is not the one that the model was trained on, by its fingerprint
 */
export async function verifyPushedDown(
  model: Model,
  text: string,
  input: string | TableSource,
  layout: LabelledTableOptions,
  options: VerifyPushedOptions = {},
): Promise<Verification> {
  const { regrow = false, ...rest } = options;
  const table = await openSql(input, layout, options);
  try {
    const engine = new Engine(table, options.signal);
    const known = await knownTable(engine, model, layout);
    const training = rowsToCount(engine, known, 'h = 0');
    await requireSameTable(model, known, training);
    if (!regrow) {
      // Within few queries only of a small tree: of a large one its rows are fetched.
      const counts = await countLeaves(training, known.tree, false);
      const differences = differingLeaves(known.tree, counts);
      return { verified: differences.length === 0, differences, by: 'counts' };
    }
  } finally {
    await table.close();
  }
  return regrown(model, text, input, layout, rest);
}

async function requireSameTable(
  model: Model,
  { counted, root }: KnownTable,
  training: ReturnType<typeof rowsToCount>,
): Promise<void> {
  const recorded = requirePart(model, 'data', 'a verification');
  const rowCount = root.train.reduce((sum, count) => sum + count, 0);
  const summaries = await summarize(training, rowCount, root.features);
  const found = aggregatesSha256({ ...counted, ...root, features: counted.features, summaries });
  if (found === recorded.sha256) return;
  const expected = `expected the table that the model was trained on, SHA-256 ${recorded.sha256}`;
  throw new DataError('other-table', `${counted.source}: ${expected} of its aggregates, found ${found}`);
}

function differingLeaves({ classCount, counts, feature }: Tree, found: Float64Array): Difference[] {
  const differences: Difference[] = [];
  for (let node = 0; node < feature.length; node++) {
    if (feature[node]! >= 0) continue;
    const [start, end] = [node * classCount, (node + 1) * classCount];
    const [before, after] = [[...counts.subarray(start, end)], [...found.subarray(start, end)]];
    if (before.some((count, c) => count !== after[c]))
      differences.push({ path: `rows of leaf ${node}`, before, after });
  }
  return differences;
}

async function regrown(
  model: Model,
  text: string,
  input: string | TableSource,
  { dropMissingTarget, missing, query, table }: LabelledTableOptions,
  options: Omit<PushDownOptions, 'withholdRows' | 'rowsStay'>,
): Promise<Verification> {
  const training = requirePart(model, 'training', 'a verification');
  const by = holdoutColumnOf(model.provenance);
  const categorical = model.features.filter(({ kind }) => kind === 'category').map(({ name }) => name);
  const reading = {
    ...(table !== undefined && { table }),
    ...(query !== undefined && { query }),
    ...(missing && { missing }),
    ...(dropMissingTarget && { dropMissingTarget }),
    features: model.features.map(({ name }) => name),
    target: training.target,
    categorical: [...categorical, training.target],
    ...(by && { [optionOf(by.rule)]: by.column }),
  };
  const withholdRows = model.provenance.summaries?.every(({ histogram }) => histogram === null) ?? false;
  const parameters = recordedParameters(training, model.classes);
  const again = await trainPushedDown(input, reading, parameters, { ...options, withholdRows });
  const retrained = serializeModel(again.model);
  if (retrained === text) return { verified: true, differences: [] };
  const differences = listDifferences(JSON.parse(serializeModel(model)), JSON.parse(retrained));
  return { verified: false, differences };
}
