import { RequestError } from '../../../ground/errors.js';
import { quote } from '../../../ground/quote.js';
import type { CallContext } from '../../calls/call-context.js';
import type { ModelControl, ModelState, ModelStatus, ServedModels } from '../../models/served-models.js';

/**
 * Whether a model can be asked.
 *
 * @throws Refusal where the server does not know it
 */
export function modelIsReady(models: ServedModels, name: string, version: string, context: CallContext): boolean {
  // It is known, but not loaded: no error to who asks for its state.
  const isLoaded = version !== '' && models.versionsOf(name).length > 0;
  if (models.stateOf(name) === 'UNAVAILABLE' && !isLoaded) return false;
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

/** Whether a model answers where no version is asked for. */
export interface ModelReadiness {
  readonly name: string;
  readonly state: ModelState;
  /** What is wrong with it, or first of all with its files; empty for nothing. */
  readonly reason: string;
}

/** Of every model that the server knows. */
export function modelStates({
  isReady,
  models,
}: {
  readonly isReady: () => boolean;
  readonly models: ServedModels;
}): readonly ModelReadiness[] {
  const reasons = new Map<string, string>();
  for (const { name, reason } of models.index()) {
    if (reason !== '' && !reasons.has(name)) reasons.set(name, reason);
  }
  return Array.from(models.names, (name) => ({
    name,
    state: (isReady() && models.stateOf(name)) || 'UNAVAILABLE',
    reason: reasons.get(name) ?? '',
  }));
}

/** Of RepositoryModelLoad: the version that answers from now on, or that the one before it does again. */
const PROMOTE = 'promote';
const ROLL_BACK = 'roll_back';

/**
 * Loads a model, or changes which of its versions answers.
 *
 * @param parameters by name
 * @throws RequestError, Refusal
 */
export async function loadOrPromote(
  control: ModelControl,
  name: string,
  parameters: Readonly<Record<string, unknown>> | undefined,
): Promise<void> {
  requireParameters(parameters, [PROMOTE, ROLL_BACK]);
  const { [PROMOTE]: version, [ROLL_BACK]: rollsBack } = parameters ?? {};
  if (version !== undefined && rollsBack !== undefined) {
    throw badParameter('parameters', `one of ${PROMOTE} and ${ROLL_BACK}`, 'both');
  }
  if (version !== undefined) {
    if (typeof version !== 'string') throw badParameter(`parameters.${PROMOTE}`, 'a version', shown(version));
    await control.promote(name, version);
  } else if (rollsBack !== undefined) {
    if (rollsBack !== true) throw badParameter(`parameters.${ROLL_BACK}`, 'true', shown(rollsBack));
    await control.rollBack(name);
  } else await control.load(name);
}

function badParameter(field: string, expected: string, found: string): RequestError {
  return new RequestError([{ field, description: `expected ${expected}, found ${found}` }]);
}

/** Of what a caller sent, which may be of any size. */
function shown(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  return typeof value === 'object' ? 'no simple value' : String(value);
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
  const expected = `expected ${known.join(' or ')}: a model is what lies in its folder`;
  throw new RequestError([{ field: 'parameters', description: `${expected}, found ${quote(unknown)}` }]);
}
