import { unseenCategory } from '../model/model.js';
import { type CodeRequest, type ExportedFile, kindOfModel, origin } from './exported-file.js';
import type { FlatScorer } from './flat-scorer.js';
import { badFileName, identifier, isIdentifier } from './identifiers.js';
import { encoding, valuesOf } from './python-encode.js';
import { ensembleFunctions, ensembleTables, MARGINS, PREDICT, roundsToFloat } from './python-ensemble.js';
import { PYTHON_KEYWORDS, PYTHON_MODULES } from './reserved-names.js';
import {
  answerRows,
  decimal,
  decimalOr,
  hexWord,
  listed,
  nodeComment,
  setBits,
  stringLiteral,
  wrapped,
} from './source-text.js';
import { hasDirections, numberOf } from './together-text.js';

/** One module that needs the standard library alone, and a test for `python -m unittest`. Python 3.6 and later. */
export function pythonFiles({ baseName, extension, scorer, vectors }: CodeRequest): ExportedFile[] {
  const name = moduleName(baseName, extension);
  const module = { name: `${name}.py`, content: source(scorer) };
  return vectors === undefined ? [module] : [module, { name: `test_${name}.py`, content: test(scorer, name, vectors) }];
}

function moduleName(baseName: string, extension: string): string {
  const expected = betterModule(baseName);
  if (expected === null) return baseName;
  const plain = identifier(baseName);
  const other = betterModule(plain) === null ? plain : `${plain}_model`;
  throw badFileName(expected, `${baseName}${extension}`, `${other}${extension}`);
}

/** What a module should be called instead; null where its name is a good one. */
function betterModule(name: string): string | null {
  if (!isIdentifier(name)) return 'a file whose name is an identifier, as it names the module';
  if (PYTHON_KEYWORDS.has(name) || /^__.*__$/.test(name)) {
    return 'a file whose name means nothing else in Python, as it names the module';
  }
  if (!PYTHON_MODULES.has(name)) return null;
  return 'a file with another name than a module of the standard library, which it would hide';
}

/** Numbers from which on a list is a text: Python takes minutes and gigabytes for a million literals. */
const LONG_LIST = 10_000;

/** Numbers as a tuple, however many. */
function numbers(type: 'float' | 'int', items: readonly string[]): string {
  if (items.length < LONG_LIST) return tuple(items);
  return `tuple(map(${type}, ${longText(items)}.split()))`;
}

function longText(items: readonly string[]): string {
  return `"""\n${wrapped(items, '').replace(/,$/gm, '').replaceAll(', ', ' ').replaceAll('math.inf', 'inf')}"""`;
}

const tuple = (items: readonly string[]) => listed(items, '(', items.length === 1 ? ',)' : ')', '    ');

function source(scorer: FlatScorer): string {
  const { classes, features, hasCategories, hasMissing, together } = scorer;
  return `"""
${kindOfModel(scorer)}. A row has one number per feature, in the order of FEATURE_NAMES: the index of a category, nan where
the value is missing. Any number does, and is taken as the double that is nearest. A row is refused for a value that is infinite, missing
where training missed none, or no category. What are not as many numbers raises a TypeError, ValueError or OverflowError.

${origin(scorer).join('\n')}
"""

import math
import re
${together !== null && (roundsToFloat(together) || together.combine.link !== 'none') ? 'import struct\n' : ''}from array import array
from typing import ${types(scorer)}

VERSION = "${scorer.version}"
SHA256 = "${scorer.sha256}"
FEATURE_NAMES = ${tuple(features.map(({ name }) => stringLiteral(name)))}
CLASS_NAMES = ${tuple(classes.map((name) => stringLiteral(name)))}
${hasCategories ? categoryTables(scorer) : ''}${
  hasMissing
    ? `
# Whether the value of a feature may be missing.
_MAY_BE_MISSING = ${tuple(features.map(({ missing }) => (missing ? 'True' : 'False')))}
`
    : ''
}
${nodeTables(scorer)}${together === null ? '' : ensembleTables(scorer, together)}
${together === null ? TREE_FUNCTIONS : `${PREDICT}${together.kind === 'boosted' ? MARGINS : ''}`}
${encoding(scorer)}

def _doubles(row: Iterable[float]) -> List[float]:
    # Numbers of 32 bits would be compared in 32 bits, and integers and decimals exactly.
    doubles = array("d", tuple(row)).tolist()
    if len(doubles) != len(FEATURE_NAMES):
        raise ValueError(f"expected a row of {len(FEATURE_NAMES)} numbers, found {len(doubles)}")
    return doubles


def _accepts(row: Sequence[float]) -> bool:
    for f in range(len(FEATURE_NAMES)):
        value = row[f]
${acceptance(scorer)}        if not math.isfinite(value):
            return False
    return True


def _find_leaf(row: Sequence[float]${together === null ? '' : ', at: int'}) -> int:
${together === null ? '    at = 0\n' : ''}    f = _FEATURE[at]
    while f >= 0:
${step(scorer)}        at = at + 1 if left else _NEXT[at]
        f = _FEATURE[at]
    return at
${together === null ? '' : ensembleFunctions(together)}`;
}

