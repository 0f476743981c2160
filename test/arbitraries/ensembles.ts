import fc from 'fast-check';
import type { EnsembleScorer, Feature, ModelParts } from '../../src/model/model.js';
import { UNKNOWN_PROVENANCE } from '../../src/model/provenance.js';
import {
  type Arithmetic,
  type Combine,
  MISSING_LEFT,
  SET_WORDS,
  type TreePool,
  UNKNOWN_LEFT,
  ZERO_IS_MISSING,
} from '../../src/tree/ensemble.js';

/** A node as a test thinks of it: what goes left is decided one case after the other. */
export type EnsembleNode =
  | { readonly values: readonly number[]; readonly cover: number }
  | {
      readonly feature: number;
      readonly threshold: number;
      /** Of a category: those that go left. */
      readonly set: readonly number[] | null;
      readonly missingLeft: boolean;
      readonly zeroIsMissing: boolean;
      readonly unknownLeft: boolean;
      readonly left: EnsembleNode;
      readonly right: EnsembleNode;
    };

export interface EnsembleTree {
  /** Null where leaves have a value per output. */
  readonly output: number | null;
  readonly weight: number;
  readonly root: EnsembleNode;
}

export interface DrawnEnsemble {
  readonly kind: EnsembleScorer['kind'];
  readonly features: readonly Feature[];
  readonly classes: readonly string[];
  readonly arithmetic: Arithmetic;
  readonly combine: Combine;
  readonly trees: readonly EnsembleTree[];
}

/** Few numbers, so that rows hit thresholds; some are near zero, and some tell 32 bits from 64. */
const NUMBERS = [-1.5, -1e-36, 0, 1e-36, 1e-35, 0.1, Math.fround(0.1), 0.5, 1, 2.5, 1e300];
export const anyNumber = fc.constantFrom(...NUMBERS);

const CATEGORIES = ['blue', 'green', 'red'];

const features = fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }).map((kinds) =>
  kinds.map((isCategory, index): Feature => {
    const name = `f${index}`;
    return isCategory
      ? { name, kind: 'category', missing: true, categories: CATEGORIES }
      : { name, kind: 'number', missing: true };
  }),
);

function node(
  drawn: readonly Feature[],
  leaf: fc.Arbitrary<readonly number[]>,
  float: boolean,
): fc.Arbitrary<EnsembleNode> {
  const round = float ? Math.fround : (value: number) => value;
  const split = (child: fc.Arbitrary<EnsembleNode>) =>
    fc.nat(drawn.length - 1).chain((feature) => {
      const isCategory = drawn[feature].kind === 'category';
      return fc.record({
        feature: fc.constant(feature),
        threshold: isCategory
          ? fc.constant(0)
          : anyNumber.map((value) => (Number.isFinite(round(value)) ? round(value) : 3)),
        set: isCategory ? fc.subarray([...CATEGORIES.keys()]) : fc.constant(null),
        missingLeft: fc.boolean(),
        zeroIsMissing: isCategory ? fc.constant(false) : fc.boolean(),
        unknownLeft: isCategory ? fc.boolean() : fc.constant(false),
        left: child,
        right: child,
      });
    });
  return fc.letrec<{ node: EnsembleNode }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'ensemble' },
      fc.record({ values: leaf, cover: fc.nat(40) }),
      split(tie('node')),
    ),
  })).node;
}

const value = fc.double({ min: -3, max: 3, noNaN: true }).map((number) => number + 0);

function boosted(drawn: readonly Feature[]): fc.Arbitrary<DrawnEnsemble> {
  return fc
    .record({
      outputs: fc.constantFrom(1, 3, 9),
      float: fc.boolean(),
      split: fc.constantFrom('<=', '<') as fc.Arbitrary<Arithmetic['split']>,
      zero: fc.constantFrom(0, 1.0000000180025095e-35),
      input: fc.constantFrom('float64', 'float32') as fc.Arbitrary<Arithmetic['input']>,
      withBase: fc.boolean(),
      vectors: fc.boolean(),
      linkFunction: fc.constantFrom('float64/1', 'float64/2') as fc.Arbitrary<Combine['function']>,
      softmax: fc.boolean(),
      ofOnnx: fc.option(fc.constantFrom<Combine['link']>('none', 'sigmoid', 'softmax'), { nil: null }),
      scale: fc.constantFrom(1, 2.5),
    })
    .chain(({ float, input, linkFunction, ofOnnx, outputs, scale, softmax, split, vectors, withBase, zero }) => {
      const number = float ? value.map((drawnValue) => Math.fround(drawnValue) + 0) : value;
      const tree = fc.option(fc.nat(outputs - 1), { nil: vectors ? null : 0 }).chain((output) => {
        const count = output === null ? outputs : 1;
        const leaf = fc.array(number, { minLength: count, maxLength: count });
        return fc.record({ output: fc.constant(output), weight: number, root: node(drawn, leaf, float) });
      });
      return fc.array(tree, { minLength: 1, maxLength: 9 }).chain((trees) =>
        fc.array(number, { minLength: outputs, maxLength: outputs }).map(
          (base): DrawnEnsemble => ({
            kind: 'boosted',
            features: drawn,
            classes: Array.from({ length: Math.max(outputs, 2) }, (_, k) => `class ${k}`),
            arithmetic: { input, split, sum: float ? 'float32' : 'float64', zero },
            combine: {
              by: 'sum',
              base: withBase ? base : null,
              outputs,
              scale,
              ...(float && ofOnnx !== null
                ? { link: outputs > 1 || ofOnnx === 'none' ? ofOnnx : 'sigmoid', function: 'float32/2' }
                : {
                    link: outputs > 1 && softmax ? 'softmax' : 'sigmoid',
                    function: float ? 'float32/1' : linkFunction,
                  }),
            },
            trees,
          }),
        ),
      );
    });
}

