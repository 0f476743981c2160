import { describe, expect, it } from 'vitest';
import { type Patch, patched } from './document.js';

describe('a tree that is none', () => {
  it.each<[string, Patch, string]>([
    ['without nodes', { 'tree.feature': [] }, 'tree.feature: expected at least one node, found an array of 0'],
    ['no array', { 'tree.left': {} }, 'tree.left: expected an array, found an object'],
    [
      'of unequal lengths',
      { 'tree.left': [1, 2, -1, -1, 5, -1] },
      'tree.left: expected an array of 7, found an array of 6',
    ],
    ['with a feature too high', { 'tree.feature[0]': 3 }, 'tree.feature[0]: expected an integer from -1 to 2, found 3'],
    ['with half a feature', { 'tree.feature[0]': 0.5 }, 'tree.feature[0]: expected an integer from -1 to 2, found 0.5'],
    ['with no threshold', { 'tree.threshold[0]': null }, 'tree.threshold[0]: expected a finite number, found null'],
    ['with a child out of range', { 'tree.right[0]': 7 }, 'tree.right[0]: expected a node below 7, found 7'],
    [
      'with a child before its parent',
      { 'tree.left[1]': 0 },
      'tree.left[1]: expected a node after its parent 1, found 0',
    ],
    ['with a node of two parents', { 'tree.left[4]': 6 }, 'tree: node 6: expected one parent, found 4 and 4'],
    [
      'with a node without parents',
      { 'tree.left[4]': -1, 'tree.right[4]': -1 },
      'tree: node 5: expected one parent, found none',
    ],
    ['with one child', { 'tree.left[4]': -1 }, 'tree: node 4: expected two children or none, found one'],
    [
      'with children the wrong way round',
      { 'tree.left[4]': 6, 'tree.right[4]': 5 },
      'tree.left[4]: expected the next node in preorder, 5, found 6',
    ],
    [
      'in another order',
      { 'tree.right[0]': 3, 'tree.right[1]': 4 },
      'tree.right[1]: expected the next node in preorder, 3, found 4',
    ],
    ['with a leaf that asks', { 'tree.feature[2]': 0 }, 'tree.feature[2]: expected -1 at a leaf, found 0'],
    [
      'with a split that asks nothing',
      { 'tree.feature[4]': -1 },
      'tree.feature[4]: expected a feature at a split, found -1',
    ],
    ['with a threshold at a leaf', { 'tree.threshold[2]': 1 }, 'tree.threshold[2]: expected 0 at a leaf, found 1'],
    [
      'with a threshold at a category split',
      { 'tree.threshold[1]': 1 },
      'tree.threshold[1]: expected 0 at a category split, found 1',
    ],
    [
      'with categories at a leaf',
      { 'tree.categories[2]': [0] },
      'tree.categories[2]: expected null at a leaf, found an array of 1',
    ],
    [
      'with categories at a number split',
      { 'tree.categories[0]': [0] },
      'tree.categories[0]: expected null at a number split, found an array of 1',
    ],
    [
      'with no categories at a category split',
      { 'tree.categories[1]': [] },
      'tree.categories[1]: expected the categories that go left, found an array of 0',
    ],
    [
      'with a category too high',
      { 'tree.categories[1]': [0, 3] },
      'tree.categories[1]: expected indices below 3, found 3',
    ],
    [
      'with a category twice',
      { 'tree.categories[1]': [2, 2] },
      'tree.categories[1][1]: expected an index above 2, found 2',
    ],
    [
      'with missing values both ways',
      { 'tree.missingLeft[0]': 2 },
      'tree.missingLeft[0]: expected an integer from 0 to 1, found 2',
    ],
    [
      'with missing values at a leaf',
      { 'tree.missingLeft[2]': 1 },
      'tree.missingLeft[2]: expected 0 at a leaf, found 1',
    ],
    [
      'with ragged counts',
      { 'tree.counts[3]': [1, 4, 0] },
      'tree.counts[3]: expected an array of 2, found an array of 3',
    ],
    [
      'with a negative count',
      { 'tree.counts[3][0]': -1 },
      'tree.counts[3][0]: expected an integer from 0 to 4294967295, found -1',
    ],
    [
      'with counts that do not add up',
      { 'tree.counts[1][0]': 8 },
      "tree.counts[0][0]: expected the sum of the children's, 10, found 9",
    ],
    [
      'with an empty leaf',
      { 'tree.counts[0]': [9, 11], 'tree.counts[4]': [2, 7], 'tree.counts[5]': [0, 0], 'tree.counts[6]': [2, 7] },
      'tree.counts[5]: expected at least one training row, found 0',
    ],
    [
      'with other rows than were trained on',
      { 'tree.counts[0]': [10, 11], 'tree.counts[4]': [3, 7], 'tree.counts[5]': [3, 0] },
      'tree.counts[0]: expected as many rows as training.rows.train, 20, found 21',
    ],
    [
      'with an impurity above any',
      { 'tree.impurity[3]': 1.5 },
      'tree.impurity[3]: expected an impurity of at most 1, found 1.5',
    ],
    [
      'with an entropy above any',
      { 'training.criterion': 'entropy', 'tree.impurity[3]': 1.5 },
      'tree.impurity[3]: expected an impurity of at most 1.000000001, found 1.5',
    ],
    [
      'with a negative impurity',
      { 'tree.impurity[0]': -1 },
      'tree.impurity[0]: expected a number of at least 0, found -1',
    ],
  ])('%s is refused', (_, patch, message) => {
    expect(patched(patch)).toBe(`m.json: ${message}`);
  });
});
