import type { Combine } from '../tree/ensemble.js';
import { exponentialTable } from '../tree/exponential.js';
import { PAIRWISE_RUN } from '../tree/link.js';
import { linkText } from './link-text.js';
import { decimal, wrapped } from './source-text.js';

/** The functions that turn scores into what the link makes of them; none where there is no link. */
export function pythonLink(combine: Combine): string {
  return linkText(combine, {
    exponential: (inFloats) => `${FUSED}${inFloats ? floatExponential() : doubleExponential()}`,
    ofOnnxruntime: OF_ONNXRUNTIME,
    sigmoid: SIGMOID,
    floatSigmoid: FLOAT_SIGMOID,
    softmax: SOFTMAX,
    floatSoftmax: FLOAT_SOFTMAX,
    sum: SUM,
    sumInEights,
  });
}

const FUSED = `

_BITS = struct.Struct("<q")
_DOUBLE = struct.Struct("<d")


def _fused(a: float, b: float, c: float) -> float:
    """a * b + c, rounded once."""
    rounded = a * b
    error = _error_of_product(a, b, rounded)
    low = c + error
    high = rounded + low
    return high + _add_to_odd(_error_of_sum(c, error, low), _error_of_sum(rounded, low, high))


def _error_of_product(a: float, b: float, rounded: float) -> float:
    # Halves of 26 bits: their products are exact.
    a_shift = a * 134217729.0
    a_high = a_shift - (a_shift - a)
    a_low = a - a_high
    b_shift = b * 134217729.0
    b_high = b_shift - (b_shift - b)
    b_low = b - b_high
    return a_low * b_low - (rounded - a_high * b_high - a_low * b_high - a_high * b_low)


def _error_of_sum(a: float, b: float, total: float) -> float:
    other = total - a
    return a - (total - other) + (b - other)


def _add_to_odd(a: float, b: float) -> float:
    """A sum that is not exact gets an odd last bit: added to a larger number it rounds as the exact one does."""
    total = a + b
    error = _error_of_sum(a, b, total)
    if error == 0:
        return total
    (bits,) = _BITS.unpack(_DOUBLE.pack(total))
    if bits & 1 == 0:
        bits += 1 if (error > 0) == (total > 0) else -1
    odd: float = _DOUBLE.unpack(_BITS.pack(bits))[0]
    return odd

`;

function doubleExponential(): string {
  const { heads, tails } = exponentialTable;
  const rows = Array.from(heads, (head, step) => `(${decimal(head)}, ${decimal(tails[step])})`);
  return `
# 2^(i / 128), and what the exact one is more, as a share of it.
_POWERS = (
${wrapped(rows, '    ')})


def _exponential(x: float) -> float:
    """e^x as glibc computes it (Arm's optimized routines, MIT licence), bit for bit."""
    if math.isnan(x):
        return x
    if x > 709.782712893384:
        return math.inf
    if x < -745.1332191019412:
        return 0.0
    if abs(x) < 5.551115123125783e-17:
        return 1.0
    k = _fused(184.6649652337873, x, 6755399441055744.0) - 6755399441055744.0
    r = _fused(k, -1.2864023111638346e-14, _fused(k, -0.005415212348111709, x))
    exponent, step = divmod(int(k), 128)
    head, tail = _POWERS[step]
    r2 = r * r
    low = _fused(r2, _fused(r, 0.16666666666665886, 0.49999999999996786), tail + r)
    rest = _fused(r2 * r2, _fused(r, 0.008333335853059549, 0.0416666808410674), low)
    if exponent > 1022:
        return _fused(head, rest, head) * math.ldexp(1.0, exponent - 1) * 2.0
    if x > -512:
        return _fused(head, rest, head) * math.ldexp(1.0, exponent)
    scale = head * math.ldexp(1.0, exponent + 1022)
    more = scale * rest
    y = scale + more
    if y >= 1:
        return y * 2.2250738585072014e-308
    # Below the normal numbers: rounded where the last bit will be.
    high = 1 + y
    return (high + (1 - high + y + (scale - y + more)) - 1) * 2.2250738585072014e-308

`;
}