/** What its annotations name. */
function types({ features }: FlatScorer): string {
  const hasValues = features.some((feature) => valuesOf(feature).length > 0);
  return `Any, ${hasValues ? 'Dict, ' : ''}Iterable, List, Mapping, Optional, Sequence, Tuple`;
}

const TREE_FUNCTIONS = `
def predict(row: Iterable[float]) -> Tuple[int, Tuple[float, ...]]:
    """The index of the class and a tuple of probabilities; -1 and nan where the model refuses the row."""
    row = _doubles(row)
    if not _accepts(row):
        return -1, (math.nan,) * len(CLASS_NAMES)
    probabilities = _ANSWERS[_NEXT[_find_leaf(row)]]
    return probabilities.index(max(probabilities)), probabilities


def leaf(row: Iterable[float]) -> int:
    """The leaf that a row comes to, as the number of its node; -1 where the model refuses the row."""
    row = _doubles(row)
    return _find_leaf(row) if _accepts(row) else -1

`;

function nodeTables(scorer: FlatScorer): string {
  const { answerCount, hasSets, hasZeroMissing, together } = scorer;
  const bits = setBits(scorer);
  const adds = together?.output.some((output) => output >= 0);
  const thresholds = Array.from({ length: scorer.nodeCount }, (_, node) =>
    decimalOr('math.inf', numberOf(scorer, node)),
  );
  return `# Nodes: the left child of i is i + 1.
${explained(scorer)}# The feature that is asked for, -1 at a leaf; left when the value is at most the threshold.${adds ? ' At a leaf: what is added.' : ''}
_FEATURE = ${numbers('int', Array.from(scorer.feature, String))}
_THRESHOLD = ${numbers('float', thresholds)}
# The right child${answerCount > 0 ? '; at a leaf its row of _ANSWERS' : ''}.
_NEXT = ${numbers('int', Array.from(scorer.next, String))}
${
  hasDirections(scorer)
    ? `# Whether a missing value goes left.
_MISSING_LEFT = ${numbers('int', Array.from(scorer.missingLeft, String))}
`
    : ''
}${
  hasZeroMissing
    ? `# Whether 0 goes where a missing value goes.
_ZERO_MISSING = ${numbers('int', Array.from(scorer.zeroMissing, String))}
`
    : ''
}${
  hasSets
    ? `# Where a set begins in _SETS, -1 where a number is asked for. Bits go left: bit 0 an unknown category, bit c + 1
# category c.
_SET = ${numbers('int', Array.from(bits.start, String))}
_SETS = ${bits.words.length < LONG_LIST ? tuple(bits.words.map(hexWord)) : numbers('int', bits.words.map(String))}
`
    : ''
}${answerCount > 0 ? answerTable(scorer) : ''}`;
}

function answerTable(scorer: FlatScorer): string {
  const about =
    scorer.together === null
      ? 'What leaves answer: a probability for each class'
      : 'What leaves add to each of the sums';
  if (scorer.answers.length >= LONG_LIST) {
    const all = longText(Array.from(scorer.answers, decimal));
    return `# ${about}.
_ANSWERS = tuple(zip(*[iter(map(float, ${all}.split()))] * ${scorer.answerWidth}))
`;
  }
  return `# ${about}.
_ANSWERS = (
${answerRows(scorer)
  .map((row) => (row.length <= 8 ? `    ${tuple(row)},\n` : `    (\n${wrapped(row, '        ')}    ),\n`))
  .join('')})
`;
}

