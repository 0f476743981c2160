import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Attribute, type OnnxModel, onnxBytes } from '../../../src/exports/onnx/messages.js';
import { importBytes } from '../../../src/formats/import-model.js';
import { ArtifactError } from '../../../src/ground/errors.js';
import { createClassifier } from '../../../src/model/classifier.js';
import type { EnsembleScorer } from '../../../src/model/model.js';
import { differencesOf, FIXTURES, fixturesOf, readFixture } from '../fixtures.js';
import { expectRefusedOrWhole, refusalOf } from '../foreign.js';

const bytesOf = (name: string) => readFileSync(join(FIXTURES, `onnx-${name}.onnx`));

/** A stump of three classes; the second feature is not asked for. */
const STUMP: Readonly<Record<string, Attribute>> = {
  nodes_treeids: Int32Array.of(0, 0, 0),
  nodes_nodeids: Int32Array.of(0, 1, 2),
  nodes_featureids: Int32Array.of(0, 0, 0),
  nodes_modes: ['BRANCH_LEQ', 'LEAF', 'LEAF'],
  nodes_values: Float32Array.of(1.5, 0, 0),
  nodes_truenodeids: Int32Array.of(1, 0, 0),
  nodes_falsenodeids: Int32Array.of(2, 0, 0),
  class_treeids: new Int32Array(6),
  class_nodeids: Int32Array.of(1, 1, 1, 2, 2, 2),
  class_ids: Int32Array.of(0, 1, 2, 0, 1, 2),
  class_weights: Float32Array.of(0.5, 0.25, 0.25, 0, 1, 0),
  classlabels_strings: ['a', 'b', 'c'],
  post_transform: 'NONE',
};

/** Without the entries that are null. */
function attributes(changed: Readonly<Record<string, Attribute | null>>): Record<string, Attribute> {
  const entries = Object.entries({ ...STUMP, ...changed });
  return Object.fromEntries(entries.filter((entry): entry is [string, Attribute] => entry[1] !== null));
}

function graph(
  changed: Readonly<Record<string, Attribute | null>> = {},
  parts: Partial<OnnxModel> = {},
  op = 'TreeEnsembleClassifier',
): Uint8Array {
  const outputs = op === 'TreeEnsembleClassifier' ? ['label', 'scores'] : ['scores'];
  return onnxBytes({
    name: 'g',
    description: '',
    opsets: { '': 13, 'ai.onnx.ml': 3 },
    metadata: {},
    inputs: [{ name: 'rows', type: 'float', shape: ['n', 2] }],
    outputs: outputs.map((name) => ({ name, type: 'float' as const, shape: ['n'] })),
    initializers: {},
    nodes: [{ op, domain: 'ai.onnx.ml', inputs: ['rows'], outputs, attributes: attributes(changed) }],
    ...parts,
  });
}

const TARGETS = {
  class_treeids: null,
  class_nodeids: null,
  class_ids: null,
  class_weights: null,
  classlabels_strings: null,
};
const REGRESSOR = {
  ...TARGETS,
  n_targets: 1,
  target_treeids: Int32Array.of(0, 0),
  target_nodeids: Int32Array.of(1, 2),
  target_ids: Int32Array.of(0, 0),
  target_weights: Float32Array.of(0.25, 0.75),
};
const BINARY = {
  classlabels_strings: ['a', 'b'],
  class_treeids: Int32Array.of(0, 0),
  class_nodeids: Int32Array.of(1, 2),
  class_ids: Int32Array.of(0, 0),
};
const BRANCHES: Readonly<Record<string, Attribute | null>> = {
  ...Object.fromEntries(Object.keys(STUMP).map((name) => [name, null])),
  n_targets: 2,
  tree_roots: Int32Array.of(0),
  nodes_modes: { type: 'uint8', dims: [1], values: [0] },
  nodes_splits: { type: 'float', dims: [1], values: [1.5] },
  nodes_featureids: Int32Array.of(0),
  nodes_truenodeids: Int32Array.of(0),
  nodes_falsenodeids: Int32Array.of(1),
  nodes_trueleafs: Int32Array.of(1),
  nodes_falseleafs: Int32Array.of(1),
  leaf_targetids: Int32Array.of(0, 1),
  leaf_weights: { type: 'float', dims: [2], values: [1, 1] },
};

