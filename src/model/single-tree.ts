import { UsageError } from '../ground/errors.js';
import { answerSteps, type TreeAnswers } from '../tree/answers.js';
import type { Predicting, Scorer } from './model.js';
import { runSteps, type Steps } from './steps.js';

/** A tree is asked about from many sides: what its nodes answer is computed once. */
const known = new WeakMap<Scorer, TreeAnswers>();

/**
 * The one tree that a model is, for what is about a tree and not about predicting: drawings, importances, how rows fell on
 * its leaves. Null where a model is more than one tree.
 */
export function singleTree(model: Pick<Predicting, 'scorer'>): TreeAnswers | null {
  return model.scorer.kind === 'tree' ? runSteps(singleTreeSteps(model)) : null;
}

/** The steps of `singleTree` for a model that is one tree. */
export function* singleTreeSteps({ scorer }: Pick<Predicting, 'scorer'>): Steps<TreeAnswers> {
  const found = known.get(scorer);
  if (found) return found;
  const answers = yield* answerSteps(scorer.tree, scorer.classWeight);
  known.set(scorer, answers);
  return answers;
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
  throw new UsageError(`${purpose} needs a model of one tree, and this one is a ${model.scorer.kind}`);
}
