import { DataError } from '../ground/errors.js';
import { optionNames, requireKnownOptions } from '../ground/options.js';
import { nameInWords, quote } from '../ground/quote.js';
import { type CellParser, cellParser, compareCodePoints } from './cells.js';
import type { Dataset, FeatureColumn } from './dataset.js';
import { datasetWarnings } from './dataset-warnings.js';
import { FeatureReader } from './feature-reader.js';
import { KnownCategoryReader, KnownClassReader, NumberReader } from './known-readers.js';
import { LabelReader } from './label-reader.js';
import { openSource } from './open-source.js';
import { readColumns } from './read-columns.js';
import { cellGrammar, type ReadOptions, type Schema } from './schema.js';
import { matchColumns, selectColumns } from './selection.js';
import type { TableSource } from './table-source.js';

const READ_OPTIONS = optionNames<ReadOptions>({
  header: true,
  delimiter: true,
  encoding: true,
  skipLines: true,
  comment: true,
  decimal: true,
  thousands: true,
  units: true,
  missing: true,
  stdin: true,
  jobs: true,
  target: true,
  features: true,
  ignore: true,
  categorical: true,
  schema: true,
});

/**
 * Reads a table for training, or with `options.schema` for scoring a trained model on it.
 *
 * Numbers are decimal, missing cells are empty, NA, NaN, null or ?, and spaces around a cell do not count. A column is
 * categorical when it is named so or when no cell of it is a number. Memory is that of the columns, not of the file.
 *
 * @param input a source, a path (CSV, or CSV in gzip), or `-` for standard input
 * @throws InputError; DataError, with the place where there is one; UsageError for a delimiter that cannot be one
 */
export async function readDataset(input: string | TableSource, options: ReadOptions = {}): Promise<Dataset> {
  requireKnownOptions(options, READ_OPTIONS);
  const source = typeof input === 'string' ? openSource(input, options) : input;
  const { schema } = options;
  return schema ? readForScoring(source, schema, cellParser(cellGrammar(options))) : readForTraining(source, options);
}

async function readForTraining(source: TableSource, options: ReadOptions): Promise<Dataset> {
  const { origin } = source;
  const categorical = new Set(options.categorical);
  const parser = cellParser(cellGrammar(options));
  const read = await readColumns(source, (names) => {
    const selection = selectColumns(origin.name, names, options);
    const place = (column: number) => ({ origin, column: names[column]! });
    return {
      names,
      selection,
      features: selection.features.map(
        (column) => new FeatureReader(place(column), categorical.has(names[column]!), parser),
      ),
      label: new LabelReader(place(selection.target), parser),
    };
  });
  const { names, places, selection, values } = read;
  const features = selection.features.map((column, i) =>
    finishFeature(origin.name, names[column]!, read.features[i]!, values[i]!),
  );
  const { classes, classOf } = read.label.finish();
  const target = names[selection.target]!;
  if (classes.length === 1) {
    const found = `found only ${quote(classes[0]!)}`;
    throw new DataError('classes', `${origin.name}: ${nameInWords(target)}: expected at least two classes, ${found}`);
  }
  const labels = Uint16Array.from(read.labels, (index) => classOf[index]!);
  const table = {
    source: origin.name,
    target,
    features,
    classes,
    labels,
    rowCount: places.length,
    lines: places,
    rowUnit: origin.unit,
    ...(origin.files?.length && { files: origin.files }),
  };
  return { ...table, warnings: [...read.warnings, ...datasetWarnings(table)] };
}

async function readForScoring(source: TableSource, schema: Schema, parser: CellParser): Promise<Dataset> {
  const { origin } = source;
  const { labels, names, places, selection, values } = await readColumns(source, (columns) => {
    const chosen = matchColumns(origin.name, columns, schema);
    return {
      names: columns,
      selection: chosen,
      features: schema.features.map(({ name, kind, categories }) =>
        kind === 'number'
          ? new NumberReader({ origin, column: name }, parser)
          : new KnownCategoryReader(categories!, parser),
      ),
      label: new KnownClassReader({ origin, column: columns[chosen.target]! }, schema.classes, parser),
    };
  });
  return {
    source: origin.name,
    target: names[selection.target]!,
    features: schema.features.map(({ name, kind, categories }, i) =>
      kind === 'number'
        ? { name, kind, values: values[i]! }
        : { name, kind, values: values[i]!, categories: categories! },
    ),
    classes: schema.classes,
    labels: Uint16Array.from(labels),
    rowCount: places.length,
    lines: places,
    rowUnit: origin.unit,
    ...(origin.files?.length && { files: origin.files }),
    warnings: [],
  };
}

/** Gives categories their final indices, by code point. */
function finishFeature(source: string, name: string, reader: FeatureReader, values: Float64Array): FeatureColumn {
  if (reader.kind === 'number') return { name, kind: 'number', values };
  const seen = reader.categories;
  if (seen.length === 0) {
    const advice = { option: 'ignore', value: nameInWords(name), effect: 'leaves it out' };
    throw new DataError('constant', `${source}: ${nameInWords(name)}: expected values, found only missing cells`, {
      advice,
    });
  }
  const categories = [...seen].sort(compareCodePoints);
  const rank = seen.map((category) => categories.indexOf(category));
  for (let row = 0; row < values.length; row++) {
    const index = values[row]!;
    if (!Number.isNaN(index)) values[row] = rank[index]!;
  }
  return { name, kind: 'category', values, categories };
}
