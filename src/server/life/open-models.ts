import type { Logger } from 'pino';
import { shownLocation } from '../../formats/model-location.js';
import { ArtifactError } from '../../ground/errors.js';
import { loadModel, ModelHolder, type ModelSource, type ReloadOutcome } from '../models/holder.js';
import type { GatherStatistics } from '../models/model-statistics.js';
import { namesOfNoVersion } from '../models/model-table.js';
import {
  ALL_MODELS,
  type ModelControl,
  type Promotions,
  type ServedModels,
  type VersionShare,
} from '../models/served-models.js';
import type { Shadows } from '../models/shadows.js';
import { silentLogger } from '../telemetry/log.js';
import type { CompleteOptions } from './options.js';

/** The models of a server, and what changes them. */
export interface LiveModels {
  readonly models: ServedModels;
  readonly control: ModelControl;
  /** Whether a file, as it was found last, was refused: another model is served than the one that lies there. */
  readonly fileRefused: boolean;
  /** How often calls changed which version answers. */
  readonly promotions?: Promotions;
  /** How second versions answer what callers ask the first ones. */
  readonly shadows?: Shadows | undefined;
  /** Of a server of several processes. */
  readonly gatherStatistics?: GatherStatistics | undefined;
  /** Looks for changes. Never rejects. */
  reload(): Promise<ReloadOutcome>;
  /** Looks for changes by itself, until `close`. */
  watch(): void;
  close(): void;
}

/** How often a folder of models is looked at. */
const POLL_MS = 5000;

/** @throws InputError, ArtifactError, UnavailableError; the signal's reason once it is aborted */
export async function openModels(options: CompleteOptions): Promise<LiveModels> {
  const { log, models, onReload } = options;
  if (models === undefined) {
    const source = modelSource(options);
    return new ModelHolder(source, await loadModel(source), log, onReload);
  }
  const { ModelRepository } = await import('../models/model-repository.js');
  const { control = 'none', load = [], pollMs = POLL_MS, shadow = [], split } = models;
  const shadows = await openShadows(shadow, log);
  const instrument = shadows ? shadows.around(options.instrument) : options.instrument;
  const source = { ...options, folder: models.folder, control, instrument, load, pollMs, split };
  const repository = await ModelRepository.open(source, log, onReload);
  shadows?.follow(repository.models);
  const named = namesOfNoVersion(repository.models, [...(split ?? []), ...shadow]);
  if (named.length > 0)
    log.warn({ names: named }, 'no model has a version of this name yet, which is to have a share of calls');
  return Object.assign(repository, { shadows });
}

/** @returns undefined where no second version is asked */
export async function openShadows(shares: readonly VersionShare[], log: Logger): Promise<Shadows | undefined> {
  if (shares.length === 0) return undefined;
  const { Shadows } = await import('../models/shadows.js');
  return new Shadows(shares, log);
}

/**
 * Reads and checks all that would be served.
 *
 * @returns that it can be, in words
 * @throws as `openModels`; ArtifactError where a file of several models is refused
 */
export async function checkModels(options: CompleteOptions): Promise<string> {
  const { model, models } = options;
  if (models === undefined) {
    const { version } = (await loadModel(modelSource(options))).model;
    const place = typeof model === 'string' ? `${shownLocation(model)}: ` : '';
    return `${place}model ${version} is whole and predicts its verification rows`;
  }
  // As where calls load all of them: without such calls a server ends at a folder of which nothing is good, and names one
  // file alone.
  const log = silentLogger();
  const live = await openModels({ ...options, log, models: { ...models, control: 'explicit', load: [ALL_MODELS] } });
  live.close();
  const refused = live.models.index().filter(({ state }) => state === 'UNAVAILABLE');
  if (refused.length > 0) {
    const problems = refused.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
    throw new ArtifactError(
      'other-model',
      `${models.folder}: expected files of models alone, found others: ${problems}`,
    );
  }
  const { served } = live.models;
  const names = [...live.models.names];
  // An empty folder is for calls alone.
  if (names.length === 0) (await openModels({ ...options, log })).close();
  const counts = `${names.length} models in ${served.length} versions`;
  return `${models.folder}: ${counts} are whole and predict their verification rows`;
}

/** Of a server of one model, as its options were checked. */
export function modelSource(options: CompleteOptions): ModelSource {
  return { ...options, model: options.model! };
}
