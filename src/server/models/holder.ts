import { unwatchFile, watch, watchFile } from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import { contractDifference } from '../../contract/contract.js';
import { parseContract } from '../../contract/proto-text.js';
import { SIGNATURE_EXTENSION, shownLocation } from '../../formats/model-location.js';
import type { VerifyKeys } from '../../formats/signature.js';
import { readModel } from '../../formats/store.js';
import { ArtifactError, IrisError } from '../../ground/errors.js';
import type { Model } from '../../model/model.js';
import { runStepsInTurns } from '../../model/steps.js';
import { schemaChange } from './schema-change.js';
import { type Instrument, preparing, type ServedModel } from './served-model.js';
import { noControl, OneModel } from './served-models.js';

export type ReloadOutcome = 'reloaded' | 'unchanged' | 'failed';

export interface ModelSource {
  /**
   * A file or an https:// URL that can be read again, a model that never changes, or a function that returns the newest
   * one.
   */
  readonly model: string | Model | (() => Model);
  /** The model's name on the wire. */
  readonly name: string;
  /** The first digits of the hash that every loaded model has to have. */
  readonly expectModel?: string | undefined;
  /** Public keys, of which one has to have signed every loaded model. */
  readonly verifyKeys?: VerifyKeys | undefined;
  /** The text of a contract, as `iris proto` writes it, that every loaded model has to fit. */
  readonly contract?: string | undefined;
  readonly instrument?: Instrument | undefined;
  /** Ends the reading of a model. */
  readonly signal?: AbortSignal | undefined;
}

/** Events come in bursts: a copy writes in pieces, a link swap makes, renames and removes. */
const SETTLE_MS = 50;
/** For file systems without events, and for links above the watched folder. */
const POLL_MS = 5000;

/**
 * Reads and prepares a model without blocking the event loop for long.
 *
 * @throws ArtifactError, InputError, UnavailableError; the signal's reason once it is aborted
 */
export async function loadModel(options: ModelSource): Promise<ServedModel> {
  const { contract: text, expectModel = '', instrument, model: source, name, signal } = options;
  const model = await newestModel(options);
  const refuse = (problem: string) =>
    new ArtifactError('other-model', `${typeof source === 'string' ? `${shownLocation(source)}: ` : ''}${problem}`);
  if (!model.sha256.startsWith(expectModel.toLowerCase())) {
    throw refuse(`sha256: expected it to begin with ${expectModel}, found ${model.sha256}`);
  }
  const contract = text === undefined ? undefined : parseContract(text, 'contract');
  const difference = contract && contractDifference(contract, model);
  if (difference !== undefined) throw refuse(`expected a model that fits the contract, found other ${difference}`);
  return runStepsInTurns(preparing(model, name, instrument, contract), signal);
}

async function newestModel({ model: source, signal, verifyKeys }: ModelSource): Promise<Model> {
  if (typeof source === 'string') return readModel(source, signal, { verifyKeys });
  return typeof source === 'function' ? source() : source;
}

/**
 * The model that is served: one reference, which a reload replaces. A call reads it once. A reload that fails leaves it as
 * it is.
 */
export class ModelHolder {
  readonly models = new OneModel(() => this.#current);
  readonly control = noControl;
  readonly #source: ModelSource;
  readonly #log: Logger;
  readonly #onReload: (outcome: ReloadOutcome) => void;
  #current: ServedModel;
  #reloading: Promise<ReloadOutcome> = Promise.resolve('unchanged');
  /** The reload that has not begun yet. */
  #waiting: Promise<ReloadOutcome> | undefined;
  readonly #closing = new AbortController();
  #lastFailure = '';
  #fileRefused = false;
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

  /** Whether the file, as the last reload found it, was refused: another model is served than the one that lies there. */
  get fileRefused(): boolean {
    return this.#fileRefused;
  }

  /** Reads the file again; one reload at a time; all requests during one share the next. Never rejects. */
  reload(): Promise<ReloadOutcome> {
    this.#waiting ??= this.#reloading.then(() => {
      this.#waiting = undefined;
      this.#reloading = this.#swap();
      return this.#reloading;
    });
    return this.#waiting;
  }

  /** Reloads when the file's folder changes, until `close`. The signature of a model is in its folder. */
  watch(): void {
    const { model: path, verifyKeys } = this.#source;
    if (typeof path !== 'string' || this.#stopWatching) return;
    let settling: NodeJS.Timeout | undefined;
    const onChange = () => {
      clearTimeout(settling);
      settling = setTimeout(() => void this.reload(), SETTLE_MS);
    };
    // The folder, not the file: a new version is renamed into place, or a link beside the file is swapped.
    const watcher = watch(dirname(path), onChange);
    watcher.on('error', (error) => this.#log.warn({ err: error }, 'watching the folder of the model failed'));
    const files = verifyKeys === undefined ? [path] : [path, path + SIGNATURE_EXTENSION];
    for (const file of files) watchFile(file, { interval: POLL_MS, persistent: false }, onChange);
    this.#stopWatching = () => {
      clearTimeout(settling);
      watcher.close();
      for (const file of files) unwatchFile(file, onChange);
    };
  }

  /** Ends watching, and a reload that is under way. */
  close(): void {
    this.#stopWatching?.();
    this.#closing.abort();
  }

  async #swap(): Promise<ReloadOutcome> {
    const outcome = await this.#replace();
    if (outcome !== 'unchanged') this.#onReload(outcome);
    return outcome;
  }

  async #replace(): Promise<ReloadOutcome> {
    const from = this.#current.model;
    try {
      const next = await loadModel({ ...this.#source, signal: this.#closing.signal });
      this.#lastFailure = '';
      this.#fileRefused = false;
      if (next.model.sha256 === from.sha256) return 'unchanged';
      this.#current = next;
      this.models.noteChange();
      this.#logReload(from, next.model);
      return 'reloaded';
    } catch (error) {
      if (this.#closing.signal.aborted) return 'unchanged';
      this.#fileRefused = true;
      this.#logFailure(error, from.version);
      return 'failed';
    }
  }

  /** Callers may have to change where the form of rows or answers did. */
  #logReload(from: Model, to: Model): void {
    const change = schemaChange(from, to);
    const fields = { from: from.version, to: to.version, ...change };
    if (change) this.#log.warn(fields, 'model reloaded');
    else this.#log.info(fields, 'model reloaded');
  }

  /** The same failure is logged once, however often the folder of the file changes. */
  #logFailure(error: unknown, version: string): void {
    const message = error instanceof Error ? error.message : String(error);
    if (message === this.#lastFailure) return;
    this.#lastFailure = message;
    // The stack of an expected failure says nothing.
    const cause = error instanceof IrisError ? { reason: message } : { err: error };
    this.#log.error({ ...cause, version }, 'reload failed: the old model stays');
  }
}
