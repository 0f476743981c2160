import type { Advice } from '../ground/errors.js';
import { MAX_CATEGORIES } from '../ground/limits.js';
import { nameInWords, quote } from '../ground/quote.js';
import { cellMessage, placeOfAnother, quotedWord } from './column-reader.js';
import { type DateOrder, dateOrdersIn } from './date-cells.js';
import { clashWith, datesAdvice } from './date-columns.js';
import { type ColumnProfile, type FeatureReader, MAX_TEXTS } from './feature-reader.js';
import { isInfinite, isLikelyMissing, missingAdvice } from './missing-words.js';
import { isMost, isWrittenSo, type NumberWriting, ownWriting, writingInWords, writingOf } from './number-writings.js';
import type { PlacedCell } from './table-source.js';
import { ODD_SHARE, type Trouble } from './trouble.js';

/** Different words for a missing value that an advice lists. */
const MOST_WORDS = 5;

/** Different texts of a column, the first ones, from which it is told what they look like. */
const TEXTS_LOOKED_AT = 1000;

/** A feature column as it was read. */
export interface FeatureRead {
  readonly reader: FeatureReader;
  readonly values: Float64Array;
  readonly places: Uint32Array;
}

/** What else is to be known of a table. */
export interface TableTraits {
  /** Where rare categories are pooled. */
  readonly maxCategories: number | undefined;
  /** Words that are missing values in it. */
  readonly missing: readonly string[];
  /** Of all its columns. */
  readonly names: readonly string[];
}

/** What is wrong with the features of a table. */
export function featureTroubles(features: readonly FeatureRead[], traits: TableTraits): Trouble[] {
  const withTexts = features.filter(({ reader }) => reader.kind !== 'number' && reader.kind !== 'undecided');
  const profiles = new Map(withTexts.map(({ reader, values }) => [reader, reader.profile(values)]));
  const writing = tableWriting(features, profiles);
  const told = new Set<string>();
  return features.flatMap((feature) => {
    const { reader } = feature;
    if (reader.kind === 'undecided') return [withoutValue(reader)];
    if (reader.kind === 'number') return mergedNumbers(feature);
    const profile = profiles.get(reader);
    if (profile && reader.date) return noDate(reader, profile, told);
    const trouble =
      profile &&
      (oddWords(reader, profile, traits) ??
        looksTrouble(reader, profile, writing, traits) ??
        kindTrouble(reader, profile, traits));
    return trouble === undefined ? [] : [trouble];
  });
}

/** How the numbers of the table are written that were read as text. */
function tableWriting(
  features: readonly FeatureRead[],
  profiles: ReadonlyMap<FeatureReader, ColumnProfile>,
): NumberWriting | undefined {
  const unnamed = [...profiles].filter(([reader]) => !reader.asText && !reader.date).map(([, profile]) => profile);
  const columns = unnamed.map((profile) => ({ texts: someTexts(profile) }));
  const writing = writingOf(columns, false);
  if (writing?.decimal !== ',' || !hasPoints(features, unnamed)) return writing;
  return writingOf(columns, true);
}

function someTexts({ differentTexts }: ColumnProfile): readonly string[] {
  return differentTexts.slice(0, TEXTS_LOOKED_AT);
}

function hasPoints(features: readonly FeatureRead[], profiles: readonly ColumnProfile[]): boolean {
  if (profiles.some(({ fractions }) => fractions)) return true;
  return features.some(
    ({ reader, values }) =>
      reader.kind === 'number' && values.some((value) => !Number.isInteger(value) && !Number.isNaN(value)),
  );
}

function withoutValue({ place: { column, origin } }: FeatureReader): Trouble {
  const name = nameInWords(column);
  return {
    column,
    reason: 'constant',
    message: `${origin.name}: ${name}: expected values, found only missing cells`,
    advice: { option: 'ignore', value: [column], effect: 'leaves it out' },
    remedy: { ignore: [column] },
  };
}

/**
 * The column was said to be dates, so a cell that is none is a mistake, however many there are.
 * @param told cells that were told of already: several numbers are made of one date
 */
function noDate({ numberInWords }: FeatureReader, { firstTexts, place }: ColumnProfile, told: Set<string>): Trouble[] {
  const [{ cell, place: where }] = firstTexts as [PlacedCell<string>];
  const key = `${where} ${cell}`;
  if (told.has(key)) return [];
  told.add(key);
  return [{ column: place.column, reason: 'cell', message: cellMessage(place, where, numberInWords, quote(cell)) }];
}

