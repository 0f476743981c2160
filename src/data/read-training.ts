import { type Advice, adviceInWords } from '../ground/errors.js';
import { MAX_CATEGORIES } from '../ground/limits.js';
import { nameInWords, namesInWords, quote, quotedList } from '../ground/quote.js';
import { cellParser } from './cells.js';
import { placeOfAnother } from './column-reader.js';
import type { Dataset, FeatureColumn } from './dataset.js';
import { datasetWarnings, isId } from './dataset-warnings.js';
import { modelColumns } from './date-columns.js';
import { FeatureReader } from './feature-reader.js';
import { featureTroubles } from './feature-troubles.js';
import { HoldoutReader } from './holdout-column.js';
import { LabelReader, type TargetReader } from './label-reader.js';
import { missingAdvice } from './missing-words.js';
import { poolCategories } from './pool-categories.js';
import { QuantileReader, quantileCount } from './quantile-reader.js';
import { readColumns, type TableRead } from './read-columns.js';
import { joinRemedies, type Remedy } from './remedy.js';
import { cellGrammar, type ReadOptions } from './schema.js';
import { holdoutColumnOf, selectColumns } from './selection.js';
import type { TableSource } from './table-source.js';
import { type Trouble, TroublesError } from './trouble.js';

/** Columns and words that a message lists before it stops. */
const LISTED = 5;

type TrainingRead = TableRead<FeatureReader, TargetReader>;

/**
 * Reads a table for training, to its end whatever is wrong with some columns.
 * @param strict whether columns that had better be left out are an error
 * @throws DataError that tells of all columns with which something is wrong
 */
export async function readForTraining(source: TableSource, options: ReadOptions, strict = false): Promise<Dataset> {
  const { maxCategories } = options;
  const { dropMissingTarget: dropMissing = false, onProgress, signal } = options;
  const readers = (names: readonly string[]) => readersOf(source, names, options);
  const read = await readColumns(source, readers, { dropMissing, onProgress, signal });
  for (const [i, reader] of read.features.entries()) reader.settle(read.values[i]!, read.places);
  refuseTroubles(source, read, options, strict);
  const { columns, features, holdoutBy, label, places, selection, values } = read;
  const { classes, classOf } = label.finish(read.labels);
  const { files, name, unit } = source.origin;
  const table = {
    source: name,
    target: columns[selection.target]!.name,
    features: features.map((reader, i) => finishFeature(reader, values[i]!, maxCategories)),
    classes,
    labels: finalLabels(read.labels, classOf),
    rowCount: places.length,
    lines: places,
    ...(holdoutBy && { holdoutBy }),
    rowUnit: unit,
    ...(files?.length && { files }),
  };
  const dates = new Set(columns.filter(({ date }) => date !== undefined).map((column) => column.name));
  const words = [wordWarning(name, read, options.missing), classWarning(name, read, options.missing)].filter(
    (warning) => warning !== undefined,
  );
  return {
    ...table,
    warnings: [
      ...read.warnings,
      ...leftOutWarning(source, features),
      ...words.map(({ advice, said }) => said + adviceInWords(advice)),
      ...datasetWarnings(table, dates),
    ],
    ...(words.length > 0 && { advice: words.map(({ advice }) => advice) }),
  };
}

/** A loop: `Uint16Array.from` with a function takes several times as long. */
function finalLabels(indices: Uint32Array, classOf: Uint16Array): Uint16Array {
  const labels = new Uint16Array(indices.length);
  for (let row = 0; row < labels.length; row++) labels[row] = classOf[indices[row]!]!;
  return labels;
}

function readersOf({ origin }: TableSource, names: readonly string[], options: ReadOptions) {
  const parser = cellParser(cellGrammar(options));
  const columns = modelColumns(origin.name, names, options.dates);
  const selection = selectColumns(origin.name, columns, options);
  const categorical = new Set(options.categorical);
  const target = columns[selection.target]!;
  const place = { origin, column: target.name };
  const asked = holdoutColumnOf(options);
  return {
    columns,
    selection,
    features: selection.features.map((column) => {
      const { date, name } = columns[column]!;
      return new FeatureReader({ origin, column: name }, categorical.has(name), parser, date);
    }),
    holdout: asked && new HoldoutReader({ origin, column: asked.column }, asked.rule),
    label:
      options.classesFrom === undefined
        ? new LabelReader(place, parser, categorical.has(target.name), options.dropMissingTarget)
        : new QuantileReader(place, quantileCount(options.classesFrom), parser, options.dropMissingTarget),
  };
}

/** @throws DataError */
function refuseTroubles(source: TableSource, read: TrainingRead, options: ReadOptions, strict: boolean): void {
  const { features, label, labels, places, values } = read;
  const { missing } = options;
  const target = label.troubles(labels, missing ?? features.flatMap((reader) => reader.missingWords));
  if (target.length === 0) target.push(...oneClass(source, read));
  const reads = features.map((reader, i) => ({ reader, values: values[i]!, places }));
  const traits = {
    maxCategories: options.maxCategories,
    missing: missingWords(read, missing),
    names: read.columns.map(({ name }) => name),
  };
  const found = [...target, ...featureTroubles(reads, traits)].map((trouble) =>
    options.features !== undefined && trouble.remedy?.ignore ? withoutRemedy(trouble) : trouble,
  );
  // The options that help are told whole, so that they are those with which the table is read under `auto`.
  const whole = strict || (found.length > 0 && found.every(({ remedy }) => remedy !== undefined));
  const mild = whole && options.features === undefined ? ids(source, read, found) : [];
  const troubles = leavesNothing([...found, ...mild], features.length) ? found : [...found, ...mild];
  if (troubles.length > 0) throw new TroublesError(source.origin.name, troubles, remedyOf(troubles, features.length));
}

