import type { Combine } from '../../tree/ensemble.js';
import { exponentialTable } from '../../tree/exponential.js';
import { PAIRWISE_RUN } from '../../tree/link.js';
import type { FlatScorer } from '../flat-scorer.js';
import type { Dialect } from './dialects.js';
import type { Column, QuerySteps } from './steps.js';

/** What the trees of an output add up to, before the link. */
export const marginName = (output: number) => `iris_margin${output}`;
export const shareName = (index: number) => `iris_share${index}`;
/** The index of the class. */
export const CLASS = 'iris_class';

const SHIFT = 6755399441055744;
const FLOAT_STEPS = 32;
const STEPS = 128;
/** 88.7 in 32 bits. */
const LARGEST_EXPONENT = Math.fround(88.7);
/** Half of the smallest 32-bit number: what is not above it is rounded to 0. */
const VANISHES = 2 ** -150;

/** Writes expressions of a dialect, and adds them to a query as steps. */
interface Writer {
  readonly steps: QuerySteps;
  readonly dialect: Dialect;
  number(value: number): string;
  /** A column per expression, after those that are dropped. @returns their names */
  add(name: string, expressions: readonly string[], dropped?: readonly string[]): string[];
}

/**
 * Adds the steps from sums to the class and the shares.
 *
 * @param sums names of the columns with the sums
 * @param dropped columns that nobody asks for
 */
export function linkSteps(
  steps: QuerySteps,
  scorer: FlatScorer,
  dialect: Dialect,
  sums: readonly string[],
  dropped: readonly string[],
): void {
  const { combine, kind, treesPerOutput } = scorer.together!;
  const number = dialect.number;
  const writer: Writer = {
    ...{ steps, dialect, number },
    add(name, expressions, gone = []) {
      const columns = expressions.map((expression, index): Column => ({ name: `${name}${index}`, expression }));
      steps.add(columns, gone);
      return columns.map((column) => column.name);
    },
  };
  const margins = writer.add('iris_margin', sums, dropped);
  const scaled = margins.map((margin, k) => {
    const mean = combine.by === 'mean' ? `${margin} / ${number(treesPerOutput[k])}` : margin;
    return combine.scale === 1 ? mean : `(${mean}) * ${number(combine.scale)}`;
  });
  const scores = writer.add('iris_score', scaled, kind === 'boosted' ? [] : margins);
  const linked = shares(writer, scorer, scores);
  const single = combine.function.startsWith('float32');
  const rest = `${number(1)} - ${linked[0]}`;
  const all = linked.length > 1 ? linked : [single ? dialect.round32!(rest) : rest, linked[0]];
  const names = writer.add('iris_share', all, linked);
  const [most] = writer.add('iris_most', [dialect.greatest(names)]);
  const cases = names.map((name, k) => `WHEN ${name} = ${most} THEN ${k}`);
  // The first of those that are largest.
  steps.add([{ name: CLASS, expression: `CASE ${cases.join(' ')} END` }], [most]);
}

function shares(writer: Writer, { together }: FlatScorer, scores: string[]): string[] {
  const { function: arithmetic, link } = together!.combine;
  if (arithmetic === 'float32/2') return linkedAsByOnnxruntime(writer, rounded(writer, 'iris_single', scores), link);
  if (link === 'none') return scores;
  const single = arithmetic === 'float32/1';
  if (link === 'sigmoid') return single ? sigmoid32(writer, scores) : sigmoid64(writer, scores);
  return single ? softmax32(writer, scores) : softmax64(writer, scores, arithmetic === 'float64/2');
}

/** All in 32 bits. @param scores such numbers, as doubles */
function linkedAsByOnnxruntime(writer: Writer, scores: string[], link: Combine['link']): string[] {
  const { add, dialect, number } = writer;
  const round = dialect.round32!;
  if (link === 'none') return scores;
  if (link === 'sigmoid') {
    const powers = expf(
      writer,
      scores.map((score) => `-ABS(${score})`),
    );
    const quotients = powers.map((power) => round(`${number(1)} / ${round(`${number(1)} + ${power}`)}`));
    const above = add('iris_above', quotients, powers);
    const chosen = above.map(
      (share, k) => `CASE WHEN ${scores[k]} < ${number(0)} THEN ${round(`${number(1)} - ${share}`)} ELSE ${share} END`,
    );
    return add('iris_linked', chosen, [...above, ...scores]);
  }
  const [largest] = add('iris_largest', [dialect.greatest(scores)]);
  const below = scores.map((score) => round(`${score} - ${largest}`));
  const terms = expf(writer, below, [...scores, largest]);
  const [first, ...others] = terms;
  const [sum] = add('iris_total', [others.reduce((added, term) => round(`${added} + ${term}`), first)]);
  const quotients = terms.map((term) => `${term} / ${sum}`);
  return rounded(writer, 'iris_linked', add('iris_quotient', quotients, [...terms, sum]));
}

function sigmoid64(writer: Writer, scores: readonly string[]): string[] {
  const { number } = writer;
  const one = number(1);
  const linked = scores.map(
    (score) =>
      `CASE WHEN -${score} > ${number(709.782712893384)} THEN ${number(0)} ELSE ${one} / (${one} + ${exp(writer, `(-${score})`)}) END`,
  );
  return writer.add('iris_linked', linked, scores);
}

