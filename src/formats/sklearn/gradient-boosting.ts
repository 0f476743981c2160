import { quote } from '../../ground/quote.js';
import { finiteAt, refuseUnsupported, refuseValue } from '../foreign-value.js';
import { PoolBuilder } from '../pool-builder.js';
import type { Estimator, EstimatorModel } from './estimator.js';
import type { SkopsObject } from './skops.js';
import { sklearnTree } from './tree.js';

/** How far from 0 and 1 a prior is kept: of 32-bit numbers, the distance of 1 to the next. */
const EPSILON = 1.1920928955078125e-7;

/** The log-odds of the prior, and each leaf times the learning rate. */
export function readGradientBoosting({ classCount, featureCount, object }: Estimator): EstimatorModel {
  const outputs = classCount === 2 ? 1 : classCount;
  const loss = object.value('loss');
  if (loss !== 'log_loss' && loss !== 'exponential') refuseUnsupported(`the loss ${quote(String(loss))} is not read`);
  const weight = finiteAt(object.value('learning_rate'), 'learning_rate');
  const pool = new PoolBuilder({ outputs, categoryCounts: new Array<number>(featureCount).fill(0) });
  const rounds = object.nodes('estimators_');
  if (rounds.length === 0) refuseValue('estimators_', 'at least one round', rounds);
  for (const round of rounds) {
    const trees = round.nodes();
    if (trees.length !== outputs) refuseValue(round.path, `${outputs} trees`, trees);
    for (const [output, tree] of trees.entries()) {
      pool.add(sklearnTree(tree.object(), { output, outputs: 1, weight }));
    }
  }
  const scale = loss === 'exponential' ? 2 : 1;
  const base = priorOf(object, outputs)?.map((logit) => logit / scale) ?? null;
  return {
    kind: 'boosted',
    // scikit-learn refuses missing values here.
    takesMissing: false,
    ensemble: {
      trees: pool.pool(),
      arithmetic: { input: 'float32', split: '<=', sum: 'float64', zero: 0 },
      combine: { by: 'sum', base, outputs, link: outputs === 1 ? 'sigmoid' : 'softmax', scale, function: 'float64/2' },
    },
  };
}

/** Null where the sums begin with 0. */
function priorOf(object: SkopsObject, outputs: number): number[] | null {
  if (!object.isNull('init') && object.node('init').isPlain() && object.value('init') === 'zero') return null;
  const init = object.object('init_');
  if (init.className !== 'DummyClassifier' || init.value('strategy') !== 'prior') {
    refuseUnsupported(`${quote(init.className)} as the beginning of the sums is not read: expected the prior, or zero`);
  }
  const given = Array.from(init.numbers('class_prior_', Math.max(outputs, 2)));
  const prior = given.map((share) => Math.min(Math.max(share, EPSILON), 1 - EPSILON));
  if (!prior.every(Number.isFinite)) refuseValue('class_prior_', 'finite shares', given);
  if (outputs === 1) return [Math.log(prior[1] / (1 - prior[1]))];
  const mean = prior.reduce((sum, share) => sum + Math.log(share), 0) / outputs;
  return prior.map((share) => Math.log(share / Math.exp(mean)));
}
