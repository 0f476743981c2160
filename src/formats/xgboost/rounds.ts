import { badOption } from '../../ground/errors.js';
import { type ForeignObject, member, numbersAt, objectAt, refuseValue, wholeAt } from '../foreign-value.js';
import type { ImporterOptions } from '../model-importer.js';
import { MODEL, type XgboostTree } from './tree.js';

/** Where the trees of each round of boosting begin, and the end of all. */
export function readRounds(model: ForeignObject, trees: readonly XgboostTree[], outputs: number): number[] {
  const given = member(model, 'iteration_indptr');
  if (given !== undefined) return roundsAsGiven(given, trees.length);
  // Before 2.0: each round has as many trees.
  const parameters = objectAt(member(model, 'gbtree_model_param'), `${MODEL}.gbtree_model_param`);
  const path = `${MODEL}.gbtree_model_param.num_parallel_tree`;
  const perRound = wholeAt(member(parameters, 'num_parallel_tree'), path, 0, trees.length) || 1;
  const step = perRound * (trees[0].isVector ? 1 : outputs);
  if (trees.length % step !== 0) refuseValue(`${MODEL}.trees`, `a multiple of ${step} trees`, trees);
  return Array.from({ length: trees.length / step + 1 }, (_, round) => round * step);
}

function roundsAsGiven(given: unknown, treeCount: number): number[] {
  const path = `${MODEL}.iteration_indptr`;
  const rounds = Array.from(numbersAt(given, path));
  const ascends = rounds.every(
    (start, index) => Number.isInteger(start) && (index === 0 ? start === 0 : start >= rounds[index - 1]),
  );
  if (rounds.length < 2 || !ascends || rounds[rounds.length - 1] !== treeCount) {
    refuseValue(path, `where rounds begin, from 0 to ${treeCount}`, rounds);
  }
  return rounds;
}

/** How many rounds of a model are taken, and what whoever imports it should know of that. */
interface TakenRounds {
  readonly taken: number;
  readonly notes: readonly string[];
}

/**
 * As many as whoever wrote the file predicts with: `XGBClassifier`, which says so in it, with the rounds up to the best one, where
 * training recorded one; `Booster` with all.
 *
 * @param count how many there are
 */
export function takenRounds(learner: ForeignObject, count: number, { iterations }: ImporterOptions): TakenRounds {
  if (iterations !== undefined) {
    if (iterations <= count) return { taken: iterations, notes: [] };
    throw badOption('iterations', `at most the ${count} rounds of the model`, iterations);
  }
  const attributes = objectAt(member(learner, 'attributes') ?? {}, 'learner.attributes');
  const best = member(attributes, 'best_iteration');
  if (best === undefined) return { taken: count, notes: [] };
  if (member(attributes, 'scikit_learn') === undefined) return { taken: count, notes: notesOnAll(best, count) };
  const taken = wholeAt(best, 'learner.attributes.best_iteration', 0, count - 1) + 1;
  const note = `${taken} of ${count} rounds are taken, up to the best one, as XGBClassifier does`;
  return { taken, notes: taken === count ? [] : [note] };
}

/** `Booster.predict` does not ask which round was the best; a number that is none changes nothing. */
function notesOnAll(best: unknown, count: number): string[] {
  const upTo = Number(best) + 1;
  if (!(Number.isInteger(upTo) && upTo >= 1 && upTo < count)) return [];
  return [
    `all ${count} rounds are taken, as Booster.predict does; early stopping recorded that the first ${upTo} were best`,
  ];
}
