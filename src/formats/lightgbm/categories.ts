import { MAX_CATEGORIES } from '../../ground/limits.js';
import { shownReason } from '../../ground/quote.js';
import { listAt, refuseUnsupported, refuseValue, wholeAt } from '../foreign-value.js';
import type { Section } from './sections.js';
import type { Categories, LightgbmTree } from './tree.js';

/** What a feature's values were, of categories: their codes. */
const CODES = /^-?\d+(:-?\d+)*$/;

/**
 * The categories of each feature; null for a number. A code is named as in the data frame that the model was trained on, else
 * by itself.
 *
 * @param pandas the categories of the data frame's columns, as JSON
 * @throws ArtifactError
 */
export function categoriesOf(
  header: Section,
  pandas: string | null,
  featureCount: number,
  trees: readonly LightgbmTree[],
): (Categories | null)[] {
  const infos = header.text('feature_infos').split(' ');
  if (infos.length !== featureCount) refuseValue('feature_infos', `${featureCount} entries`, infos);
  const asked = askedCodes(featureCount, trees);
  const isCategory = infos.map((info, feature) => CODES.test(info) || asked[feature].size > 0);
  const names = pandas === null ? null : pandasNames(pandas, isCategory);
  return infos.map((info, feature) => {
    if (!isCategory[feature]) return null;
    const named = names?.[feature];
    if (named) return byPosition(named, feature);
    const seen = info
      .split(':')
      .map(Number)
      .filter((code) => code >= 0);
    const all = new Set([...seen, ...asked[feature]]);
    // One that no tree asks for goes right, as a new one does.
    return byCode(all.size > MAX_CATEGORIES ? asked[feature] : all, feature);
  });
}

/** Codes that trees ask for, per feature. */
function askedCodes(featureCount: number, trees: readonly LightgbmTree[]): Set<number>[] {
  const codes = Array.from({ length: featureCount }, () => new Set<number>());
  for (const { feature, path, sets } of trees) {
    for (const [split, set] of sets) {
      const asked = codes[wholeAt(feature[split], `${path}: split_feature[${split}]`, 0, featureCount - 1)];
      for (const code of set) asked.add(code);
    }
  }
  return codes;
}

function byCode(codes: ReadonlySet<number>, feature: number): Categories {
  const ascending = [...codes].sort((a, b) => a - b);
  checkCount(ascending.length, feature);
  return {
    names: ascending.map(String),
    areCodes: true,
    indices: new Map(ascending.map((code, index) => [code, index])),
  };
}

function byPosition(names: readonly string[], feature: number): Categories {
  checkCount(names.length, feature);
  return { names, areCodes: false, indices: new Map(names.map((_, index) => [index, index])) };
}

function checkCount(count: number, feature: number): void {
  if (count > MAX_CATEGORIES) {
    refuseUnsupported(`feature ${feature} has ${count} categories: at most ${MAX_CATEGORIES} are taken`);
  }
}

/** The names of the data frame's columns of categories, which are in the order of the features. */
function pandasNames(text: string, isCategory: readonly boolean[]): (readonly string[] | null)[] {
  const path = 'pandas_categorical';
  let columns: ArrayLike<unknown>;
  try {
    columns = listAt(JSON.parse(text), path);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return refuseValue(path, `JSON: ${shownReason(cause.message)}`, text);
  }
  if (columns.length === 0) return isCategory.map(() => null);
  const count = isCategory.filter(Boolean).length;
  if (columns.length !== count) {
    refuseUnsupported(
      `the data frame had ${columns.length} columns of categories, and ${count} features of the model are: which is which the file does not say`,
    );
  }
  let next = 0;
  return isCategory.map((isOne) => {
    if (!isOne) return null;
    const place = `${path}[${next}]`;
    return Array.from(listAt(columns[next++], place), (name, index) => nameOf(name, `${place}[${index}]`));
  });
}

function nameOf(name: unknown, path: string): string {
  if (typeof name === 'string') return name;
  return typeof name === 'number' || typeof name === 'boolean'
    ? String(name)
    : refuseValue(path, 'a text or a number', name);
}