/** e^x, of what is not above 709.78. Some engines refuse what vanishes. */
function exp({ number }: Writer, x: string): string {
  return `CASE WHEN ${x} < ${number(-745.1332191019412)} THEN ${number(0)} ELSE EXP(${x}) END`;
}

function softmax64(writer: Writer, scores: readonly string[], inEights: boolean): string[] {
  const [largest] = writer.add('iris_largest', [writer.dialect.greatest(scores)]);
  const below = writer.add(
    'iris_below',
    scores.map((score) => `${score} - ${largest}`),
    [...scores, largest],
  );
  const terms = writer.add(
    'iris_term',
    below.map((one) => exp(writer, one)),
    below,
  );
  const all = inEights && terms.length >= 8 ? sumInEights(terms) : terms.join(' + ');
  const [sum] = writer.add('iris_total', [all]);
  return writer.add(
    'iris_linked',
    terms.map((term) => `${term} / ${sum}`),
    [...terms, sum],
  );
}

/** As numpy adds an array. */
function sumInEights(terms: readonly string[]): string {
  if (terms.length > PAIRWISE_RUN) {
    const half = Math.floor(terms.length / 2) - (Math.floor(terms.length / 2) % 8);
    return `(${sumInEights(terms.slice(0, half))}) + (${sumInEights(terms.slice(half))})`;
  }
  const done = terms.length - (terms.length % 8);
  if (done === 0) return terms.join(' + ');
  const sums = Array.from({ length: 8 }, (_, index) =>
    terms
      .slice(0, done)
      .filter((_term, place) => place % 8 === index)
      .join(' + '),
  );
  const pairs = [0, 2, 4, 6].map((index) => `((${sums[index]}) + (${sums[index + 1]}))`);
  return [`((${pairs[0]} + ${pairs[1]}) + (${pairs[2]} + ${pairs[3]}))`, ...terms.slice(done)].join(' + ');
}

function sigmoid32(writer: Writer, scores: readonly string[]): string[] {
  const { dialect, number } = writer;
  const largest = number(LARGEST_EXPONENT);
  const powers = expf(
    writer,
    scores.map((score) => `CASE WHEN -${score} > ${largest} THEN ${largest} ELSE -${score} END`),
    scores,
  );
  const sums = powers.map((power) => `${number(1)} / ${dialect.round32!(`${power} + ${number(1)}`)}`);
  return rounded(writer, 'iris_linked', writer.add('iris_quotient', sums, powers));
}

function softmax32(writer: Writer, scores: readonly string[]): string[] {
  const { dialect } = writer;
  const [largest] = writer.add('iris_largest', [dialect.greatest(scores)]);
  const below = scores.map((score) => dialect.round32!(`${score} - ${largest}`));
  const terms = expf(writer, below, [...scores, largest]);
  const [sum] = writer.add('iris_total', [dialect.round32!(terms.join(' + '))]);
  const quotients = writer.add(
    'iris_quotient',
    terms.map((term) => `${term} / ${sum}`),
    [...terms, sum],
  );
  return rounded(writer, 'iris_linked', quotients);
}

/** Rounded to 32 bits; some engines refuse what vanishes. */
function rounded({ add, dialect, number }: Writer, name: string, values: readonly string[]): string[] {
  const one = (value: string) =>
    `CASE WHEN ABS(${value}) <= ${number(VANISHES)} THEN ${number(0)} ELSE ${dialect.round32!(value)} END`;
  return add(name, values.map(one), values);
}

/** e^x of 32-bit numbers as C libraries compute it, save that products are rounded before they are added to. */
function expf(writer: Writer, exponents: readonly string[], dropped: readonly string[] = []): string[] {
  const { dialect, number } = writer;
  const add: Writer['add'] = (name, ...rest) => writer.add(`iris_${name}`, ...rest);
  const scale = number(Math.LOG2E * FLOAT_STEPS);
  const x = add('exponent', exponents, dropped);
  const k = add(
    'whole',
    x.map((one) => `(${scale} * ${one} + ${number(SHIFT)}) - ${number(SHIFT)}`),
  );
  const r = add(
    'rest',
    x.map((one, index) => `${scale} * ${one} - ${k[index]}`),
  );
  const turns = add(
    'turns',
    k.map((one) => `FLOOR(${one} / ${number(FLOAT_STEPS)})`),
  );
  const heads = Array.from({ length: FLOAT_STEPS }, (_, step) =>
    number(exponentialTable.heads[(step * STEPS) / FLOAT_STEPS]),
  );
  const powers = k.map((one, index) => {
    const step = `CAST(${one} - ${number(FLOAT_STEPS)} * ${turns[index]} AS ${dialect.integer})`;
    return `${dialect.valueAt!(heads, step)} * POWER(${number(2)}, ${turns[index]})`;
  });
  const heights = add('power', powers, [...k, ...turns]);
  const found = r.map((one, index) => {
    const upper = `${number(0.05550361559341535 / 32768)} * ${one} + ${number(0.2402284522445722 / 1024)}`;
    const lower = `${number(0.6931471806916203 / 32)} * ${one} + ${number(1)}`;
    return `((${upper}) * (${one} * ${one}) + (${lower})) * ${heights[index]}`;
  });
  const exact = add('exact', found, [...r, ...heights]);
  const bounded = exact.map(
    (one, index) => `CASE WHEN ${x[index]} < ${number(-103.97207641601562)} THEN ${number(0)} ELSE ${one} END`,
  );
  return rounded(writer, 'iris_exp', add('bounded', bounded, [...exact, ...x]));
}
