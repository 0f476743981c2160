import type { FlatScorer, Together } from './flat-scorer.js';
import { pythonLink } from './python-link.js';
import { decimal, listed } from './source-text.js';
import { additionOf, baseOf, divisorsOf, hasLink, isFloatLink, isPrepared } from './together-text.js';

const tuple = (values: Iterable<number>, text: (value: number) => string) => {
  const items = Array.from(values, (value) => text(value));
  return listed(items, '(', items.length === 1 ? ',)' : ')', '    ');
};

/** The tables of the trees beside their nodes. */
export function ensembleTables({ roots }: FlatScorer, together: Together): string {
  const each = together.output.includes(-1) ? ', -1 where leaves have an answer for each' : '';
  return `# Where each tree begins.
_ROOTS = ${tuple(roots.subarray(0, -1), String)}
${isOne(together) ? `# Which sum it is added to${each}.\n_OUTPUT = ${tuple(together.output, String)}\n` : ''}# What the sums begin with.
_BASE = ${tuple(baseOf(together), decimal)}
`;
}

/** Whether a tree is added to one of several sums. */
function isOne(together: Together): boolean {
  return additionOf(together) === 'one' || additionOf(together) === 'mixed';
}

/** Whether anything is rounded to 32 bits. */
export function roundsToFloat({ arithmetic, combine }: Together): boolean {
  return arithmetic.input === 'float32' || arithmetic.sum === 'float32' || isFloatLink(combine);
}

/** From a row to its answer: what the functions of the module call. */
export function ensembleFunctions(together: Together): string {
  const addUp = `def _add_up(row: Sequence[float]) -> List[float]:
    """What the leaves of a row add up to, tree after tree."""
    sums = list(_BASE)
${prepared(together)}    for ${isOne(together) ? 't, root in enumerate(_ROOTS)' : 'root in _ROOTS'}:
        at = _find_leaf(row, root)
${addition(together)}    return sums
`;
  const findShares = `def _find_shares(sums: List[float]) -> List[float]:
    """From the sums to a probability for each class."""
${shares(together)}`;
  const parts = [addUp, roundsToFloat(together) ? FLOAT : '', pythonLink(together.combine), findShares];
  return parts.flatMap((part) => (part === '' ? [] : [`\n\n${part.trim()}\n`])).join('');
}

export const PREDICT = `
def predict(row: Iterable[float]) -> Tuple[int, Tuple[float, ...]]:
    """The index of the class and a tuple of probabilities; -1 and nan where the model refuses the row."""
    row = _doubles(row)
    if not _accepts(row):
        return -1, (math.nan,) * len(CLASS_NAMES)
    probabilities = _find_shares(_add_up(row))
    best = 0
    for k, probability in enumerate(probabilities):
        if probability > probabilities[best]:
            best = k
    return best, tuple(probabilities)

`;

export const MARGINS = `
def margins(row: Iterable[float]) -> Tuple[float, ...]:
    """What the trees add up to, before that becomes probabilities; nan where the model refuses the row."""
    row = _doubles(row)
    return tuple(_add_up(row)) if _accepts(row) else (math.nan,) * len(_BASE)

`;

const FLOAT = `
_FLOAT = struct.Struct("<f")


def _float(value: float) -> float:
    """The nearest 32-bit number."""
    if abs(value) >= 3.4028235677973366e38:
        return math.copysign(math.inf, value)
    rounded: float = _FLOAT.unpack(_FLOAT.pack(value))[0]
    return rounded

`;

function prepared(together: Together): string {
  if (!isPrepared(together)) return '';
  const { input, zero } = together.arithmetic;
  const first = input === 'float32' ? '    row = [_float(row[f]) for f in range(len(FEATURE_NAMES))]\n' : '';
  return `${first}${zero > 0 ? `    row = [0.0 if abs(value) <= ${zero} else value for value in row]\n` : ''}`;
}

function addition(together: Together): string {
  const inFloats = together.arithmetic.sum === 'float32';
  const added = (sum: string, value: string) =>
    inFloats ? `${sum} = _float(${sum} + ${value})` : `${sum} += ${value}`;
  const each = (indent: string) =>
    `${indent}for k, value in enumerate(_ANSWERS[_NEXT[at]]):\n${indent}    ${added('sums[k]', 'value')}\n`;
  switch (additionOf(together)) {
    case 'alone':
      return `        ${added('sums[0]', '_THRESHOLD[at]')}\n`;
    case 'one':
      return `        ${added('sums[_OUTPUT[t]]', '_THRESHOLD[at]')}\n`;
    case 'each':
      return each('        ');
    case 'mixed':
      return `        if _OUTPUT[t] >= 0:\n            ${added('sums[_OUTPUT[t]]', '_THRESHOLD[at]')}\n        else:\n${each('            ')}`;
  }
}

function shares(together: Together): string {
  const { outputs, scale } = together.combine;
  const divisors = divisorsOf(together);
  const several = divisors !== null && typeof divisors !== 'number';
  const table = several ? `    trees = ${tuple(divisors, decimal)}\n` : '';
  const mean = divisors === null ? 'total' : `total / ${several ? 'trees[k]' : decimal(divisors)}`;
  const score = scale === 1 ? mean : `${mean} * ${decimal(scale)}`;
  const items = several ? 'k, total in enumerate(sums)' : 'total in sums';
  const scores = score === 'total' ? 'sums' : `[${score} for ${items}]`;
  const linked = hasLink(together.combine) ? `_apply_link(${scores})` : scores;
  if (outputs > 1) return `${table}    return ${linked}\n`;
  return `${table}    (share,) = ${linked}
    return [${isFloatLink(together.combine) ? '_float(1.0 - share)' : '1.0 - share'}, share]
`;
}
