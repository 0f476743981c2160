import { UsageError } from '../ground/errors.js';
import { checkArgument } from '../ground/options.js';
import { plural } from '../ground/quote.js';
import { answerSteps, type TreeAnswers } from '../tree/answers.js';
import { aScorer, type EnsembleScorer, type Predicting, type Scorer, type TreeScorer } from './model.js';
import { runSteps, type Steps } from './steps.js';

/** A tree is asked about from many sides: what its nodes answer is computed once. */
const known = new WeakMap<Scorer, TreeAnswers>();

/**
 * The one tree that a model is, for what is about a tree and not about predicting: drawings, importances, how rows fell on
 * its leaves. Null where a model is more than one tree.
 */
export function singleTree(model: Pick<Predicting, 'scorer'>): TreeAnswers | null {
  checkArgument('model', model, aScorer);
  return model.scorer.kind === 'tree' ? runSteps(singleTreeSteps(model.scorer)) : null;
}

/** The steps of `singleTree` for a model that is one tree. */
export function* singleTreeSteps(scorer: TreeScorer): Steps<TreeAnswers> {
  const found = known.get(scorer);
  if (found) return found;
  const answers = yield* answerSteps(scorer.tree, scorer.classWeight);
  known.set(scorer, answers);
  return answers;
}

/** The trees that a model is, where it is more than one; null where it is one tree of ours. */
export function ensembleOf({ scorer }: Pick<Predicting, 'scorer'>): EnsembleScorer | null {
  return scorer.kind === 'tree' ? null : scorer;
}

/** As `ensembleOf`, of a model that is known to be more than one tree. */
export function requireEnsemble(model: Pick<Predicting, 'scorer'>): EnsembleScorer {
  const found = ensembleOf(model);
  if (found === null) throw new TypeError('expected a model of more than one tree, found a tree');
  return found;
}

/** The scorer of a model that is known to be one tree, as those of version 1 of the artifact are. */
export function treeScorerOf({ scorer }: Pick<Predicting, 'scorer'>): TreeScorer {
  if (scorer.kind !== 'tree') throw new TypeError(`expected a model of one tree, found a ${scorer.kind}`);
  return scorer;
}

/**
 * As `singleTree`, for what can be done with one tree only.
 *
 * @param purpose as in `a drawing`
 * @throws UsageError
 */
export function requireTree(model: Pick<Predicting, 'scorer'>, purpose: string): TreeAnswers {
  const found = singleTree(model);
  if (found !== null) return found;
  throw new UsageError(`${purpose} needs a model of one tree, and this one is ${kindInWords(requireEnsemble(model))}`);
}

/** One tree that was trained as a forest of one is no tree either: its leaves hold shares, not rows. */
function kindInWords({ ensemble, kind }: EnsembleScorer): string {
  const of = kind === 'forest' ? 'a forest' : 'a boosted model';
  return `${of} of ${plural(ensemble.trees.treeCount, 'tree')}`;
}
