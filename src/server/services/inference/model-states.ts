import { RequestError } from '../../../ground/errors.js';
import { quote } from '../../../ground/quote.js';
import type { CallContext } from '../../calls/call-context.js';
import type { ModelControl, ModelStatus, ServedModels } from '../../models/served-models.js';

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
  { control, models }: { readonly control: ModelControl; readonly models: ServedModels },
  isReady: boolean,
  onlyReady: boolean,
): Promise<readonly ModelStatus[]> {
  await control.discover();
  const found = models.index();
  // A server that drains answers for none of them.
  const now = isReady ? found : found.map((model) => ({ ...model, state: 'UNAVAILABLE' as const }));
  return onlyReady ? now.filter(({ state }) => state === 'READY') : now;
}

/** Of RepositoryModelUnload; no model depends on another one, so it means nothing. */
export const UNLOAD_PARAMETERS: readonly string[] = ['unload_dependents'];

/**
 * Of a call that loads or unloads a model.
 *
 * @throws RequestError for a parameter that would be ignored
 */
export function requireParameters(
  parameters: Readonly<Record<string, unknown>> | undefined,
  known: readonly string[],
): void {
  const unknown = Object.keys(parameters ?? {}).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const expected = known.length === 0 ? 'none: a model is what lies in its folder' : known.join(', ');
  throw new RequestError([{ field: 'parameters', description: `expected ${expected}, found ${quote(unknown)}` }]);
}
