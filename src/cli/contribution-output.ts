import type { Contributions, Prediction } from '../client/prediction.js';
import { plural, shownName } from '../ground/quote.js';

/** Features that a table lists for each row: those that bring the most. */
const MOST_LISTED = 10;

/** Columns of a CSV: the class whose share or margin is explained, and what its terms are, in the order in which they add up. */
export function contributionColumns({ features }: Contributions): string[] {
  return ['explained', ...features.map(({ feature }) => `contribution_${feature}`), 'expected', 'rounding'];
}

export function contributionCells({ contributions, label }: Prediction): string[] {
  if (contributions === undefined) return [];
  const k = explainedIndex(contributions, label);
  const { class: name, expected, rounding } = contributions.outputs[k]!;
  const terms = [...contributions.features.map((feature) => feature.contributions[k]!), expected, rounding];
  return [name, ...terms.map(String)];
}

/** Lines for people. @param precise shows all digits */
export function contributionLines({ contributions, label }: Prediction, precise = false): string[] {
  if (contributions === undefined) return [];
  const k = explainedIndex(contributions, label);
  const { class: name, expected, value } = contributions.outputs[k]!;
  const shown = (number: number) => (precise ? String(number) : number.toFixed(4));
  const signed = (number: number) => (number < 0 ? shown(number) : `+${shown(number)}`);
  const ranked = contributions.features
    .map(({ contributions: own, ...feature }) => ({ ...feature, contribution: own[k]! }))
    .filter(({ contribution }) => contribution !== 0)
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  const terms = ranked.slice(0, MOST_LISTED).map((found) => [signed(found.contribution), featureInWords(found)]);
  const rest = ranked.slice(MOST_LISTED);
  if (rest.length > 0) {
    const sum = rest.reduce((total, { contribution }) => total + contribution, 0);
    terms.push([signed(sum), plural(rest.length, 'more feature')]);
  }
  const width = Math.max(0, ...terms.map(([number]) => number!.length));
  const lines = [
    `${contributions.of} of ${shownName(name)} ${shown(value)}, on average ${shown(expected)}`,
    ...terms.map(([number, words]) => `${number!.padStart(width)}  ${words}`),
  ];
  return lines.map((line) => `  ${line}`);
}

/** That of the label, or the only one. */
function explainedIndex({ outputs }: Contributions, label: string): number {
  return Math.max(
    0,
    outputs.findIndex((output) => output.class === label),
  );
}

function featureInWords({ feature, value }: { readonly feature: string; readonly value: number | string | null }) {
  if (value === null) return `${shownName(feature)} missing`;
  return `${shownName(feature)} ${typeof value === 'string' ? shownName(value) : value}`;
}