function sharesOf(bytes: Uint8Array, row: readonly number[]): number[] {
  const { model } = importBytes(bytes, 'm');
  const shares = new Float64Array(model.classes.length);
  createClassifier(model).sharesInto(Float64Array.from(row), 1, shares);
  return [...shares];
}

describe('a model in ONNX', () => {
  it.each(fixturesOf('onnx'))('$name answers as in onnxruntime, bit for bit', (fixture) => {
    const { answers, imported } = readFixture(fixture);
    expect(differencesOf(answers, imported)).toMatchObject({ labels: 0, shares: 0 });
  });

  it('says where it comes from, and warns of what its converter is known to change', () => {
    const { model, notes } = importBytes(bytesOf('skl-forest'), 'm');
    expect(model.classes).toEqual(['0', '10', '20']);
    expect(model.scorer).toMatchObject({ kind: 'boosted', source: { library: 'onnx', version: 'skl2onnx 1.20.0' } });
    expect(notes).toEqual([
      'skl2onnx rounds thresholds and leaves to 32 bits and loses where missing values go, so this may answer otherwise than scikit-learn: import a file of skops instead',
      'the file has no names of features: they are numbered',
    ]);
    expect(importBytes(bytesOf('lgb'), 'm').notes[0]).toBe(
      'onnxmltools rounds thresholds of LightGBM to 32 bits, and takes random forests and multiclassova of it for something else, so this may answer otherwise: import what save_model of LightGBM or XGBoost writes instead',
    );
    expect(importBytes(graph(), 'm', { featureNames: ['x', 'y'] }).notes).toEqual([]);
  });

  it('takes one output for the share of the second class, and says so', () => {
    const bytes = graph(REGRESSOR, {}, 'TreeEnsembleRegressor');
    expect(sharesOf(bytes, [2, 0])).toEqual([0.25, 0.75]);
    expect(importBytes(bytes, 'm').notes).toContain('the one output is taken for the share of the second class');
  });

  it('adds base values after the trees', () => {
    const base = {
      base_values: Float32Array.of(0.1, 0.2, 0),
      class_weights: Float32Array.of(0.3, 0.3, 0.3, 0, 0.5, 0),
    };
    const { model } = importBytes(graph(base), 'm');
    expect((model.scorer as EnsembleScorer).ensemble.trees.treeCount).toBe(3);
    expect(sharesOf(graph(base), [1, 0])[0]).toBe(Math.fround(Math.fround(0.3) + Math.fround(0.1)));
  });

  it('is of as many features as its trees ask for where its input is of any width', () => {
    const { model, notes } = importBytes(
      graph({}, { inputs: [{ name: 'rows', type: 'float', shape: ['n', 'm'] }] }),
      'm',
    );
    expect(model.features).toHaveLength(1);
    expect(notes).toContain('the file does not say how many features a row has: as many as the trees ask for');
  });

  it('takes no missing value where its rows are whole numbers', () => {
    const { model } = importBytes(graph({}, { inputs: [{ name: 'rows', type: 'int64', shape: ['n', 2] }] }), 'm');
    expect(model.features[0].missing).toBe(false);
  });

  it.each(['BRANCH_LEQ', 'BRANCH_LT'])('sends every number to the true side of infinity: %s', (mode) => {
    const values = Float32Array.of(Number.POSITIVE_INFINITY, 0, 0);
    const bytes = graph({ nodes_modes: [mode, 'LEAF', 'LEAF'], nodes_values: values });
    expect(sharesOf(bytes, [3.4028234663852886e38, 0])).toEqual([0.5, 0.25, 0.25]);
    expect(sharesOf(bytes, [Number.NaN, 0])).toEqual([0, 1, 0]);
  });

  it('has the codes that its trees ask for as categories', () => {
    const modes = ['BRANCH_EQ', 'LEAF', 'LEAF'];
    const { model } = importBytes(graph({ nodes_modes: modes, nodes_values: Float32Array.of(3, 0, 0) }), 'm');
    expect(model.features[0]).toMatchObject({ kind: 'category', categories: ['3'] });
  });

  it.each<[string, Uint8Array, string]>([
    [
      'another operator',
      graph({}, { nodes: [{ op: 'Normalizer', domain: 'ai.onnx.ml', inputs: ['rows'], outputs: ['scores'] }] }),
      'm: a graph without an ensemble of trees is not read; its operators: Normalizer',
    ],
    [
      'a transform that is not read',
      graph({ post_transform: 'PROBIT' }),
      'm: TreeEnsembleClassifier: the post_transform "PROBIT" is not read: NONE, LOGISTIC, SOFTMAX are',
    ],
    [
      'a softmax that leaves zeros out',
      graph({ post_transform: 'SOFTMAX_ZERO' }),
      'm: TreeEnsembleClassifier: the post_transform "SOFTMAX_ZERO" is not read: NONE, LOGISTIC, SOFTMAX are',
    ],
    [
      'sums that are no shares',
      graph({ class_weights: Float32Array.of(0.5, 2, 0.25, 0, 1, 0) }),
      'm: the answers are no shares of classes: expected sums from 0 to 1, found sums up to 2',
    ],
    [
      'an unknown question',
      graph({ nodes_modes: ['BRANCH_MEMBER', 'LEAF', 'LEAF'] }),
      'm: TreeEnsembleClassifier: nodes_modes[0]: "BRANCH_MEMBER" is not read',
    ],
    [
      'another attribute',
      graph({ nodes_values_as_text: 'x' }),
      'm: TreeEnsembleClassifier: the attribute nodes_values_as_text is not read',
    ],
    [
      'a circle',
      graph({
        nodes_modes: ['BRANCH_LEQ', 'BRANCH_LEQ', 'LEAF'],
        nodes_truenodeids: Int32Array.of(1, 0, 0),
        nodes_falsenodeids: Int32Array.of(2, 2, 0),
        class_nodeids: Int32Array.of(2, 2, 2, 2, 2, 2),
      }),
      'm: TreeEnsembleClassifier: class_nodeids[3]: expected one weight per class, found "two for 0"',
    ],
    [
      'a node twice',
      graph({ nodes_nodeids: Int32Array.of(0, 1, 1) }),
      'm: TreeEnsembleClassifier: nodes_nodeids: expected every node of a tree once, found "node 1 of tree 0 twice"',
    ],
    [
      'a child that is no node',
      graph({ nodes_truenodeids: Int32Array.of(9, 0, 0) }),
      'm: TreeEnsembleClassifier: nodes_truenodeids[0]: expected a node of tree 0, found 9',
    ],
    [
      'a tree in two parts',
      graph({ nodes_treeids: Int32Array.of(0, 1, 0) }),
      'm: TreeEnsembleClassifier: nodes_treeids: expected the nodes of a tree together, found "tree 0 twice"',
    ],
    [
      'lists of different lengths',
      graph({ nodes_featureids: Int32Array.of(0, 0) }),
      'm: TreeEnsembleClassifier: nodes_featureids: expected an array of 3, found an array of 2',
    ],
    [
      'a feature that rows do not have',
      graph({ nodes_featureids: Int32Array.of(2, 0, 0) }),
      'm: TreeEnsembleClassifier, node 0: expected the index of a feature, below 2, found 2',
    ],
    [
      'a weight of no leaf',
      graph({ class_nodeids: Int32Array.of(0, 1, 1, 2, 2, 2) }),
      'm: TreeEnsembleClassifier: class_nodeids[0]: expected a leaf, found 0',
    ],
    [
      'a leaf without weights',
      graph({
        class_nodeids: Int32Array.of(1, 1, 1),
        class_treeids: new Int32Array(3),
        class_ids: Int32Array.of(0, 1, 2),
        class_weights: Float32Array.of(0.5, 0.25, 0.25),
      }),
      'm: TreeEnsembleClassifier, tree 0: expected a weight for every leaf, found "none for node 2"',
    ],
    [
      'a threshold that is no number',
      graph({ nodes_values: Float32Array.of(Number.NaN, 0, 0) }),
      'm: TreeEnsembleClassifier, tree 0: threshold of node 0: expected a finite number, found NaN',
    ],
    [
      'order and equality',
      graph({
        nodes_modes: ['BRANCH_LEQ', 'LEAF', 'BRANCH_EQ', 'LEAF', 'LEAF'],
        nodes_nodeids: Int32Array.of(0, 1, 2, 3, 4),
        nodes_treeids: new Int32Array(5),
        nodes_featureids: new Int32Array(5),
        nodes_values: new Float32Array(5),
        nodes_truenodeids: Int32Array.of(1, 0, 3, 0, 0),
        nodes_falsenodeids: Int32Array.of(2, 0, 4, 0, 0),
        class_treeids: new Int32Array(0),
        class_nodeids: new Int32Array(0),
        class_ids: new Int32Array(0),
        class_weights: new Float32Array(0),
      }),
      'm: TreeEnsembleClassifier: feature 0 is asked for order and for equality',
    ],
    [
      'equality with a fraction',
      graph({ nodes_modes: ['BRANCH_EQ', 'LEAF', 'LEAF'] }),
      'm: TreeEnsembleClassifier: feature 0 is asked for equality with 1.5: codes of categories are read, from 0 on',
    ],
    [
      'one class',
      graph({ classlabels_strings: ['a'] }),
      'm: TreeEnsembleClassifier: the number of class labels: expected a whole number from 2 to 65535, found 1',
    ],
    [
      'a class that is never said',
      graph({
        class_ids: Int32Array.of(0, 1, 2, 0, 1, 2),
        class_nodeids: Int32Array.of(1, 1, 1, 2, 2, 2),
        class_weights: Float32Array.of(-1, -1, 1, 1, 1, -1),
        post_transform: 'SOFTMAX',
        classlabels_strings: ['a', 'b', 'c', 'd'],
      }),
      'm: TreeEnsembleClassifier: not every class has a weight for every row: onnxruntime never says one without, even where the others are below 0',
    ],
    [
      'two classes and weights of both',
      graph({ ...BINARY, class_ids: Int32Array.of(0, 1), class_weights: Float32Array.of(1, 1) }),
      'm: TreeEnsembleClassifier: of two classes both have weights: onnxruntime says the second whenever its sum is above 0. Convert it anew, with weights of the second class alone',
    ],
    [
      'two classes, LOGISTIC and no weight below 0',
      graph({ ...BINARY, post_transform: 'LOGISTIC', class_weights: Float32Array.of(0, 1) }),
      'm: TreeEnsembleClassifier: the post_transform LOGISTIC, where no weight is below 0, gives no shares of two classes: NONE does',
    ],
    [
      'two classes, NONE and weights below 0',
      graph({ ...BINARY, class_weights: Float32Array.of(-1, 1) }),
      'm: TreeEnsembleClassifier: the post_transform NONE, where a weight is below 0, gives no shares of two classes: LOGISTIC does',
    ],
    [
      'the smallest of the trees',
      graph({ ...REGRESSOR, aggregate_function: 'MIN' }, {}, 'TreeEnsembleRegressor'),
      'm: TreeEnsembleRegressor: the aggregate_function "MIN" is not read: SUM and AVERAGE are',
    ],
    [
      'a number that is no share',
      graph({ ...REGRESSOR, target_weights: Float32Array.of(-3, 40) }, {}, 'TreeEnsembleRegressor'),
      'm: the answers are no shares of classes: expected sums from 0 to 1, found leaves below 0, as -3',
    ],
    [
      'a transform that two say differently',
      graph({ ...BRANCHES, post_transform: 1 }, {}, 'TreeEnsemble'),
      'm: TreeEnsemble: the post_transform 1 is not read: the standard calls it SOFTMAX, onnxruntime takes it for LOGISTIC',
    ],
    [
      'a leaf that is none',
      graph({ ...BRANCHES, nodes_falsenodeids: Int32Array.of(2) }, {}, 'TreeEnsemble'),
      'm: TreeEnsemble: nodes_falsenodeids[0]: expected a whole number from 0 to 1, found 2',
    ],
    [
      'a branch above itself',
      graph(
        { ...BRANCHES, nodes_falseleafs: Int32Array.of(0), nodes_falsenodeids: Int32Array.of(0) },
        {},
        'TreeEnsemble',
      ),
      'm: TreeEnsemble, tree 0: expected every node below one other, found "node 0 twice"',
    ],
    [
      'one tree twice',
      graph({ ...BRANCHES, tree_roots: Int32Array.of(0, 0) }, {}, 'TreeEnsemble'),
      'm: TreeEnsemble, tree 1: expected every node below one other, found "node 0 twice"',
    ],
    [
      'a set without members',
      graph({ ...BRANCHES, nodes_modes: { type: 'uint8', dims: [1], values: [6] } }, {}, 'TreeEnsemble'),
      'm: TreeEnsemble: membership_values: expected members for node 0, found "none"',
    ],
    [
      'too few elements',
      graph({ ...BRANCHES, leaf_weights: { type: 'float', dims: [3], values: [1, 1] } }, {}, 'TreeEnsemble'),
      'm: the tensor : expected 3 elements, found an array of 2',
    ],
    [
      'an export of iris',
      graph({}, { metadata: { 'iris.sha256': 'abc' } }),
      'm: this is an export of iris, of the model "abc": use that model\'s own file',
    ],
    [
      'two inputs',
      graph({}, { inputs: ['a', 'b'].map((name) => ({ name, type: 'float' as const, shape: ['n', 1] })) }),
      'm: a graph with 2 inputs is not read: one tensor of rows is',
    ],
    [
      'an input of texts',
      graph({}, { inputs: [{ name: 'rows', type: 'string', shape: ['n', 2] }] }),
      'm: the input "rows": elements of type 8 are not read: float, double, int32 and int64 are',
    ],
    [
      'an output that is no answer',
      graph({}, { outputs: [{ name: 'rows', type: 'float', shape: ['n', 2] }] }),
      'm: the output "rows": expected an answer of the ensemble, found "rows"',
    ],
  ])('with %s is refused', (_, bytes, message) => {
    expect(refusalOf(bytes)).toBe(message);
  });

  it('with what would change its answers before or behind it is refused', () => {
    const followedBy = (op: string, more: object = {}) => {
      const ensemble = {
        op: 'TreeEnsembleClassifier',
        domain: 'ai.onnx.ml',
        inputs: ['rows'],
        outputs: ['label', 'scores'],
        attributes: STUMP,
      };
      const two = { type: 'float' as const, dims: [1], values: [2] };
      const outputs = [{ name: 'last', type: 'float' as const, shape: ['n'] }];
      const node = { op, inputs: ['scores', 'two'], outputs: ['last'], ...more };
      return refusalOf(graph({}, { nodes: [ensemble, node], outputs, initializers: { two } }));
    };
    const expected = (op: string) =>
      `m: the operator "${op}" is not read: an ensemble of trees, with Identity, Cast, ZipMap and Mul by 1, is`;
    for (const op of ['Mul', 'Div', 'Sigmoid', 'ArrayFeatureExtractor']) expect(followedBy(op)).toBe(expected(op));
    expect(followedBy('Cast', { attributes: { to: 7 } })).toBe(
      'm: Cast to type 7 of the answers is not read: it rounds them',
    );
    expect(followedBy('ZipMap', { domain: 'ai.onnx.ml', attributes: { classlabels_strings: ['a', 'b', 'd'] } })).toBe(
      'm: ZipMap: expected the class labels of TreeEnsembleClassifier, found an array of 3',
    );
    expect(followedBy('TreeEnsembleRegressor', { domain: 'ai.onnx.ml' })).toBe(
      'm: 2 ensembles of trees in one graph are not read: one is',
    );
  });

  it('is refused in words wherever it is cut off', () => {
    const bytes = bytesOf('skl-tree');
    for (let length = 3; length < bytes.length; length += 7) {
      expect(refusalOf(bytes.subarray(0, length), { format: 'onnx' })).toMatch(/^m: /);
    }
  });

  it.each(['skl-forest-binary', 'equal', 'ensemble-double'])('that was damaged is refused, or whole: %s', (name) =>
    expectRefusedOrWhole(bytesOf(name), 'onnx', 120),
  );

  it('with any numbers in its lists is refused, or whole', () => {
    const list = fc.array(fc.constantFrom(-1, 0, 1, 2, 3, 2 ** 31 - 1), { minLength: 2, maxLength: 4 });
    const integers = Object.keys(STUMP).filter((name) => STUMP[name] instanceof Int32Array);
    fc.assert(
      fc.property(fc.constantFrom(...integers), list, (name, values) => {
        try {
          const { model } = importBytes(graph({ [name]: Int32Array.from(values) }), 'm');
          expect(model.verification.length).toBeGreaterThan(0);
        } catch (error) {
          if (!(error instanceof ArtifactError)) throw error;
        }
      }),
      { numRuns: 200 },
    );
  });
});
