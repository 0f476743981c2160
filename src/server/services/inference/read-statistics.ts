import type { ModelStatisticsMessage, ModelStatisticsResponse } from '../../../protocol/messages.js';
import type { CallContext } from '../../calls/call-context.js';
import { Turns } from '../../calls/turns.js';
import type { ServedModels } from '../../models/served-models.js';

/** Steps to read those of one model. */
const MODEL_STEPS = 4000;

/**
 * @param asked all models where the name is empty, all versions of one where the version is
 * @throws Refusal where the server has no such model
 */
export async function readStatistics(
  models: ServedModels,
  asked: { readonly name: string; readonly version: string },
  context: CallContext,
): Promise<ModelStatisticsResponse> {
  const of = models.forCall(context);
  const found: ModelStatisticsMessage[] = [];
  const turns = new Turns(context);
  const add = async (name: string, version: string) => {
    if (turns.spend(MODEL_STEPS)) await turns.pause();
    const { model, statistics } = of.find(name, version);
    found.push(statistics.read(name, model.version));
  };
  if (asked.name !== '' && asked.version !== '') await add(asked.name, asked.version);
  else if (asked.name !== '') {
    // Refuses a name that there is not.
    of.find(asked.name, '');
    for (const version of models.versionsOf(asked.name)) await add(asked.name, version);
  } else {
    for (const name of [...models.names]) {
      if (models.stateOf(name) !== 'READY') continue;
      for (const version of models.versionsOf(name)) await add(name, version);
    }
  }
  return { model_stats: found };
}
