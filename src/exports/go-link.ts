import type { Combine } from '../tree/ensemble.js';
import { exponentialTable } from '../tree/exponential.js';
import { PAIRWISE_RUN } from '../tree/link.js';
import { linkText } from './link-text.js';
import { decimal, wrapped } from './source-text.js';

/**
 * The functions that turn scores into what the link makes of them, in place; none where there is no link. Go may fuse a product
 * with a sum, but for one that is converted: every product is.
 */
export function goLink(combine: Combine): string {
  return linkText(combine, {
    exponential: (inFloats) => (inFloats ? floatExponential() : doubleExponential()),
    ofOnnxruntime: OF_ONNXRUNTIME,
    sigmoid: SIGMOID,
    floatSigmoid: FLOAT_SIGMOID,
    softmax: SOFTMAX,
    floatSoftmax: FLOAT_SOFTMAX,
    sum: SUM,
    sumInEights,
  });
}

const POWER_OF_TWO = `
// powerOfTwo takes exponents from -1022 to 1023.
func powerOfTwo(exponent int) float64 {
	return math.Float64frombits(uint64(exponent+1023) << 52)
}
`;

function doubleExponential(): string {
  const { heads, tails } = exponentialTable;
  const rows = Array.from(heads, (head, step) => `{${decimal(head)}, ${decimal(tails[step])}}`);
  return `
// powers has 2^(i / 128), and what the exact one is more, as a share of it.
var powers = [128][2]float64{
${wrapped(rows, '\t')}}

// exponential gives e^x as glibc computes it (Arm's optimized routines, MIT licence), bit for bit. The conversions of
// products keep compilers from fusing them with sums.
func exponential(x float64) float64 {
	switch {
	case math.IsNaN(x):
		return x
	case x > 709.782712893384:
		return math.Inf(1)
	case x < -745.1332191019412:
		return 0
	case math.Abs(x) < 5.551115123125783e-17:
		return 1
	}
	k := math.FMA(184.6649652337873, x, 6755399441055744) - 6755399441055744
	r := math.FMA(k, -1.2864023111638346e-14, math.FMA(k, -0.005415212348111709, x))
	step := int(k) & 127
	exponent := (int(k) - step) / 128
	head, tail := powers[step][0], powers[step][1]
	r2 := float64(r * r)
	low := math.FMA(r2, math.FMA(r, 0.16666666666665886, 0.49999999999996786), tail+r)
	rest := math.FMA(float64(r2*r2), math.FMA(r, 0.008333335853059549, 0.0416666808410674), low)
	if exponent > 1022 {
		return float64(float64(math.FMA(head, rest, head)*powerOfTwo(exponent-1)) * 2)
	}
	if x > -512 {
		return float64(math.FMA(head, rest, head) * powerOfTwo(exponent))
	}
	scale := float64(head * powerOfTwo(exponent+1022))
	more := float64(scale * rest)
	y := scale + more
	if y >= 1 {
		return float64(y * 2.2250738585072014e-308)
	}
	// Below the normal numbers: rounded where the last bit will be.
	high := 1 + y
	return float64((high + (1 - high + y + (scale - y + more)) - 1) * 2.2250738585072014e-308)
}
${POWER_OF_TWO}`;
}

function floatExponential(): string {
  const heads = Array.from({ length: 32 }, (_, step) => decimal(exponentialTable.heads[step * 4]));
  return `
// powers has 2^(i / 32).
var powers = [32]float64{
${wrapped(heads, '\t')}}

// exponential gives e^x in 32 bits as glibc computes it (Arm's optimized routines, MIT licence), bit for bit. The
// conversions of products keep compilers from fusing them with sums.
func exponential(x float64) float32 {
	switch {
	case math.IsNaN(x):
		return float32(x)
	case x > 88.72283172607422:
		return float32(math.Inf(1))
	case x < -103.97207641601562:
		return 0
	}
	k := math.FMA(46.16624130844683, x, 6755399441055744) - 6755399441055744
	r := math.FMA(46.16624130844683, x, -k)
	step := int(k) & 31
	scale := float64(powers[step] * powerOfTwo((int(k)-step)/32))
	upper := math.FMA(1.6938359250920212e-06, r, 0.00023459809789509004)
	lower := math.FMA(0.021660849396613134, r, 1)
	return float32(math.FMA(upper, float64(r*r), lower) * scale)
}
${POWER_OF_TWO}`;
}