const shares = fc
  .array(fc.nat(3), { minLength: 3, maxLength: 3 })
  .filter((counts) => counts.some((count) => count > 0))
  .map((counts) => counts.map((count) => count / counts.reduce((sum, one) => sum + one, 0)));

function forest(drawn: readonly Feature[]): fc.Arbitrary<DrawnEnsemble> {
  const tree = node(drawn, shares, false).map((root): EnsembleTree => ({ output: null, weight: 1, root }));
  return fc.array(tree, { minLength: 1, maxLength: 9 }).map((trees) => ({
    kind: 'forest',
    features: drawn,
    classes: ['a', 'b', 'c'],
    arithmetic: { input: 'float32', split: '<=', sum: 'float64', zero: 0 },
    combine: { by: 'mean', base: null, outputs: 3, link: 'none', scale: 1, function: 'float64/1' },
    trees,
  }));
}

export const ensembles = features.chain((drawn) => fc.oneof(boosted(drawn), forest(drawn)));

/** Rows of a model: numbers, categories, unknown ones, and missing values. */
export function rowsOf(drawn: readonly Feature[], most: number): fc.Arbitrary<number[][]> {
  const cells = drawn.map((feature) =>
    fc.option(feature.kind === 'category' ? fc.integer({ min: -1, max: CATEGORIES.length - 1 }) : anyNumber, {
      nil: Number.NaN,
      freq: 4,
    }),
  );
  return fc.array(fc.tuple(...cells), { minLength: 1, maxLength: most });
}

/** The model as an importer would make it. */
export function ensembleParts({
  arithmetic,
  classes,
  combine,
  features: drawn,
  kind,
  trees,
}: DrawnEnsemble): ModelParts {
  const nodes: { tree: number; node: EnsembleNode; right: number; cover: number }[] = [];
  const roots = [0];
  const visit = (tree: number, one: EnsembleNode): number => {
    const entry = { tree, node: one, right: -1, cover: 0 };
    nodes.push(entry);
    if ('values' in one) {
      entry.cover = one.cover;
      return entry.cover;
    }
    const left = visit(tree, one.left);
    entry.right = nodes.length;
    entry.cover = left + visit(tree, one.right);
    return entry.cover;
  };
  for (const [tree, { root }] of trees.entries()) {
    visit(tree, root);
    roots.push(nodes.length);
  }
  const values: number[] = [];
  const setBits: number[] = [];
  const pool: TreePool = {
    treeCount: trees.length,
    featureCount: drawn.length,
    roots: Int32Array.from(roots),
    output: Int32Array.from(trees, ({ output }) => output ?? -1),
    weight: Float64Array.from(trees, ({ weight }) => weight),
    feature: Int32Array.from(nodes, ({ node: one }) => ('values' in one ? -1 : one.feature)),
    threshold: Float64Array.from(nodes, ({ node: one }) => ('values' in one ? 0 : one.threshold)),
    right: Int32Array.from(nodes, ({ right }) => right),
    directions: Uint8Array.from(nodes, ({ node: one }) =>
      'values' in one
        ? 0
        : Number(one.missingLeft) * MISSING_LEFT +
          Number(one.zeroIsMissing) * ZERO_IS_MISSING +
          Number(one.unknownLeft) * UNKNOWN_LEFT,
    ),
    set: drawn.every((feature) => feature.kind === 'number')
      ? null
      : Int32Array.from(nodes, ({ node: one }) => {
          if ('values' in one || one.set === null) return -1;
          const words = new Array<number>(SET_WORDS).fill(0);
          for (const category of one.set) words[category >>> 5] |= 1 << (category & 31);
          return setBits.push(...words) / SET_WORDS - 1;
        }),
    setBits: Uint32Array.from(setBits),
    value: Int32Array.from(nodes, ({ node: one }) =>
      'values' in one ? values.push(...one.values) - one.values.length : -1,
    ),
    values: Float64Array.from(values),
    cover: Float64Array.from(nodes, ({ cover }) => cover),
  };
  const scorer: EnsembleScorer = { kind, ensemble: { trees: pool, arithmetic, combine }, source: null };
  return { features: drawn, classes, scorer, provenance: UNKNOWN_PROVENANCE };
}
