/** The score of weighted classes but for the order in which its terms are added: rounding may part two equal ones. */
import type { Search } from './search.js';

/** Infinity where rounding may be rough: the candidate has to be scored in order. */
export function roughScore(search: Search): number {
  if (!search.canBeRough) return Number.POSITIVE_INFINITY;
  return search.objective.criterion === 'gini' ? roughGini(search) : roughEntropy(search);
}

function roughGini({ left, node, objective, present, presentCount }: Search): number {
  const weights = objective.weights!;
  let leftMass = 0;
  let rightMass = 0;
  let leftSquares = 0;
  let rightSquares = 0;
  for (let p = 0; p < presentCount; p++) {
    const c = present[p];
    const l = weights[c] * left[c];
    const r = weights[c] * (node[c] - left[c]);
    leftMass += l;
    rightMass += r;
    leftSquares += l * l;
    rightSquares += r * r;
  }
  return (leftMass + rightMass) * Math.log2(node.length) + leftSquares / leftMass + rightSquares / rightMass;
}

function roughEntropy({ left, node, objective, present, presentCount }: Search): number {
  const weights = objective.weights!;
  let leftMass = 0;
  let rightMass = 0;
  let logs = 0;
  for (let p = 0; p < presentCount; p++) {
    const c = present[p];
    const l = weights[c] * left[c];
    const r = weights[c] * (node[c] - left[c]);
    leftMass += l;
    rightMass += r;
    if (l > 0) logs += l * Math.log2(l);
    if (r > 0) logs += r * Math.log2(r);
  }
  const mass = leftMass + rightMass;
  return mass * (1 + Math.log2(node.length)) + logs - leftMass * Math.log2(leftMass) - rightMass * Math.log2(rightMass);
}
