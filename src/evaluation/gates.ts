import { anObject, checkArgument, listOf } from '../ground/options.js';
import { nameInWords, shownReason } from '../ground/quote.js';
import { type Figure, ratio } from './figure.js';
import { type Gate, type GateFigure, OUT_OF_BAG_FIGURE, UNSEEN_FIGURE } from './gate-grammar.js';
import { figuresByName, type Measurement } from './measurement.js';

/** The result of a gate. */
export interface GateResult {
  /** The gate as it was written. */
  readonly gate: string;
  readonly value: number | null;
  /** What the value was compared with; null where the baseline has no such figure. */
  readonly bound: number | null;
  readonly passed: boolean;
  /** For a person: the figure, its value and its bound. */
  readonly explanation: string;
}

/**
 * Checks gates. One on a figure that is undefined fails.
 *
 * @param baseline needed by gates against it; measured on the same rows
 */
export function checkGates(gates: readonly Gate[], measured: Measurement, baseline?: Measurement): GateResult[] {
  const isGate = (value: unknown) => typeof (value as Gate | null)?.figure === 'object';
  checkArgument('gates', gates, listOf('gates, as parseGate gives them', isGate));
  checkArgument('measured', measured, anObject);
  return gates.map((gate) => checkGate(gate, figureOf(measured, gate.figure), boundOf(gate, baseline)));
}

function checkGate(gate: Gate, value: Figure, bound: Figure): GateResult {
  const result = { gate: gate.text, value: value.value, bound: bound.value };
  const figure = nameInWords(nameOf(gate.figure));
  if (value.value === null) {
    return { ...result, passed: false, explanation: `${figure} is undefined: ${reasonInWords(value)}` };
  }
  if (bound.value === null) {
    return { ...result, passed: false, explanation: `${figure} of the baseline is undefined: ${reasonInWords(bound)}` };
  }
  const [shownValue, shownBound] = formatApart(value.value, bound.value);
  const source = gate.againstBaseline ? ` (${boundSource(gate)})` : '';
  return {
    ...result,
    passed: isWithin(value.value, gate, bound.value),
    explanation: `${figure} is ${shownValue}, expected ${OPERATORS[gate.operator]} ${shownBound}${source}`,
  };
}

const OPERATORS = { '>=': 'at least', '<=': 'at most', '>': 'above', '<': 'below' } as const;

/** What adding an offset to a baseline may round: without it `baseline-0.1` of 0.8 would refuse 0.7. */
const ROUNDING = 1e-12;

function isWithin(value: number, { operator, againstBaseline, offset }: Gate, bound: number): boolean {
  const slack = againstBaseline && offset !== 0 ? ROUNDING : 0;
  if (operator === '>=') return value >= bound - slack;
  if (operator === '<=') return value <= bound + slack;
  return operator === '>' ? value > bound + slack : value < bound - slack;
}

function boundOf({ againstBaseline, figure, offset }: Gate, baseline: Measurement | undefined): Figure {
  if (!againstBaseline) return { value: offset };
  if (baseline === undefined) return { value: null, reason: 'there is no baseline' };
  const found = figureOf(baseline, figure);
  return found.value === null ? found : { value: found.value + offset };
}

function figureOf(measured: Measurement, { name, part }: GateFigure): Figure {
  const figure = namedFigure(measured, name) ?? NOT_MEASURED;
  if (part === 'value' || figure.value === null) return figure;
  const interval = measured.intervals.get(name);
  return interval === undefined
    ? { value: null, reason: `there is no interval for ${nameInWords(name)} on these rows` }
    : { value: interval[part] };
}

function namedFigure(measured: Measurement, name: string): Figure | undefined {
  if (name === UNSEEN_FIGURE) return unseenShare(measured);
  return name === OUT_OF_BAG_FIGURE ? outOfBagAccuracy(measured) : figuresByName(measured).get(name);
}

const NOT_MEASURED: Figure = { value: null, reason: 'it was not measured' };

/** The share of rows that have a category that the model never saw. */
function unseenShare({ rows, unseen }: Measurement): Figure | undefined {
  return unseen && ratio(unseen.rows, rows, 'there are no rows');
}

function outOfBagAccuracy({ outOfBag }: Measurement): Figure {
  if (outOfBag === undefined) return { value: null, reason: 'only a forest that iris grew has it' };
  const accuracy = outOfBag.curve.at(-1);
  return accuracy == null ? { value: null, reason: 'every tree learnt from all rows' } : { value: accuracy };
}

function nameOf({ name, part }: GateFigure): string {
  return part === 'value' ? name : `${name}.${part}`;
}

/** It ends in the name of a class, which may be long. */
function reasonInWords({ reason }: { readonly reason: string }): string {
  return shownReason(reason);
}

function boundSource({ offset }: Gate): string {
  if (offset === 0) return "the baseline's";
  return `the baseline's ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`;
}

/** Six digits of each, or all of them where six would look equal. */
function formatApart(a: number, b: number): [string, string] {
  const short = [a, b].map((value) => String(Number(value.toPrecision(6))));
  return short[0] === short[1] && a !== b ? [String(a), String(b)] : [short[0], short[1]];
}