/** Whole numbers that a double does not keep apart: ids and codes, of which each is to be another one. */
function mergedNumbers({ places, reader: { place, twins }, values }: FeatureRead): Trouble[] {
  if (twins === undefined) return [];
  const { column, origin } = place;
  const name = nameInWords(column);
  const first = `${quote(String(twins.first))} ${placeOfAnother(origin, places[values.indexOf(twins.value)]!)}`;
  const found = `${quote(String(twins.second))}, as a double the same as ${first}`;
  const leaveOut = { option: 'ignore', value: name, effect: 'leaves it out' };
  return [
    {
      column,
      reason: 'cell',
      message: cellMessage(place, twins.place, 'whole numbers that a double keeps apart', found),
      advice: { option: 'categorical', value: name, effect: 'reads the column as text', or: leaveOut },
      remedy: { ignore: [column] },
    },
  ];
}

/** Words among numbers that may stand for missing ones, or for numbers that no double holds. A person has to say. */
function oddWords(
  { asText, kind }: FeatureReader,
  profile: ColumnProfile,
  { missing }: TableTraits,
): Trouble | undefined {
  if (asText) return undefined;
  const { differentTexts: texts, place } = profile;
  const infinite = texts.some(isInfinite);
  if (kind === 'category' ? !isMost(texts.filter(isInfinite).length, texts.length) : !areOddWords(profile)) {
    return undefined;
  }
  const [first] = profile.firstTexts as [PlacedCell<string>];
  const expected = infinite ? 'a finite number' : 'a number';
  const others = otherOddCells(profile, profile.countCells().texts - 1, true);
  const message = cellMessage(place, first.place, expected, `${oddText(profile, first.cell)}${others}`);
  const value = nameInWords(place.column);
  const keep: Advice = { option: 'categorical', value, effect: 'reads the column as text' };
  const leaveOut: Advice = { option: 'ignore', value, effect: 'leaves it out' };
  // No list makes a word in quotes a missing value.
  if (texts.some(profile.isQuotedWord)) {
    return { column: place.column, reason: 'cell', message, advice: { ...keep, or: leaveOut } };
  }
  // Without them there would be no value, or too many are to be listed.
  const effect = texts.length === 1 ? 'takes it for a missing value' : 'takes them for missing values';
  const canBeMissing = kind === 'mixed' && texts.length <= MOST_WORDS;
  const advice = canBeMissing ? missingAdvice([...missing, ...texts], effect) : leaveOut;
  return { column: place.column, reason: 'cell', message, advice: { ...advice, or: keep } };
}

/** Texts among numbers that are all such words; or one text, again and again, among many numbers. */
function areOddWords({ countCells, differentTexts: texts }: ColumnProfile): boolean {
  if (texts.every((text) => isLikelyMissing(text) || isInfinite(text))) return true;
  if (texts.length > 1) return false;
  const { numbers, texts: count } = countCells();
  return count > 1 && count <= ODD_SHARE * (numbers + count);
}

/** Texts most of which are dates, or numbers written in another way. */
function looksTrouble(
  { asText, kind }: FeatureReader,
  profile: ColumnProfile,
  writing: NumberWriting | undefined,
  { names }: TableTraits,
): Trouble | undefined {
  if (asText) return undefined;
  const texts = someTexts(profile);
  if (writing !== undefined && isWrittenSo({ texts }, writing)) {
    return looksLike(profile, writingInWords(ownWriting({ texts }, writing)), writingAdvice(writing), writing);
  }
  const orders = dateOrdersIn(texts);
  if (orders.length > 0 && kind === 'category') return looksLikeDates(profile, orders, names);
  const other = writingOf([{ texts }], false);
  if (other === undefined) return undefined;
  return looksLike(profile, `${writingInWords(other)}, unlike other columns`, undefined, undefined);
}

/** Where both the day and the month may come first, a person has to say. */
function looksLikeDates(profile: ColumnProfile, orders: readonly DateOrder[], names: readonly string[]): Trouble {
  const { column } = profile.place;
  const clash = clashWith(column, names);
  if (clash !== undefined) {
    const found = `dates, of which no ${quote(clash)} can be made beside the column of this name`;
    const leaveOut: Advice = { option: 'ignore', value: [column], effect: 'leaves the column out' };
    const trouble = looksLike(profile, found, undefined, { categorical: [column] });
    return { ...trouble, advice: { ...trouble.advice!, or: leaveOut } };
  }
  const advice = datesAdvice(column, orders, 'reads them as days, years, months and weekdays');
  if (orders.length > 1)
    return looksLike(profile, 'dates with the day or the month first (both fit)', advice, undefined);
  return looksLike(profile, 'dates', advice, { dates: { [column]: orders[0]! } });
}

function looksLike(
  { firstTexts, place }: ColumnProfile,
  found: string,
  advice: Advice | undefined,
  remedy: Trouble['remedy'],
): Trouble {
  const [first] = firstTexts;
  const keep = { option: 'categorical', value: [place.column], effect: 'keeps them as text' };
  return {
    column: place.column,
    reason: 'cell',
    message: cellMessage(place, first!.place, 'numbers or categories', `${found}, ${quote(first!.cell)}`),
    advice: withLast(advice, keep),
    remedy,
  };
}