function floatExponential(): string {
  const heads = Array.from({ length: 32 }, (_, step) => decimal(exponentialTable.heads[step * 4]));
  return `
# 2^(i / 32)
_POWERS = (
${wrapped(heads, '    ')})


def _exponential(x: float) -> float:
    """e^x in 32 bits as glibc computes it (Arm's optimized routines, MIT licence), bit for bit."""
    if math.isnan(x):
        return x
    if x > 88.72283172607422:
        return math.inf
    if x < -103.97207641601562:
        return 0.0
    k = _fused(46.16624130844683, x, 6755399441055744.0) - 6755399441055744.0
    r = _fused(46.16624130844683, x, -k)
    exponent, step = divmod(int(k), 32)
    scale = _POWERS[step] * math.ldexp(1.0, exponent)
    upper = _fused(1.6938359250920212e-06, r, 0.00023459809789509004)
    lower = _fused(0.021660849396613134, r, 1.0)
    return _float(_fused(upper, r * r, lower) * scale)

`;
}

const SIGMOID = `
def _apply_link(scores: List[float]) -> List[float]:
    return [1.0 / (1.0 + _exponential(-score)) for score in scores]
`;

/** As XGBoost computes it. 88.7 in 32 bits. */
const FLOAT_SIGMOID = `
def _apply_link(scores: List[float]) -> List[float]:
    return [_float(1.0 / _float(_exponential(min(-score, 88.69999694824219)) + 1.0)) for score in scores]
`;

const LARGEST = `    largest = scores[0]
    for score in scores:
        if score > largest:
            largest = score
`;

/** As XGBoost computes it: terms in 32 bits, their sum in 64. */
const FLOAT_SOFTMAX = `
def _apply_link(scores: List[float]) -> List[float]:
${LARGEST}    terms = [_exponential(_float(score - largest)) for score in scores]
    total = 0.0
    for term in terms:
        total += term
    divisor = _float(total)
    return [_float(term / divisor) for term in terms]
`;

/** What onnxruntime does with its sums, each step in 32 bits. */
const OF_ONNXRUNTIME: Readonly<Record<Combine['link'], string>> = {
  none: `
def _apply_link(scores: List[float]) -> List[float]:
    return [_float(score) for score in scores]
`,
  sigmoid: `
def _apply_link(scores: List[float]) -> List[float]:
    return [_share(_float(score)) for score in scores]


def _share(score: float) -> float:
    share = _float(1.0 / _float(1.0 + _exponential(-abs(score))))
    return _float(1.0 - share) if score < 0 else share
`,
  softmax: `
def _apply_link(scores: List[float]) -> List[float]:
    scores = [_float(score) for score in scores]
${LARGEST}    terms = [_exponential(_float(score - largest)) for score in scores]
    total = 0.0
    for term in terms:
        total = _float(total + term)
    return [_float(_quotient(term, total)) for term in terms]


def _quotient(term: float, total: float) -> float:
    """As IEEE 754 divides, by zero too."""
    if total != 0:
        return term / total
    return math.nan if term == 0 else math.copysign(math.inf, term) * math.copysign(1.0, total)
`,
};

const SOFTMAX = `
def _apply_link(scores: List[float]) -> List[float]:
${LARGEST}    terms = [_exponential(score - largest) for score in scores]
    total = _sum_of(terms)
    return [term / total for term in terms]
`;

/** Not \`sum\`: it compensates for what rounding loses, from Python 3.12 on. */
const SUM = `
def _sum_of(terms: List[float]) -> float:
    total = 0.0
    for term in terms:
        total += term
    return total

`;

function sumInEights(outputs: number): string {
  const halves = `    if len(terms) > ${PAIRWISE_RUN}:
        half = len(terms) // 2 - len(terms) // 2 % 8
        return _sum_of(terms[:half]) + _sum_of(terms[half:])
`;
  return `
def _sum_of(terms: List[float]) -> float:
    """As numpy adds an array."""
${outputs > PAIRWISE_RUN ? halves : ''}    sums = list(terms[:8])
    done = 8
    while done + 8 <= len(terms):
        for i in range(8):
            sums[i] += terms[done + i]
        done += 8
    total = sums[0] + sums[1] + (sums[2] + sums[3]) + (sums[4] + sums[5] + (sums[6] + sums[7]))
    for term in terms[done:]:
        total += term
    return total

`;
}