/** A column that was asked for by name cannot be left out as well. */
function withoutRemedy({ advice: _, remedy: __, ...trouble }: Trouble): Trouble {
  return trouble;
}

function oneClass({ origin }: TableSource, { columns, label, labels, selection }: TrainingRead): Trouble[] {
  const { classes } = label.finish(labels);
  if (classes.length > 1) return [];
  const column = columns[selection.target]!.name;
  const found = `expected at least two classes, found only ${quote(classes[0]!)}`;
  return [{ column, reason: 'classes', message: `${origin.name}: ${nameInWords(column)}: ${found}` }];
}

/** Ids among the columns, of those with which nothing else is wrong. */
function ids({ origin }: TableSource, read: TrainingRead, found: readonly Trouble[]): Trouble[] {
  const { columns, features, selection, values } = read;
  const troubled = new Set(found.map(({ column }) => column));
  return features.flatMap((reader, i): Trouble[] => {
    const { date, name } = columns[selection.features[i]!]!;
    const { kind } = reader;
    if (date !== undefined || troubled.has(name) || (kind !== 'number' && kind !== 'category')) return [];
    if (!isId({ kind, values: values[i]!, categories: reader.categories })) return [];
    const message = `${origin.name}: ${nameInWords(name)}: it has a different value in every row and looks like an id`;
    return [{ column: name, reason: 'cell', message, mild: true, remedy: { ignore: [name] } }];
  });
}

/** Whether no column would be left; one that looks like an id is better than none. */
function leavesNothing(troubles: readonly Trouble[], featureCount: number): boolean {
  const ignored = troubles.reduce<Remedy>((joined, { remedy = {} }) => joinRemedies(joined, remedy), {}).ignore ?? [];
  return ignored.length >= featureCount;
}

/** What would help against all of them, if there is something. */
export function remedyOf(troubles: readonly Trouble[], featureCount: number): Remedy | undefined {
  if (leavesNothing(troubles, featureCount) || troubles.some(({ remedy }) => remedy === undefined)) return undefined;
  return troubles.reduce<Remedy>((joined, { remedy }) => joinRemedies(joined, remedy!), {});
}

/** Words that are missing values in a table as it was read: those that were listed, else those that were found. */
function missingWords({ features, label }: TrainingRead, listed: readonly string[] | undefined): readonly string[] {
  return listed ?? [...features, { missingWords: label.words }].flatMap((column) => column.missingWords);
}

/** Words for missing values that are categories: one line for all columns. */
function wordWarning(source: string, read: TrainingRead, missing: readonly string[] | undefined) {
  const found = read.features.filter(({ asText, kind, words }) => kind === 'category' && !asText && words.length > 0);
  if (found.length === 0) return undefined;
  const listed = found
    .slice(0, LISTED)
    .map(({ place, words }) => `${nameInWords(place.column)} (${quotedList(words, LISTED)})`);
  const columns = listed.join(', ') + (found.length > LISTED ? `, … (${found.length} columns)` : '');
  const words = [...missingWords(read, missing), ...found.flatMap((reader) => reader.words)];
  const advice: Advice = missingAdvice(words, 'makes them missing');
  return {
    said: `${source}: words that can mean a missing value are categories in columns of text: ${columns}`,
    advice,
  };
}

/** Words that are classes once others are listed for missing values; an empty list says that there are none. */
function classWarning(source: string, read: TrainingRead, missing: readonly string[] = []) {
  const { classWords } = read.label;
  if (classWords.length === 0 || missing.every((word) => word.trim() === '')) return undefined;
  const target = nameInWords(read.columns[read.selection.target]!.name);
  const advice: Advice = {
    ...missingAdvice([...missing, ...classWords], 'leaves their rows out'),
    and: [{ option: 'dropMissingTarget', value: true }],
    or: { option: 'categorical', value: [target], effect: 'says that they are classes' },
  };
  return {
    said: `${source}: ${target}: words that can mean a missing value are classes: ${quotedList(classWords, LISTED)}`,
    advice,
  };
}

/** Text among numbers that nothing is learnt from, as its row is left out: a model refuses it. */
function leftOutWarning({ origin }: TableSource, features: readonly FeatureReader[]): string[] {
  const found = features.filter(({ kind, leftOut }) => kind === 'number' && leftOut.firstText !== undefined);
  if (found.length === 0) return [];
  const names = namesInWords(
    found.map(({ place }) => place.column),
    LISTED,
  );
  const { cell, place } = found[0]!.leftOut.firstText!;
  const text = `${quote(cell)} ${placeOfAnother(origin, place)}`;
  return [
    `${origin.name}: ${names}: rows that are left out have text among the numbers, such as ${text}: the model refuses it`,
  ];
}

/** Gives categories their final indices, by code point. */
function finishFeature(reader: FeatureReader, values: Float64Array, maxCategories = MAX_CATEGORIES): FeatureColumn {
  const kind = reader.kind === 'number' ? 'number' : 'category';
  const column = { name: reader.place.column, ...(reader.leftOut.hasGap(kind) && { missesLeftOut: true }) };
  if (kind === 'number') return { ...column, kind, values };
  const { categories, other, rank } = poolCategories(reader.categories, values, maxCategories);
  for (let row = 0; row < values.length; row++) {
    const index = values[row]!;
    if (!Number.isNaN(index)) values[row] = rank[index]!;
  }
  return { ...column, kind, values, categories, ...(other !== undefined && { other }) };
}
