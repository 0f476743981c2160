import type { Scorer, TreeScorer } from '../../../model/model.js';
import { readLength, readMembers, readObject, readPart, refuse } from '../fields.js';
import type { JsonText } from '../json-text.js';
import { readClassWeight } from '../training-format.js';
import { checkEnsembleOutline, ensembleDocument, readEnsemble } from './ensemble-format.js';
import { checkTreeOutline, readTree, type TreeShape, treeDocument } from './tree-format.js';

const KEYS = ['kind', 'arithmetic', 'combine', 'classWeight', 'trees'];
const TREE = 'model.trees[0]';

/** How a single tree computes: 64-bit numbers throughout, left where value <= threshold. */
const ARITHMETIC = { input: 'float64', split: '<=', sum: 'exact', zero: 0 };

/** How the shares of a single tree become the answer: as they are. */
function combineOf(classCount: number) {
  return { by: 'mean', base: null, outputs: classCount, link: 'none', scale: 1, function: 'float64/1' };
}

/** Values of `arithmetic` and `combine`. */
const SMALL = 16;

export function modelDocument(scorer: Scorer): Record<string, unknown> {
  if (scorer.kind !== 'tree') return ensembleDocument(scorer);
  const { classWeight, kind, tree } = scorer;
  const trees = [treeDocument(tree)];
  return { kind, arithmetic: ARITHMETIC, combine: combineOf(tree.classCount), classWeight, trees };
}

function kindOf(text: JsonText, at: number): Scorer['kind'] {
  const kindAt = text.members(at).values.get('kind');
  const kind = kindAt === undefined ? undefined : text.glimpse(kindAt);
  if (kind === 'tree' || kind === 'forest' || kind === 'boosted') return kind;
  if (kind === undefined) readMembers(text, at, 'model', KEYS);
  return refuse('model.kind', '"tree", "forest" or "boosted"', kind);
}

/** @throws ArtifactError: the kind is told before anything that another kind may have otherwise */
export function checkModelOutline(text: JsonText, at: number): void {
  if (!text.isObject(at)) refuse('model', 'an object', text.glimpse(at));
  if (kindOf(text, at) !== 'tree') {
    checkEnsembleOutline(text, at);
    return;
  }
  const members = readMembers(text, at, 'model', KEYS);
  readLength(text, members.get('trees')!, 'model.trees', 1);
  checkTreeOutline(text, text.first(members.get('trees')!), TREE);
}

/** @throws ArtifactError */
export function readModelSection(text: JsonText, at: number, shape: TreeShape): Scorer {
  const kind = kindOf(text, at);
  return kind === 'tree' ? readSingleTree(text, at, shape) : readEnsemble(text, at, kind, shape);
}

function readSingleTree(text: JsonText, at: number, shape: TreeShape): TreeScorer {
  const { classCount } = shape;
  const members = readMembers(text, at, 'model', KEYS);
  const small = (key: string, most: number) => readPart(text, members.get(key)!, `model.${key}`, most);
  checkConstants(small('arithmetic', SMALL), 'model.arithmetic', ARITHMETIC);
  checkConstants(small('combine', SMALL), 'model.combine', combineOf(classCount));
  const classWeight = readClassWeight(small('classWeight', classCount + SMALL), 'model.classWeight', classCount);
  const tree = readTree(text, text.first(members.get('trees')!), TREE, shape);
  return { kind: 'tree', tree, classWeight };
}

/** What is the same in every model of this kind. */
function checkConstants(value: unknown, path: string, expected: Record<string, unknown>): void {
  const fields = readObject(value, path, Object.keys(expected));
  for (const [key, known] of Object.entries(expected)) {
    if (fields[key] !== known) refuse(`${path}.${key}`, `${JSON.stringify(known)}, as of a tree`, fields[key]);
  }
}
