import { unwatchFile, watch, watchFile } from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import type { Model } from '../artifact/model.js';
import { readModel } from '../artifact/store.js';
import { ArtifactError, IrisError } from '../errors.js';
import { type Instrument, prepareModel, type ServedModel } from './served-model.js';

export type ReloadOutcome = 'reloaded' | 'unchanged' | 'failed';

export interface ModelSource {
  /** A file that can be read again, a model that never changes, or what tells the newest one. */
  readonly model: string | Model | (() => Model);
  /** The model's name on the wire. */
  readonly name: string;
  /** The first digits of the hash that every loaded model has to have. */
  readonly expectModel?: string | undefined;
  readonly instrument?: Instrument | undefined;
}

/** Events come in bursts: a copy writes in pieces, a link swap makes, renames and removes. */
const SETTLE_MS = 50;
/** For file systems that tell nothing, and for links above the watched folder. */
const POLL_MS = 5000;

/** @throws ArtifactError, InputError */
export async function loadModel(options: ModelSource): Promise<ServedModel> {
  const { expectModel = '', instrument, model: source, name } = options;
  const model = await newestModel(source);
  if (model.sha256.startsWith(expectModel.toLowerCase())) return prepareModel(model, name, instrument);
  const where = typeof source === 'string' ? `${source}: ` : '';
  throw new ArtifactError(`${where}sha256: expected it to begin with ${expectModel}, found ${model.sha256}`);
}

async function newestModel(source: ModelSource['model']): Promise<Model> {
  if (typeof source === 'string') return readModel(source);
  return typeof source === 'function' ? source() : source;
}

/**
 * The model that is served: one reference, which a reload swaps whole. Who answers a call reads it once. A reload that
 * fails leaves the model as it is.
 */
export class ModelHolder {
  readonly #source: ModelSource;
  readonly #log: Logger;
  readonly #onReload: (outcome: ReloadOutcome) => void;
  #current: ServedModel;
  #reloading: Promise<ReloadOutcome> | undefined;
  #lastFailure = '';
  #stopWatching: (() => void) | undefined;

  constructor(source: ModelSource, loaded: ServedModel, log: Logger, onReload: (outcome: ReloadOutcome) => void) {
    this.#source = source;
    this.#current = loaded;
    this.#log = log;
    this.#onReload = onReload;
  }

  get current(): ServedModel {
    return this.#current;
  }

  /** Reads the file again; one reload at a time, in order. Never rejects. */
  reload(): Promise<ReloadOutcome> {
    const before = this.#reloading ?? Promise.resolve();
    const reloading = before.then(() => this.#swap());
    this.#reloading = reloading;
    return reloading;
  }

  /** Reloads when the file's folder changes, until `close`. */
  watch(): void {
    const { model: path } = this.#source;
    if (typeof path !== 'string' || this.#stopWatching) return;
    let settling: NodeJS.Timeout | undefined;
    const onChange = () => {
      clearTimeout(settling);
      settling = setTimeout(() => void this.reload(), SETTLE_MS);
    };
    // The folder, not the file: a new version is renamed into place, or a link beside the file is swapped.
    const watcher = watch(dirname(path), onChange);
    watcher.on('error', (error) => this.#log.warn({ err: error }, 'watching the folder of the model failed'));
    watchFile(path, { interval: POLL_MS, persistent: false }, onChange);
    this.#stopWatching = () => {
      clearTimeout(settling);
      watcher.close();
      unwatchFile(path, onChange);
    };
  }

  close(): void {
    this.#stopWatching?.();
  }

  async #swap(): Promise<ReloadOutcome> {
    const outcome = await this.#replace();
    if (outcome !== 'unchanged') this.#onReload(outcome);
    return outcome;
  }

  async #replace(): Promise<ReloadOutcome> {
    const from = this.#current.model;
    try {
      const next = await loadModel(this.#source);
      this.#lastFailure = '';
      if (next.model.sha256 === from.sha256) return 'unchanged';
      this.#current = next;
      this.#log.info({ from: from.version, to: next.model.version }, 'model reloaded');
      return 'reloaded';
    } catch (error) {
      this.#logFailure(error, from.version);
      return 'failed';
    }
  }

  /** A file that stays bad is told once, however often its folder changes. */
  #logFailure(error: unknown, version: string): void {
    const message = error instanceof Error ? error.message : String(error);
    if (message === this.#lastFailure) return;
    this.#lastFailure = message;
    // The stack of an expected failure tells nobody anything.
    const cause = error instanceof IrisError ? { reason: message } : { err: error };
    this.#log.error({ ...cause, version }, 'reload failed: the old model stays');
  }
}
