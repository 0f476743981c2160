import { exponentialTable } from '../../tree/exponential.js';
import type { Graph, Term } from './graph.js';

/**
 * The functions of `tree/exponential.ts` in nodes, which see: runtimes have others. Each node rounds once, as IEEE 754 has it;
 * where the originals multiply and add in one, products and sums come with their errors.
 */

const SHIFT = 6755399441055744;
const STEPS = 128;
const FLOAT_STEPS = 32;
/** Numbers of 26 bits come of a product with it (Dekker 1971). */
const SPLITTER = 134217729;
const SMALLEST_NORMAL = 2.2250738585072014e-308;
/** The least power of two that is asked for, and the greatest. */
const [LEAST, MOST] = [-1076, 1023];

/** e^x of doubles. */
export function exp(graph: Graph, given: string): string {
  const x = graph.larger(graph.smaller(given, 710), -746);
  const k = graph.difference(fma(graph, Math.LOG2E * STEPS, x, SHIFT), SHIFT);
  const r = fma(graph, -1.2864023111638346e-14, k, fma(graph, -0.005415212348111709, k, x));
  const { exponent, step } = parts(graph, k, STEPS);
  const head = graph.add('Gather', [heads(graph), step]);
  const tail = graph.add('Gather', [graph.table('tails', 'double', [STEPS], exponentialTable.tails), step]);
  const r2 = graph.product(r, r);
  const middle = fma(graph, 0.16666666666665886, r, 0.49999999999996786);
  const low = fma(graph, r2, middle, graph.sum(tail, r));
  const high = fma(graph, 0.008333335853059549, r, 0.0416666808410674);
  const rest = fma(graph, graph.product(r2, r2), high, low);
  const power = powerOfTwo(graph, exponent, -1);
  const usual = graph.product(graph.product(fma(graph, head, rest, head), power), 2);
  const found = graph.choice(graph.isAbove(x, -512), usual, tiny(graph, head, rest, exponent));
  const bounded = graph.choice(graph.isAbove(given, 709.782712893384), Number.POSITIVE_INFINITY, found);
  return graph.choice(graph.isBelow(given, -745.1332191019412), 0, bounded);
}

/** Where the result may be below the normal numbers it is rounded where its last bit will be. */
function tiny(graph: Graph, head: string, rest: string, exponent: string): string {
  const most = graph.add('Min', [exponent, graph.constant(0, 'int64')]);
  const scale = graph.product(head, powerOfTwo(graph, most, 1022));
  const more = graph.product(scale, rest);
  const y = graph.sum(scale, more);
  const high = graph.sum(1, y);
  const errors = [graph.sum(graph.difference(1, high), y), graph.sum(graph.difference(scale, y), more)];
  const rounded = graph.difference(graph.sum(high, graph.sum(errors[0], errors[1])), 1);
  return graph.product(graph.choice(graph.isBelow(y, 1), rounded, y), SMALLEST_NORMAL);
}

/** e^x of 32-bit numbers, which are given as doubles, and comes as such a number. */
export function expf(graph: Graph, given: string): string {
  const x = graph.larger(graph.smaller(given, 89), -104);
  const k = graph.difference(fma(graph, Math.LOG2E * FLOAT_STEPS, x, SHIFT), SHIFT);
  const r = fma(graph, Math.LOG2E * FLOAT_STEPS, x, graph.difference(0, k));
  const { exponent, step } = parts(graph, k, FLOAT_STEPS);
  const place = graph.add('Mul', [step, graph.constant(STEPS / FLOAT_STEPS, 'int64')]);
  const scale = graph.product(graph.add('Gather', [heads(graph), place]), powerOfTwo(graph, exponent, 0));
  const upper = fma(graph, 0.05550361559341535 / 32768, r, 0.2402284522445722 / 1024);
  const lower = fma(graph, 0.6931471806916203 / 32, r, 1);
  const found = graph.product(fma(graph, upper, graph.product(r, r), lower), scale);
  const bounded = graph.choice(graph.isAbove(given, 88.72283172607422), Number.POSITIVE_INFINITY, found);
  return graph.cast(graph.choice(graph.isBelow(given, -103.97207641601562), 0, bounded), 'float');
}

/** k = exponent · steps + step, as whole numbers. */
function parts(graph: Graph, k: string, steps: number): { readonly exponent: string; readonly step: string } {
  const whole = graph.cast(k, 'int64');
  const divisor = graph.constant(steps, 'int64');
  const step = graph.add('Mod', [whole, divisor]);
  return { step, exponent: graph.add('Div', [graph.add('Sub', [whole, step]), divisor]) };
}

function heads(graph: Graph): string {
  return graph.table('heads', 'double', [STEPS], exponentialTable.heads);
}

/** 2^(exponent + more) */
function powerOfTwo(graph: Graph, exponent: string, more: number): string {
  const powers = Array.from({ length: MOST - LEAST + 1 }, (_, index) => 2 ** (index + LEAST));
  const table = graph.table('powers', 'double', [powers.length], powers);
  return graph.add('Gather', [table, graph.add('Add', [exponent, graph.constant(more - LEAST, 'int64')])]);
}

/**
 * a · b + c, rounded once: where its error is added to a sum that lies half-way between two doubles to the last bit, the
 * result is the other one of them; one of 10^15.
 */
function fma(graph: Graph, a: Term, b: string, c: Term): string {
  const product = graph.product(a, b);
  const [aHigh, aLow] = halves(graph, a);
  const [bHigh, bLow] = halves(graph, b);
  const first = graph.difference(product, graph.product(aHigh, bHigh));
  const second = graph.difference(first, graph.product(aLow, bHigh));
  const third = graph.difference(second, graph.product(aHigh, bLow));
  const productError = graph.difference(graph.product(aLow, bLow), third);
  const sum = graph.sum(product, c);
  const other = graph.difference(sum, product);
  const errors = [graph.difference(product, graph.difference(sum, other)), graph.difference(c, other)];
  return graph.sum(sum, graph.sum(graph.sum(errors[0], errors[1]), productError));
}

/** A number as a sum of two of 26 bits. */
function halves(graph: Graph, value: Term): readonly [Term, Term] {
  if (typeof value === 'number') {
    const shifted = value * SPLITTER;
    const high = shifted - (shifted - value);
    return [high, value - high];
  }
  const shifted = graph.product(value, SPLITTER);
  const high = graph.difference(shifted, graph.difference(shifted, value));
  return [high, graph.difference(value, high)];
}