/** After the ways that there are. */
function withLast(advice: Advice | undefined, last: Advice): Advice {
  return advice === undefined ? last : { ...advice, or: withLast(advice.or, last) };
}

function writingAdvice(writing: NumberWriting): Advice {
  const [first, ...more] = Object.entries(writing).map(([option, value]) => ({
    option,
    value: typeof value === 'string' ? `'${value}'` : value,
  }));
  return { ...first!, ...(more.length > 0 && { and: more }), effect: 'reads them as numbers' };
}

/** Numbers and text in one column, or too many categories. */
function kindTrouble(
  reader: FeatureReader,
  profile: ColumnProfile,
  { maxCategories }: TableTraits,
): Trouble | undefined {
  if (reader.kind === 'mixed') return mixedTrouble(profile, maxCategories);
  if (profile.different <= (maxCategories === undefined ? MAX_CATEGORIES : MAX_TEXTS - 1)) return undefined;
  return tooManyCategories(profile, maxCategories);
}

function mixedTrouble(profile: ColumnProfile, maxCategories: number | undefined): Trouble {
  const { firstNumber: number, firstTexts, place } = profile;
  const { numbers, texts } = profile.countCells();
  const { column, origin } = place;
  const [text] = firstTexts;
  const textIsOdd = numbers === texts ? number!.place < text!.place : numbers > texts;
  const others = otherOddCells(profile, Math.min(numbers, texts) - 1, textIsOdd);
  const message = textIsOdd
    ? cellMessage(place, text!.place, 'a number', `${oddText(profile, text!.cell)}${others}`)
    : cellMessage(
        place,
        number!.place,
        `text as ${placeOfAnother(origin, text!.place)} (${quote(text!.cell)})`,
        `the number ${number!.cell}${others}`,
      );
  const asText: Advice = { option: 'categorical', value: [column], effect: 'reads the column as text' };
  const isOdd = texts <= ODD_SHARE * (numbers + texts) || (numbers > texts && profile.differentTexts.some(isInfinite));
  if (isOdd) return { column, reason: 'cell', message, advice: asText };
  const tooMany = tooManyCategories(profile, maxCategories);
  if (profile.different <= MAX_CATEGORIES) {
    return { column, reason: 'cell', message, advice: asText, remedy: { categorical: [column] } };
  }
  const { ignore, ...pool } = tooMany.remedy ?? {};
  const remedy = ignore ? { ignore } : { ...pool, categorical: [column] };
  return { column, reason: 'cell', message, advice: ignore ? tooMany.advice : asText, remedy };
}

function oddText({ isQuotedWord }: ColumnProfile, cell: string): string {
  return isQuotedWord(cell) ? quotedWord(cell) : quote(cell);
}

/** ` (and 7 more such cells, "136B" on line 612 among them)` */
function otherOddCells(profile: ColumnProfile, more: number, textIsOdd: boolean): string {
  if (more === 0) return '';
  const { firstTexts, place } = profile;
  const [, second] = firstTexts;
  const cells = `${more} more such ${more === 1 ? 'cell' : 'cells'}`;
  if (!textIsOdd || second === undefined) return ` (and ${cells})`;
  const quotes = profile.isQuotedWord(second.cell) ? ' in quotes' : '';
  return ` (and ${cells}, ${quote(second.cell)}${quotes} ${placeOfAnother(place.origin, second.place)} among them)`;
}

/** Most texts are there once: free text or an id. Otherwise the rare ones can be pooled. */
function tooManyCategories(profile: ColumnProfile, maxCategories: number | undefined): Trouble {
  const { different, firstTexts, place } = profile;
  const { column, origin } = place;
  const { missing, numbers, texts } = profile.countCells();
  const name = nameInWords(column);
  const count = different >= MAX_TEXTS ? `${MAX_TEXTS} or more` : String(different);
  const cells = numbers + texts;
  const most = maxCategories === undefined ? MAX_CATEGORIES : MAX_TEXTS - 1;
  const found = `found ${count} different ones in ${cells} ${missing > 0 ? 'rows with a value' : 'rows'}, such as ${quote(firstTexts[0]!.cell)}`;
  const leaveOut: Advice = { option: 'ignore', value: [column], effect: 'leaves it out' };
  const pool: Advice = { option: 'maxCategories', value: String(MAX_CATEGORIES), effect: 'pools the rare ones' };
  const isFree = 2 * different > cells || different >= MAX_TEXTS;
  return {
    column,
    reason: 'cell',
    message: `${origin.name}: ${name}: expected at most ${most} categories, ${found}`,
    advice: isFree ? leaveOut : { ...pool, or: leaveOut },
    remedy: isFree ? { ignore: [column] } : { maxCategories: MAX_CATEGORIES },
  };
}
