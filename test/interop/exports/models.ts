import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { readDataset } from '../../../src/data/read-dataset.js';
import type { ReadOptions } from '../../../src/data/schema.js';
import { trainModel } from '../../../src/evaluation/train-model.js';
import { assembleModel } from '../../../src/formats/iris-json/format.js';
import { readModel } from '../../../src/formats/store.js';
import type { Feature, Model } from '../../../src/model/model.js';
import { defaultParameters, defaultsOf } from '../../../src/training/parameters.js';
import { ensembleParts, ensembles } from '../../arbitraries/ensembles.js';
import { modelParts } from '../../arbitraries/model.js';
import { ROOT } from '../../e2e/cli.js';
import { fixturesOf, readFixture } from '../../formats/fixtures.js';
import { toyParts } from '../../model/toy-model.js';
import { assembleTrained } from '../../model/trained-parts.js';

export interface NamedModel {
  /** An identifier in every language. */
  readonly name: string;
  readonly model: Model;
}

const REFERENCES = ['iris', 'wine', 'breast_cancer', 'continuous_200x4_3', 'continuous_1000x6_2'];

/** Names that one language or another would read as its own. */
const HOSTILE = [
  'end */ of /* a comment // here\\',
  'two\nlines\r\n\ttab',
  `"double" 'single' \`back\` """three""" '''three'''`,
  '??/ ??= ??)',
  '\\u0022 \\x41 \\101 \\',
  '𝔘nicode ключ 鍵 \u202e\u200b\ufeff\u2028',
  '%s {0} #{y} $1 \\N{DASH} --',
  'class',
  '</script><!--',
  '\u0001\u001b\u007f\u009b',
  'x'.repeat(5000),
  "'; DROP TABLE t; --",
  ']] ]; [x',
  '1.0',
  ' ',
];

/** Bundled, trained on the reference tables, made by hand, grown from noise, and drawn at random. */
export async function exportedModels(randomCount: number): Promise<NamedModel[]> {
  const named: NamedModel[] = [{ name: 'bundled', model: await readModel(join(ROOT, 'artifacts/iris.json')) }];
  for (const name of REFERENCES) {
    named.push({ name, model: await trained(join(ROOT, `test/fixtures/reference/${name}.csv`)) });
  }
  named.push(
    { name: 'toy', model: assembleTrained(toyParts()) },
    {
      name: 'hostile',
      model: namedModel(HOSTILE, HOSTILE.slice(3, 6), HOSTILE.slice(1, 3)),
    },
  );
  named.push({
    name: 'unusual',
    model: namedModel(['\\u000a}//', '$' + '{x}`$' + '(y)', 'func'], ['%d%n', '👩‍👩‍👧', 'é'.repeat(300)], ['', 'a\\']),
  });
  named.push({ name: 'grown', model: await grown(300, 0.15) }, { name: 'large', model: await grown(14_000, 0.05) });
  fc.sample(modelParts, { seed: 20, numRuns: randomCount }).forEach((parts, index) => {
    if (!JSON.stringify(parts).includes('\\u0000'))
      named.push({ name: `random_${index}`, model: assembleTrained(parts) });
  });
  return named;
}

/** The newest of each kind of file: older ones become the same models. */
const NEWEST = ['xgboost-3.2', 'xgboost-3.1', 'lightgbm-4', 'sklearn-1.9', 'onnx'];

/** Forests that are trained here, imported models of each library, and random ones of every kind. */
export async function exportedEnsembles(randomCount: number): Promise<NamedModel[]> {
  const named: NamedModel[] = [];
  for (const name of ['iris', 'breast_cancer']) {
    named.push({ name: `forest_of_${name}`, model: await forestOf(join(ROOT, `test/fixtures/reference/${name}.csv`)) });
  }
  named.push({ name: 'forest_grown', model: await grown(400, 0.15, forestOf) });
  named.push({ name: 'forest_large', model: await grown(14_000, 0.05, forestOf) });
  named.push(manyCategories());
  for (const fixture of NEWEST.flatMap((library) => fixturesOf(library))) {
    named.push({ name: fixture.name.replace(/\W/g, '_'), model: readFixture(fixture).imported.model });
  }
  for (const [index, drawn] of fc.sample(ensembles, { seed: 20, numRuns: randomCount }).entries()) {
    named.push({ name: `ensemble_${index}`, model: assembleModel(ensembleParts(drawn)) });
  }
  return named;
}