function explained(scorer: FlatScorer): string {
  return Array.from({ length: scorer.nodeCount }, (_, node) => nodeComment(scorer, node))
    .map((comment) => (comment === null ? '' : `#   ${comment}\n`))
    .join('');
}

function categoryTables({ features }: FlatScorer): string {
  const lists = features.map((feature) =>
    feature.kind === 'category'
      ? `    (\n${wrapped(
          feature.categories.map((name) => stringLiteral(name)),
          '        ',
        )}    ),\n`
      : '    None,\n',
  );
  const unseen = features.map((feature) => (feature.kind === 'category' ? String(unseenCategory(feature)) : '-1'));
  const values = features.map(valuesOf);
  const valueTable = (pairs: readonly [number, number][]) =>
    pairs.length === 0
      ? '    {},\n'
      : `    {\n${wrapped(
          pairs.map(([value, c]) => `${decimal(value)}: ${c}`),
          '        ',
        )}    },\n`;
  return `
# The categories of each feature, and what stands for a text that is none of them.
_CATEGORIES: Tuple[Optional[Tuple[str, ...]], ...] = (
${lists.join('')})
_UNSEEN = ${tuple(unseen)}
${values.some((pairs) => pairs.length > 0) ? `\n# Categories that are numbers, each of a value of its own: their indices.\n_BY_VALUE: Tuple[Dict[Optional[float], int], ...] = (\n${values.map(valueTable).join('')})\n` : ''}`;
}

function acceptance({ hasCategories, hasMissing }: FlatScorer): string {
  const missing = `        if math.isnan(value) and _MAY_BE_MISSING[f]:
            continue
`;
  const category = `        names = _CATEGORIES[f]
        if names is not None:
            if not (-1 <= value < len(names) and value == int(value)):
                return False
            continue
`;
  return `${hasMissing ? missing : ''}${hasCategories ? category : ''}`;
}

function step(scorer: FlatScorer): string {
  const { hasSets, hasZeroMissing } = scorer;
  const branches: string[] = [];
  const zero = hasZeroMissing ? ' or (row[f] == 0 and _ZERO_MISSING[at])' : '';
  if (hasDirections(scorer)) branches.push(`math.isnan(row[f])${zero}:\n            left = _MISSING_LEFT[at]\n`);
  if (hasSets) {
    branches.push(`_SET[at] >= 0:
            bit = int(row[f]) + 1
            left = _SETS[_SET[at] + (bit >> 5)] >> (bit & 31) & 1
`);
  }
  if (branches.length === 0) return '        left = row[f] <= _THRESHOLD[at]\n';
  return `        if ${branches.join('        elif ')}        else:
            left = row[f] <= _THRESHOLD[at]
`;
}

function test({ together }: FlatScorer, name: string, vectors: string): string {
  const margins = together?.kind === 'boosted' ? ', *map(hexadecimal, model.margins(row))' : '';
  const last = together === null ? ', str(model.leaf(row))' : margins;
  return `"""Runs the rows of the vectors beside it: every answer has to be equal bit for bit. python -m unittest test_${name}"""

import math
import os
import struct
import unittest

import ${name} as model

VECTORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), ${stringLiteral(vectors)})


def double(digits: str) -> float:
    value: float = struct.unpack(">d", bytes.fromhex(digits))[0]
    return value


def hexadecimal(value: float) -> str:
    return "7ff8000000000000" if math.isnan(value) else struct.pack(">d", value).hex()


class Vectors(unittest.TestCase):
    def test_answers_every_row_as_the_model_does(self) -> None:
        rows = 0
        with open(VECTORS, encoding="utf-8", newline="\\n") as lines:
            for line in lines:
                if line.startswith("#"):
                    continue
                rows += 1
                cells = line.rstrip("\\n").split("\\t")
                inputs, expected = cells[: len(model.FEATURE_NAMES)], cells[len(model.FEATURE_NAMES) :]
                row = [double(digits) for digits in inputs]
                label, probabilities = model.predict(row)
                found = [str(label), *map(hexadecimal, probabilities)${last}]
                self.assertEqual(found, expected, line)
        self.assertNotEqual(rows, 0)


if __name__ == "__main__":
    unittest.main()
`;
}
