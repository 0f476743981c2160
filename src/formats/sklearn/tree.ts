import { MISSING_LEFT } from '../../tree/ensemble.js';
import { numbersAt, refuseValue } from '../foreign-value.js';
import type { ForeignTree } from '../pool-builder.js';
import type { SkopsObject } from './skops.js';

/**
 * A `tree_`: left where value <= threshold.
 *
 * @param estimator whose tree it is
 * @param outputs how many values a leaf has
 */
export function sklearnTree(
  estimator: SkopsObject,
  { output, outputs, weight }: Pick<ForeignTree, 'output' | 'weight'> & { readonly outputs: number },
): ForeignTree {
  const tree = estimator.object('tree_');
  const { path } = tree;
  const nodes = tree.array('nodes');
  const nodeCount = nodes.shape[0] ?? 0;
  if (nodes.shape.length !== 1 || nodeCount === 0) refuseValue(`${path}.nodes`, 'an array of nodes', nodes.shape);
  const column = (name: string) => numbersAt(nodes.fields.get(name), `${path}.nodes.${name}`, nodeCount);
  const [left, right, feature, threshold] = ['left_child', 'right_child', 'feature', 'threshold'].map(column);
  const missing = column('missing_go_to_left');
  const cover = column('weighted_n_node_samples');
  const values = tree.array('values');
  const expected = [nodeCount, 1, outputs];
  if (values.shape.length !== 3 || values.shape.some((length, index) => length !== expected[index])) {
    refuseValue(`${path}.values`, `an array of ${expected.join(' × ')}`, values.shape);
  }
  const shares = numbersAt(values.fields.get(''), `${path}.values`, nodeCount * outputs);
  return {
    path,
    nodeCount,
    root: 0,
    output,
    weight,
    split: (node) =>
      left[node] === -1
        ? null
        : {
            feature: feature[node],
            // Without bound where all that have a value go left.
            threshold: Math.min(threshold[node], Number.MAX_VALUE),
            set: null,
            directions: missing[node] === 1 ? MISSING_LEFT : 0,
            left: left[node],
            right: right[node],
          },
    values: (leaf) => Array.from({ length: outputs }, (_, k) => shares[leaf * outputs + k]),
    cover: (node) => cover[node],
  };
}