/** Boosted trees with more features, or more classes, than an engine takes in one chain or one call. */
export function broadModels(): NamedModel[] {
  return [broadModel('wide', 600, 3), broadModel('many_classes', 1, 260)];
}

function broadModel(
  name: string,
  featureCount: number,
  classCount: number,
  categories: readonly string[] | null = null,
): NamedModel {
  const leaf = (from: number) => ({
    values: Array.from({ length: classCount }, (_, k) => ((from + 7 * k) % 11) / 4),
    cover: 1,
  });
  const split = { missingLeft: false, zeroIsMissing: false, unknownLeft: false };
  const set = categories === null ? null : [...categories.keys()].filter((category) => category % 3 === 0);
  const root = { ...split, set, feature: 0, threshold: 1.5, left: leaf(1), right: leaf(2) };
  const features = Array.from({ length: featureCount }, (_, f): Feature => {
    const missing = false;
    return categories === null
      ? { name: `f${f}`, kind: 'number', missing }
      : { name: `f${f}`, kind: 'category', missing, categories };
  });
  const parts = ensembleParts({
    ...{ kind: 'boosted', features },
    classes: Array.from({ length: classCount }, (_, k) => `class ${k}`),
    arithmetic: { input: 'float64', split: '<=', sum: 'float64', zero: 0 },
    combine: { by: 'sum', base: null, outputs: classCount, link: 'softmax', scale: 1, function: 'float64/1' },
    trees: [{ output: null, weight: 1, root }],
  });
  return { name, model: assembleModel(parts) };
}

/** More names than what sets the fields of a class in Java may have, in lists that are short each. */
function manyCategories(): NamedModel {
  const categories = Array.from({ length: 255 }, (_, c) => `category ${c}`);
  return broadModel('many_categories', 40, 2, categories);
}

async function forestOf(path: string, options?: ReadOptions): Promise<Model> {
  const dataset = await readDataset(path, options);
  const parameters = { ...defaultsOf('forest'), trees: 11 };
  return (await trainModel(dataset, parameters)).model;
}

async function trained(path: string, options?: ReadOptions): Promise<Model> {
  return (await trainModel(await readDataset(path, options), defaultParameters)).model;
}

/** The toy model with other names. */
function namedModel(names: readonly string[], categories: readonly string[], classes: readonly string[]): Model {
  const parts = toyParts();
  const features = parts.features.map((feature, index) => {
    const name = names[index]!;
    return feature.kind === 'category' ? { ...feature, name, categories } : { ...feature, name };
  });
  return assembleTrained({ ...parts, features, classes });
}

/** A tree as growing makes it of noise: numbers, categories of which some are rare, and missing values. */
async function grown(rowCount: number, missing: number, train = trained): Promise<Model> {
  const next = random(rowCount);
  const cell = (text: string) => (next() < missing ? '' : text);
  const lines = Array.from({ length: rowCount }, () => {
    const [x, y] = [next() * 10 - 5, Math.round(next() * 8) / 4];
    const [city, code] = [`c${Math.floor(next() ** 2 * 40)}`, String(Math.floor(next() * 5))];
    const label = next() < 0.2 ? 'abc'[Math.floor(next() * 3)] : x * y > 1 ? 'a' : city < 'c2' ? 'b' : 'c';
    return [cell(String(x)), String(y), cell(city), code, label].join(',');
  });
  const folder = mkdtempSync(join(tmpdir(), 'iris-grown-'));
  const path = join(folder, 'table.csv');
  writeFileSync(path, `x,y,city,code,class\n${lines.join('\n')}\n`);
  try {
    return await train(path, { categorical: ['city', 'code'] });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Lehmer's generator: the same numbers on every machine. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 0x7fffffff;
    return state / 0x7fffffff;
  };
}
