import type { CallContext } from '../../calls/call-context.js';
import type { ModelStatus, ServedModels } from '../../models/served-models.js';

/**
 * Whether a model can be asked.
 *
 * @throws Refusal where the server does not know it
 */
export function modelIsReady(models: ServedModels, name: string, version: string, context: CallContext): boolean {
  // It is known, but not loaded: no error to who asks for its state.
  if (models.stateOf(name) === 'UNAVAILABLE') return false;
  models.forCall(context).find(name, version);
  return true;
}

/**
 * @param isReady whether the server is
 * @param onlyReady leaves all others out
 */
export async function repositoryIndex(
  models: ServedModels,
  isReady: boolean,
  onlyReady: boolean,
): Promise<readonly ModelStatus[]> {
  const found = await models.index();
  // A server that drains answers for none of them.
  const now = isReady ? found : found.map((model) => ({ ...model, state: 'UNAVAILABLE' as const }));
  return onlyReady ? now.filter(({ state }) => state === 'READY') : now;
}
