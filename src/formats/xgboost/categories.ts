import { MAX_CATEGORIES } from '../../ground/limits.js';
import { nameInWords } from '../../ground/quote.js';
import {
  type ForeignObject,
  listAt,
  member,
  numbersAt,
  objectAt,
  refuseUnsupported,
  refuseValue,
  wholeAt,
} from '../foreign-value.js';
import type { XgboostTree } from './tree.js';

/**
 * The categories of each feature; null for a number. From 3.1 on files have the names of a data frame's; else a category is
 * its code, and those that no tree asks for are as good as unknown ones.
 *
 * @throws ArtifactError
 */
export function categoriesOf(
  learner: ForeignObject,
  model: ForeignObject,
  featureCount: number,
  trees: readonly XgboostTree[],
): { readonly categories: (readonly string[] | null)[]; readonly coded: readonly number[] } {
  const types = member(learner, 'feature_types');
  const list = types === undefined ? [] : listAt(types, 'learner.feature_types');
  if (list.length > 0 && list.length !== featureCount)
    refuseValue('learner.feature_types', `an array of ${featureCount}`, list);
  const codes = highestCodes(featureCount, trees);
  const names = namesOf(model, featureCount);
  const categories = names.map((own, feature) => {
    const isCategory = codes[feature] >= 0 || (list.length > 0 && list[feature] === 'c') || own !== null;
    return isCategory ? checked(own, codes[feature], feature) : null;
  });
  return {
    categories,
    coded: [...names.keys()].filter((index) => categories[index] !== null && names[index] === null),
  };
}

function checked(names: readonly string[] | null, highest: number, feature: number): readonly string[] {
  const count = names === null ? Math.max(highest, 0) + 1 : names.length;
  if (count > MAX_CATEGORIES) {
    refuseUnsupported(`feature ${feature} has ${count} categories: at most ${MAX_CATEGORIES} are taken`);
  }
  if (names === null) return Array.from({ length: count }, (_, code) => String(code));
  if (highest >= count) refuseValue(`the trees, of feature ${feature}`, `categories below ${count}`, highest);
  const second = names.find((name, index) => names.indexOf(name) < index);
  if (second !== undefined)
    refuseValue(`the categories of feature ${feature}`, 'each name once', `${nameInWords(second)} twice`);
  return names;
}

/** The highest category that a tree asks for, per feature; -1 where none does. */
function highestCodes(featureCount: number, trees: readonly XgboostTree[]): Int32Array {
  const highest = new Int32Array(featureCount).fill(-1);
  const asAny = new Uint8Array(featureCount);
  for (const { feature, path, sets } of trees) {
    for (const [node, set] of sets) {
      const asked = wholeAt(feature[node], `${path}.split_indices[${node}]`, 0, featureCount - 1);
      asAny[asked] = 1;
      for (const code of set)
        highest[asked] = Math.max(highest[asked], wholeAt(code, `${path}.categories`, 0, 1 << 24));
    }
  }
  return highest.map((code, feature) => Math.max(code, asAny[feature] - 1));
}

/** Names of the categories of a data frame, per feature; null where there are none. */
function namesOf(model: ForeignObject, featureCount: number): (readonly string[] | null)[] {
  const none = new Array<null>(featureCount).fill(null);
  const given = member(model, 'cats');
  if (given === undefined) return none;
  const path = 'learner.gradient_booster.model.cats.enc';
  const columns = listAt(member(objectAt(given, path), 'enc') ?? [], path);
  if (columns.length === 0) return none;
  if (columns.length !== featureCount) refuseValue(path, `an array of ${featureCount}`, columns);
  return Array.from(columns, (column, index) =>
    columnNames(objectAt(column, `${path}[${index}]`), `${path}[${index}]`),
  );
}

function columnNames(column: ForeignObject, path: string): readonly string[] | null {
  const values = numbersAt(member(column, 'values'), `${path}.values`);
  const given = member(column, 'offsets');
  if (given === undefined) return values.length === 0 ? null : Array.from(values, String);
  const offsets = numbersAt(given, `${path}.offsets`);
  if (offsets.length < 2) return null;
  const bytes = Uint8Array.from(values, (byte) => byte & 0xff);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  return Array.from({ length: offsets.length - 1 }, (_, index) => {
    const start = wholeAt(offsets[index], `${path}.offsets[${index}]`, 0, bytes.length);
    const end = wholeAt(offsets[index + 1], `${path}.offsets[${index + 1}]`, start, bytes.length);
    try {
      return decoder.decode(bytes.subarray(start, end));
    } catch {
      // XGBoost 3.2 counts characters, not bytes, and cuts names of others than ASCII.
      return refuseUnsupported(
        `${path}: the name of category ${index} is cut in the file: use names of ASCII characters`,
      );
    }
  });
}
