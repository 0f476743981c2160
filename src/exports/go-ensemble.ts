import type { FlatScorer, Together } from './flat-scorer.js';
import { goLink } from './go-link.js';
import { decimal, wrapped } from './source-text.js';
import { additionOf, baseOf, divisorsOf, hasLink, isFloatLink, isPrepared } from './together-text.js';

/** Values and thresholds, and sums: 32-bit where the model's are. */
export function goTypes({ arithmetic, output }: Together): { readonly value: string; readonly sum: string } {
  const floats = arithmetic.sum === 'float32' || output.every((one) => one < 0);
  return {
    value: arithmetic.input === 'float32' && floats ? 'float32' : 'float64',
    sum: arithmetic.sum === 'float32' ? 'float32' : 'float64',
  };
}

/** How Predict begins: what it takes. */
export function predictHead({ classes }: FlatScorer): string {
  return `// Predict gives the class of a row, as an index of ClassNames. Its probabilities go to a slice of ${classes.length}, or nowhere if that
// is nil; it panics if the slice is shorter. -1 and NaN where the model refuses the row.
func Predict(row []float64, probabilities []float64) int {
	if probabilities != nil {
		_ = probabilities[len(ClassNames)-1] // too short a slice panics, whatever its capacity
		probabilities = probabilities[:len(ClassNames)]
	}
`;
}

/** The functions for rows. */
export function ensembleFunctions(scorer: FlatScorer, together: Together): string {
  return `
${predictHead(scorer)}	if !accepts(row) {
		for k := range probabilities {
			probabilities[k] = math.NaN()
		}
		return -1
	}
	sums := addUp(row)
	shares := findShares(&sums)
	copy(probabilities, shares[:])
	best := 0
	for k := range shares {
		if shares[k] > shares[best] {
			best = k
		}
	}
	return best
}
${together.kind === 'boosted' ? marginsFunction(together) : ''}`;
}

function marginsFunction({ arithmetic, combine: { outputs } }: Together): string {
  return `
// MarginCount is the length of what Margins fills.
const MarginCount = ${outputs}

// Margins gives what the trees add up to, before that becomes probabilities, in a slice of MarginCount; it panics if the
// slice is shorter. False and NaN where the model refuses the row.
func Margins(row []float64, margins []float64) bool {
	_ = margins[MarginCount-1] // too short a slice panics, whatever its capacity
	margins = margins[:MarginCount]
	if !accepts(row) {
		for k := range margins {
			margins[k] = math.NaN()
		}
		return false
	}
	for k, sum := range addUp(row) {
		margins[k] = ${arithmetic.sum === 'float32' ? 'float64(sum)' : 'sum'}
	}
	return true
}
`;
}

/** From a row to its answer: what these functions call, with the tables of the trees. */
export function ensembleCode(scorer: FlatScorer, together: Together): string {
  const { sum, value } = goTypes(together);
  const { outputs } = together.combine;
  return `
// addUp gives what the leaves of a row add up to, tree after tree.
func addUp(row []float64) [${outputs}]${sum} {
	sums := [${outputs}]${sum}{${baseOf(together)
    .map((one) => decimal(one).replace(/\.0$/, ''))
    .join(', ')}}
${prepared(together, value)}	for ${isOne(together) ? 't' : '_'}, root := range roots {
		leaf := &nodes[findLeaf(${isPrepared(together) ? 'values[:]' : 'row'}, root)]
${addition(together)}	}
	return sums
}
${goLink(together.combine)}
// findShares gives a probability for each class, from the sums.
func findShares(sums *[${outputs}]${sum}) [${scorer.classes.length}]float64 {
${shares(scorer, together)}}

// roots has where each tree begins in nodes.
var roots = [...]int32{
${wrapped(Array.from(scorer.roots.subarray(0, -1), String), '\t')}}
${isOne(together) ? outputTable(together) : ''}`;
}

function isOne(together: Together): boolean {
  return additionOf(together) === 'one' || additionOf(together) === 'mixed';
}

function outputTable({ output }: Together): string {
  return `
// output says which sum a tree is added to${output.includes(-1) ? '; -1: its leaves have an answer for each' : ''}.
var output = [...]int32{
${wrapped(Array.from(output, String), '\t')}}
`;
}

function prepared(together: Together, type: string): string {
  if (!isPrepared(together)) return '';
  const { input, zero } = together.arithmetic;
  const rounded = input === 'float32' ? 'float32(row[f])' : 'row[f]';
  const value = type === 'float64' && input === 'float32' ? `float64(${rounded})` : rounded;
  const toZero = `		if math.Abs(${type === 'float64' ? 'values[f]' : 'float64(values[f])'}) <= ${zero} {
			values[f] = 0
		}
`;
  return `	var values [len(FeatureNames)]${type}
	for f := range values {
		values[f] = ${value}
${zero > 0 ? toZero : ''}	}
`;
}

function addition(together: Together): string {
  const each = (indent: string) =>
    `${indent}for k, value := range answers[leaf.next] {\n${indent}\tsums[k] += value\n${indent}}\n`;
  const { sum, value } = goTypes(together);
  const number = sum === value ? 'leaf.threshold' : `${sum}(leaf.threshold)`;
  switch (additionOf(together)) {
    case 'alone':
      return `\t\tsums[0] += ${number}\n`;
    case 'one':
      return `\t\tsums[output[t]] += ${number}\n`;
    case 'each':
      return each('\t\t');
    case 'mixed':
      return `\t\tif output[t] >= 0 {\n\t\t\tsums[output[t]] += ${number}\n\t\t} else {\n${each('\t\t\t')}\t\t}\n`;
  }
}

function shares({ classes }: FlatScorer, together: Together): string {
  const { outputs, scale } = together.combine;
  const divisors = divisorsOf(together);
  const table =
    divisors === null || typeof divisors === 'number'
      ? ''
      : `	trees := [...]float64{\n${wrapped(divisors.map(String), '\t\t')}	}\n`;
  const one = `sums[${outputs === 1 ? 0 : 'k'}]`;
  const sum = together.arithmetic.sum === 'float32' ? `float64(${one})` : one;
  const mean = divisors === null ? sum : `${sum} / ${typeof divisors === 'number' ? divisors : 'trees[k]'}`;
  const score = scale === 1 ? mean : `float64(${mean} * ${scale})`;
  const declared = `${table}	var shares [${classes.length}]float64\n`;
  const applied = !hasLink(together.combine) ? '' : `	applyLink(shares[${outputs === 1 ? '1' : ''}:])\n`;
  if (outputs === 1) {
    const first = isFloatLink(together.combine) ? 'float64(float32(1 - shares[1]))' : '1 - shares[1]';
    return `${declared}	shares[1] = ${score}\n${applied}	shares[0] = ${first}\n	return shares\n`;
  }
  return `${declared}	for k := range shares {\n		shares[k] = ${score}\n	}\n${applied}	return shares\n`;
}
