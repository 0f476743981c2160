import { DataError } from '../ground/errors.js';
import { nameInWords, quote } from '../ground/quote.js';
import { FeatureReader, LabelReader } from './cell-readers.js';
import { compareCodePoints } from './cells.js';
import { sourceName } from './csv/input.js';
import { readTable, type Threading } from './csv/read-table.js';
import type { Dataset, FeatureColumn } from './dataset.js';
import { datasetWarnings, headerWarnings } from './dataset-warnings.js';
import { KnownCategoryReader, KnownClassReader, NumberReader } from './known-readers.js';
import type { ReadOptions, Schema } from './schema.js';
import { matchColumns, selectColumns } from './selection.js';
import { TableBuilder } from './table-builder.js';

/**
 * Reads a table for training, or with `options.schema` for scoring a trained model on it.
 *
 * Numbers are decimal, missing cells are empty, NA, NaN, null or ?, and spaces around a cell do not count. A column is
 * categorical when it is named so or when no cell of it is a number. Memory is that of the columns, not of the file.
 *
 * @param input a path (CSV, or CSV in gzip), or `-` for standard input
 * @param threading when to use threads; the result does not depend on it
 * @throws InputError; DataError, with the line where there is one; UsageError for a delimiter that cannot be one
 */
export function readDataset(input: string, options: ReadOptions = {}, threading?: Threading): Promise<Dataset> {
  const { schema } = options;
  return schema ? readForScoring(input, options, schema, threading) : readForTraining(input, options, threading);
}

async function readForTraining(input: string, options: ReadOptions, threading?: Threading): Promise<Dataset> {
  const source = sourceName(input);
  const categorical = new Set(options.categorical);
  const builder = new TableBuilder(source, (names) => {
    const selection = selectColumns(source, names, options);
    const place = (column: number) => ({ source, column: names[column]! });
    return {
      names,
      selection,
      features: selection.features.map((column) => new FeatureReader(place(column), categorical.has(names[column]!))),
      label: new LabelReader(place(selection.target)),
    };
  });
  await readTable(input, options, builder, threading);

  const { names, selection, features: readers, label, values, labels, lines } = builder.finish();
  const features = selection.features.map((column, i) =>
    finishFeature(source, names[column]!, readers[i]!, values[i]!),
  );
  const { classes, classOf } = label.finish();
  const target = names[selection.target]!;
  if (classes.length === 1) {
    throw new DataError(
      `${source}: ${nameInWords(target)}: expected at least two classes, found only ${quote(classes[0]!)}`,
    );
  }
  const table = {
    source,
    target,
    features,
    classes,
    labels: Uint16Array.from(labels, (index) => classOf[index]!),
    rowCount: lines.length,
    lines,
  };
  const header = options.header ?? true;
  return { ...table, warnings: [...(header ? headerWarnings(source, names) : []), ...datasetWarnings(table)] };
}

async function readForScoring(
  input: string,
  options: ReadOptions,
  schema: Schema,
  threading?: Threading,
): Promise<Dataset> {
  const source = sourceName(input);
  const builder = new TableBuilder(source, (names) => {
    const selection = matchColumns(source, names, schema);
    return {
      names,
      selection,
      features: schema.features.map(({ name, kind, categories }) =>
        kind === 'number' ? new NumberReader({ source, column: name }) : new KnownCategoryReader(categories!),
      ),
      label: new KnownClassReader({ source, column: names[selection.target]! }, schema.classes),
    };
  });
  await readTable(input, options, builder, threading);

  const { names, selection, values, labels, lines } = builder.finish();
  return {
    source,
    target: names[selection.target]!,
    features: schema.features.map(({ name, kind, categories }, i) =>
      kind === 'number'
        ? { name, kind, values: values[i]! }
        : { name, kind, values: values[i]!, categories: categories! },
    ),
    classes: schema.classes,
    labels: Uint16Array.from(labels),
    rowCount: lines.length,
    lines,
    warnings: [],
  };
}

/** Gives categories their final indices, by code point. */
function finishFeature(source: string, name: string, reader: FeatureReader, values: Float64Array): FeatureColumn {
  if (reader.kind === 'number') return { name, kind: 'number', values };
  const seen = reader.categories;
  if (seen.length === 0) {
    const advice = `; --ignore ${nameInWords(name)} leaves it out`;
    throw new DataError(`${source}: ${nameInWords(name)}: expected values, found only missing cells${advice}`);
  }
  const categories = [...seen].sort(compareCodePoints);
  const rank = seen.map((category) => categories.indexOf(category));
  for (let row = 0; row < values.length; row++) {
    const index = values[row]!;
    if (!Number.isNaN(index)) values[row] = rank[index]!;
  }
  return { name, kind: 'category', values, categories };
}
