import type { LinkFunction } from '../../tree/ensemble.js';
import { PAIRWISE_RUN } from '../../tree/link.js';
import type { Together } from '../flat-scorer.js';
import { exp, expf } from './exponential.js';
import type { Graph } from './graph.js';

/** 88.7 in 32 bits: see `tree/link.ts`, whose steps these are. */
const LARGEST_EXPONENT = Math.fround(88.7);

/**
 * Nodes from what trees add up to, to the shares of the classes.
 *
 * @param sums doubles, one column per output
 * @returns shares, one column per class
 */
export function shares(graph: Graph, sums: string, { combine, treesPerOutput }: Together): string {
  const { by, function: arithmetic, outputs, scale } = combine;
  let scores = sums;
  if (by === 'mean') scores = graph.quotient(sums, graph.table('trees', 'double', [outputs], treesPerOutput));
  if (scale !== 1) scores = graph.product(scores, scale);
  scores = linked(graph, scores, combine);
  if (outputs > 1) return scores;
  const rest = graph.difference(1, scores);
  return graph.add('Concat', [arithmetic.startsWith('float32') ? graph.rounded(rest) : rest, scores], { axis: 1 });
}

function linked(graph: Graph, scores: string, { function: arithmetic, link, outputs }: Together['combine']): string {
  if (arithmetic === 'float32/2') return linkedAsByOnnxruntime(graph, graph.rounded(scores), link, outputs);
  if (link === 'none') return scores;
  if (link !== 'sigmoid') return softmax(graph, scores, outputs, arithmetic);
  return arithmetic === 'float32/1' ? sigmoid32(graph, scores) : sigmoid64(graph, scores);
}

/** All in 32 bits. @param scores such numbers, as doubles */
function linkedAsByOnnxruntime(
  graph: Graph,
  scores: string,
  link: Together['combine']['link'],
  outputs: number,
): string {
  if (link === 'none') return scores;
  if (link === 'sigmoid') {
    const one = graph.constant(1, 'float');
    const power = expf(graph, graph.difference(0, graph.add('Abs', [scores])));
    const share = graph.add('Div', [one, graph.add('Add', [one, power])]);
    const chosen = graph.add('Where', [graph.isBelow(scores, 0), graph.add('Sub', [one, share]), share]);
    return graph.cast(chosen, 'double');
  }
  const largest = largestOf(graph, scores);
  const terms = expf(graph, graph.rounded(graph.difference(scores, largest)));
  return graph.cast(graph.add('Div', [terms, graph.lastSum(terms, outputs)]), 'double');
}

const largestOf = (graph: Graph, scores: string) =>
  graph.add('ReduceMax', [scores], { axes: Int32Array.of(1), keepdims: 1 });

function sigmoid64(graph: Graph, scores: string): string {
  return graph.quotient(1, graph.sum(1, exp(graph, graph.difference(0, scores))));
}

function sigmoid32(graph: Graph, scores: string): string {
  const one = graph.constant(1, 'float');
  const power = expf(graph, graph.smaller(graph.difference(0, scores), LARGEST_EXPONENT));
  return graph.cast(graph.add('Div', [one, graph.add('Add', [power, one])]), 'double');
}

function softmax(graph: Graph, scores: string, outputs: number, arithmetic: LinkFunction): string {
  const below = graph.difference(scores, largestOf(graph, scores));
  if (arithmetic === 'float32/1') {
    const terms = expf(graph, graph.rounded(below));
    const sum = graph.lastSum(graph.cast(terms, 'double'), outputs);
    return graph.cast(graph.add('Div', [terms, graph.cast(sum, 'float')]), 'double');
  }
  const terms = exp(graph, below);
  const inEights = arithmetic === 'float64/2' && outputs >= 8;
  const sum = inEights ? sumInEights(graph, terms, 0, outputs) : graph.lastSum(terms, outputs);
  return graph.quotient(terms, sum);
}

/** As numpy adds an array: see `tree/link.ts`. */
function sumInEights(graph: Graph, terms: string, start: number, count: number): string {
  if (count > PAIRWISE_RUN) {
    const half = Math.floor(count / 2) - (Math.floor(count / 2) % 8);
    const first = sumInEights(graph, terms, start, half);
    return graph.sum(first, sumInEights(graph, terms, start + half, count - half));
  }
  const columns = Array.from({ length: count }, (_, index) =>
    graph.add('Gather', [terms, graph.constant(start + index, 'int64')], { axis: 1 }),
  );
  const done = count - (count % 8);
  const addAll = (list: readonly string[]) => list.reduce((sum, term) => graph.sum(sum, term));
  if (done === 0) return addAll(columns);
  const sums = Array.from({ length: 8 }, (_, index) =>
    addAll(columns.slice(0, done).filter((_, column) => column % 8 === index)),
  );
  const pairs = [0, 2, 4, 6].map((index) => graph.sum(sums[index], sums[index + 1]));
  const sum = graph.sum(graph.sum(pairs[0], pairs[1]), graph.sum(pairs[2], pairs[3]));
  return addAll([sum, ...columns.slice(done)]);
}