const SIGMOID = `
// applyLink makes probabilities of scores, in place.
func applyLink(scores []float64) {
	for k := range scores {
		scores[k] = 1 / (1 + exponential(-scores[k]))
	}
}
`;

/** As XGBoost computes it. 88.7 in 32 bits. */
const FLOAT_SIGMOID = `
// applyLink makes probabilities of scores, in place.
func applyLink(scores []float64) {
	for k := range scores {
		divisor := exponential(math.Min(-scores[k], 88.69999694824219)) + 1
		scores[k] = float64(1 / divisor)
	}
}
`;

const LARGEST = `	largest := scores[0]
	for _, score := range scores {
		if score > largest {
			largest = score
		}
	}
`;

/** As XGBoost computes it: terms in 32 bits, their sum in 64. */
const FLOAT_SOFTMAX = `
// applyLink makes probabilities of scores, in place.
func applyLink(scores []float64) {
${LARGEST}	sum := 0.0
	for k := range scores {
		scores[k] = float64(exponential(float64(float32(scores[k] - largest))))
		sum += scores[k]
	}
	divisor := float32(sum)
	for k := range scores {
		scores[k] = float64(float32(scores[k]) / divisor)
	}
}
`;

/** What onnxruntime does with its sums, each step in 32 bits. */
const OF_ONNXRUNTIME: Readonly<Record<Combine['link'], string>> = {
  none: `
// applyLink makes probabilities of scores, in place.
func applyLink(scores []float64) {
	for k := range scores {
		scores[k] = float64(float32(scores[k]))
	}
}
`,
  sigmoid: `
// applyLink makes probabilities of scores, in place.
func applyLink(scores []float64) {
	for k := range scores {
		score := float64(float32(scores[k]))
		share := 1 / (1 + exponential(-math.Abs(score)))
		if score < 0 {
			share = 1 - share
		}
		scores[k] = float64(share)
	}
}
`,
  softmax: `
// applyLink makes probabilities of scores, in place.
func applyLink(scores []float64) {
	for k := range scores {
		scores[k] = float64(float32(scores[k]))
	}
${LARGEST}	var sum float32
	for k := range scores {
		scores[k] = float64(exponential(float64(float32(scores[k] - largest))))
		sum += float32(scores[k])
	}
	for k := range scores {
		scores[k] = float64(float32(scores[k]) / sum)
	}
}
`,
};

const SOFTMAX = `
// applyLink makes probabilities of scores, in place.
func applyLink(scores []float64) {
${LARGEST}	for k := range scores {
		scores[k] = exponential(scores[k] - largest)
	}
	sum := sumOf(scores)
	for k := range scores {
		scores[k] /= sum
	}
}
`;

const SUM = `
func sumOf(terms []float64) float64 {
	sum := 0.0
	for _, term := range terms {
		sum += term
	}
	return sum
}
`;

function sumInEights(outputs: number): string {
  const halves = `	if len(terms) > ${PAIRWISE_RUN} {
		half := len(terms)/2 - len(terms)/2%8
		return sumOf(terms[:half]) + sumOf(terms[half:])
	}
`;
  return `
// sumOf adds as numpy adds an array.
func sumOf(terms []float64) float64 {
${outputs > PAIRWISE_RUN ? halves : ''}	var sums [8]float64
	done := 0
	for ; done+8 <= len(terms); done += 8 {
		for i := range sums {
			sums[i] += terms[done+i]
		}
	}
	sum := sums[0] + sums[1] + (sums[2] + sums[3]) + (sums[4] + sums[5] + (sums[6] + sums[7]))
	for _, term := range terms[done:] {
		sum += term
	}
	return sum
}
`;
}
