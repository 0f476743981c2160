import { badOption } from '../ground/errors.js';
import { checkOptions } from '../ground/options.js';
import { cellParser } from './cells.js';
import { checkedSource } from './checked-source.js';
import type { Dataset, FeatureColumn } from './dataset.js';
import { columnParser } from './date-cells.js';
import { modelColumns } from './date-columns.js';
import { HoldoutReader } from './holdout-column.js';
import { type KnownCategoryReader, KnownClassReader, knownReader, NumberReader } from './known-readers.js';
import { openSource } from './open-source.js';
import { readColumns } from './read-columns.js';
import { readAsItIs, readRemedied } from './read-remedied.js';
import { readForTraining } from './read-training.js';
import {
  cellGrammar,
  type LabelledTableOptions,
  type ReadOptions,
  readTable,
  refuseLayout,
  refuseRelation,
  type Schema,
  type SchemaFeature,
} from './schema.js';
import { matchColumns } from './selection.js';
import type { TableSource } from './table-source.js';

/**
 * Reads a table for training, or with `options.schema` for scoring a trained model on it.
 *
 * Numbers are decimal, missing cells are empty or, among numbers, NA and the like, and spaces around a cell do not count.
 * A column is categorical when it is named so or when no cell of it is a number. Memory is that of the columns, not of the
 * file.
 *
 * @param input a source, a path (CSV, packed or not), a folder or a pattern of such files, or `-` for standard input
 * @throws InputError; DataError, with the place where there is one; UsageError for an option that is unknown or
 *   out of its range, or that a source cannot follow
 */
export async function readDataset(input: string | TableSource, options: ReadOptions = {}): Promise<Dataset> {
  checkOptions(options, readTable);
  const { auto = false, schema } = options;
  if (auto && schema === undefined) {
    if (typeof input === 'string') return readRemedied(input, options);
    throw badOption('auto', 'the name of an input, as a table may be read twice', input, { found: 'a source' });
  }
  if (typeof input === 'string' && schema === undefined) return readAsItIs(input, options);
  if (typeof input !== 'string') {
    refuseLayout(options);
    refuseRelation(options);
  }
  const source = typeof input === 'string' ? await openSource(input, options) : checkedSource(input);
  return schema ? readForScoring(source, schema, options) : readForTraining(source, options);
}

async function readForScoring(source: TableSource, schema: Schema, options: LabelledTableOptions): Promise<Dataset> {
  const { origin } = source;
  const parser = cellParser(cellGrammar(options));
  const { dropMissingTarget: dropMissing = false, onProgress, signal } = options;
  const readers = (names: readonly string[]) => {
    const found = modelColumns(origin.name, names, options.dates);
    const chosen = matchColumns(origin.name, found, schema);
    const { holdoutBy } = schema;
    return {
      columns: found,
      selection: chosen,
      features: schema.features.map((feature, i) =>
        knownReader(feature, origin, columnParser(parser, found[chosen.features[i]!]!.date)),
      ),
      holdout:
        holdoutBy && chosen.holdout !== undefined
          ? new HoldoutReader({ origin, column: holdoutBy.column }, holdoutBy.rule)
          : undefined,
      label: new KnownClassReader({ origin, column: found[chosen.target]!.name }, schema.classes, parser, dropMissing),
    };
  };
  const read = await readColumns(source, readers, { dropMissing, onProgress, signal });
  const { columns, holdoutBy, labels, places, selection, values, warnings } = read;
  return {
    source: origin.name,
    target: columns[selection.target]!.name,
    features: schema.features.map((feature, i) => knownColumn(feature, read.features[i]!, values[i]!)),
    classes: schema.classes,
    labels: Uint16Array.from(labels),
    rowCount: places.length,
    lines: places,
    ...(holdoutBy && { holdoutBy }),
    rowUnit: origin.unit,
    ...(origin.files?.length && { files: origin.files }),
    warnings,
  };
}

function knownColumn(
  { categories, name, other }: SchemaFeature,
  reader: NumberReader | KnownCategoryReader,
  values: Float64Array,
): FeatureColumn {
  const kind = reader instanceof NumberReader ? 'number' : 'category';
  const column = { name, values, ...(reader.leftOut.hasGap(kind) && { missesLeftOut: true }) };
  if (reader instanceof NumberReader) return { ...column, kind: 'number' };
  const unseen = reader.unseen.kept;
  return {
    ...column,
    kind: 'category',
    categories: categories!,
    ...(other !== undefined && { other }),
    ...(unseen.length > 0 && { unseen }),
  };
}
