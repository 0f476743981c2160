import { join } from 'node:path';
import type { Logger } from 'pino';
import { InputError, IrisError } from '../../ground/errors.js';
import { namesInWords, quote } from '../../ground/quote.js';
import { Refusal } from '../calls/refusal.js';
import type { ReloadOutcome } from './holder.js';
import { type FilesSource, ModelFiles } from './model-files.js';
import { NAME_RULE, requireModelName } from './model-name.js';
import { knownModel, ModelTable, type ModelVersions } from './model-table.js';
import { Promotion } from './promotion.js';
import { type ListedModel, listModels, listVersions } from './repository-folder.js';
import { schemaChange } from './schema-change.js';
import type { ServedModel } from './served-model.js';
import {
  ALL_MODELS,
  type ModelControl,
  type ModelControlMode,
  NOT_LOADED,
  noControl,
  type Promotions,
  type VersionShare,
} from './served-models.js';
import { chooseVersions, problemOf } from './version-choice.js';

export interface RepositorySource extends Omit<FilesSource, 'signal'> {
  readonly control: ModelControlMode;
  /** Models that are loaded at the start where calls control them; `*` is every one. */
  readonly load: readonly string[];
  readonly pollMs: number;
  /** Calls that another version answers. */
  readonly split?: readonly VersionShare[] | undefined;
  /** Ends the start. */
  readonly signal?: AbortSignal | undefined;
}

const MOST_LISTED = 5;

/** Models that are looked at together: most of the time of one is the wait for the disk. */
const AT_ONCE = 16;
/** Of a model that is read together with others; a larger one takes memory, perhaps a thread. */
const SMALL_BYTES = 64 * 1024;

/** A model as its folder was found. */
interface Found {
  readonly name: string;
  readonly before: ModelVersions | undefined;
  /** Undefined where there is no such folder. */
  readonly listed: ListedModel | undefined;
  /** Why the folder cannot be read. */
  readonly problem?: string;
}

/**
 * The models of a folder. A file is read when it changes, and what is refused leaves all else as it is.
 * Why: docs/decisions/a-model-is-a-folder.md
 */
export class ModelRepository {
  readonly models: ModelTable;
  /** What calls may do. */
  readonly control: ModelControl;
  readonly #source: RepositorySource;
  readonly #files: ModelFiles;
  readonly #log: Logger;
  readonly #onReload: (outcome: ReloadOutcome) => void;
  readonly #closing = new AbortController();
  /** One change at a time. */
  #changes: Promise<unknown> = Promise.resolve();
  /** What lay in the folders of models that are, or were, loaded. */
  readonly #listed = new Map<string, ListedModel>();
  #started = false;
  #refusedNames = '';
  #lastFailure = '';
  #polling: NodeJS.Timeout | undefined;
  readonly #promotion: Promotion;

  private constructor(source: RepositorySource, log: Logger, onReload: (outcome: ReloadOutcome) => void) {
    this.#source = source;
    this.#log = log;
    this.#onReload = onReload;
    this.models = new ModelTable(source.name, source.split);
    const signals = [this.#closing.signal, ...(source.signal ? [source.signal] : [])];
    this.#files = new ModelFiles({ ...source, signal: AbortSignal.any(signals) });
    const folder = {
      path: source.folder,
      holds: (name: string, version: ServedModel) => this.#holds(name, version),
      refresh: (name: string) => this.#refresh([name], false),
    };
    this.#promotion = new Promotion(folder, this.models, log);
    this.control = source.control === 'explicit' ? this.#controlled() : noControl;
  }

  /**
   * Reads the models that are served from the start.
   *
   * @throws InputError where the folder cannot be read, or nothing in it will ever be served
   */
  static async open(
    source: RepositorySource,
    log: Logger,
    onReload: (outcome: ReloadOutcome) => void,
  ): Promise<ModelRepository> {
    const repository = new ModelRepository(source, log, onReload);
    await repository.#start();
    return repository;
  }

  /** Whether a file, as it was found last, is refused. */
  get fileRefused(): boolean {
    for (const { name, problems } of this.models.all) if (this.#files.has(name) && problems.length > 0) return true;
    return false;
  }

  /** Since the start. */
  get promotions(): Promotions {
    return this.#promotion.counts;
  }

  /** Looks for changes: of all models; where calls control them, of those that are loaded. Never rejects. */
  reload(): Promise<ReloadOutcome> {
    return this.#inTurn(async () => {
      try {
        const outcomes = await this.#refreshAll();
        this.#lastFailure = '';
        if (outcomes.includes('failed')) return 'failed';
        return outcomes.includes('reloaded') ? 'reloaded' : 'unchanged';
      } catch (error) {
        if (this.#closing.signal.aborted) return 'unchanged';
        this.#noteFailure(error);
        return 'failed';
      }
    });
  }

  /** Looks for changes again and again, until `close`. */
  watch(): void {
    const { control, pollMs } = this.#source;
    if (control !== 'poll' || this.#closing.signal.aborted) return;
    this.#polling = setTimeout(() => void this.reload().then(() => this.watch()), pollMs).unref();
  }

  /** Ends watching, and the reading that is under way. */
  close(): void {
    clearTimeout(this.#polling);
    this.#closing.abort();
  }

  async #start(): Promise<void> {
    const { control, folder, load } = this.#source;
    if (control === 'explicit') {
      const names = await this.#discover();
      const absent = load.filter((name) => name !== ALL_MODELS && !names.includes(name));
      if (absent.length > 0) this.#log.warn({ models: absent, folder }, 'no folder of a model that is to be loaded');
      await this.#refresh(load.includes(ALL_MODELS) ? names : load, true);
    } else await this.#refreshAll();
    this.#started = true;
    const all = [...this.models.all];
    const ready = all.filter(({ standard }) => standard !== undefined).length;
    if (control === 'none' && ready === 0) {
      const problem = all.flatMap(({ name, problems }) => problems.map((reason) => `${name}: ${reason}`))[0];
      const expected = 'expected at least one model, as name/version.json, that can be served';
      throw new InputError(`${folder}: ${expected}, found ${problem ?? 'none'}`);
    }
    this.#log.info({ folder, models: ready, unavailable: all.length - ready }, 'models loaded');
  }

  #controlled(): ModelControl {
    return {
      discover: () => this.#inTurn(async () => void (await this.#discover())),
      load: (name) => this.#inTurn(() => this.#load(name)),
      unload: (name) => this.#inTurn(() => this.#unload(name)),
      promote: (name, version) => this.#inTurn(() => this.#promotion.promote(name, version)),
      rollBack: (name) => this.#inTurn(() => this.#promotion.rollBack(name)),
    };
  }

  #inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const done = this.#changes.then(change);
    this.#changes = done.catch(() => {});
    return done;
  }

  /** Notes the models that could be loaded. */
  async #discover(): Promise<readonly string[]> {
    const names = await this.#list();
    const there = new Set(names);
    for (const name of names) if (!this.models.get(name)) this.#setUnloaded(name);
    for (const name of [...this.models.names]) if (!there.has(name) && !this.#files.has(name)) this.models.delete(name);
    return names;
  }

  async #list(): Promise<readonly string[]> {
    const { names, refused } = await listModels(this.#source.folder);
    const found = namesInWords(refused, MOST_LISTED);
    if (refused.length > 0 && found !== this.#refusedNames) {
      this.#log.warn({ names: found, expected: NAME_RULE }, 'folders without a name for a model');
    }
    this.#refusedNames = found;
    return names;
  }

  async #refreshAll(): Promise<ReloadOutcome[]> {
    const names = this.#source.control === 'explicit' ? [...this.#files.names] : await this.#list();
    const there = new Set(names);
    const outcomes = await this.#refresh(names, false);
    const gone = [...this.#files.names].filter((name) => !there.has(name));
    return [...outcomes, ...gone.map((name) => this.#remove(name))];
  }

  async #load(name: string): Promise<void> {
    requireModelName(name, 'model_name');
    await this.#refresh([name], true);
    const [problem] = knownModel(this.models, name).problems;
    if (problem !== undefined) throw new Refusal('MODEL_REFUSED', `model ${quote(name)}: ${problem}`);
  }

  async #unload(name: string): Promise<void> {
    requireModelName(name, 'model_name');
    knownModel(this.models, name);
    if (!this.#files.forget(name)) return;
    this.#setUnloaded(name);
    this.#log.info({ model: name }, 'model unloaded');
    this.#onReload('reloaded');
  }

  #setUnloaded(name: string): void {
    this.models.set({ ...nothing(name), problems: [NOT_LOADED] });
  }

  #remove(name: string): ReloadOutcome {
    this.#files.forget(name);
    this.#listed.delete(name);
    this.models.delete(name);
    this.#log.info({ model: name }, 'model removed: its folder is gone');
    return this.#report('reloaded');
  }

  /**
   * Reads what has changed of models, and serves it, in their order.
   *
   * @param again reads what has not changed too
   */
  async #refresh(names: readonly string[], again: boolean): Promise<ReloadOutcome[]> {
    const outcomes: ReloadOutcome[] = [];
    for (let start = 0; start < names.length; start += AT_ONCE) {
      const found = await Promise.all(names.slice(start, start + AT_ONCE).map((name) => this.#find(name)));
      const small = await Promise.all(found.map((one) => (isSmall(one) ? this.#versionsOf(one, again) : undefined)));
      for (const [index, one] of found.entries()) {
        const after = small[index] ?? (await this.#versionsOf(one, again));
        if (after) outcomes.push(this.#serve(one.before, after));
        else outcomes.push(one.before ? this.#remove(one.name) : 'unchanged');
      }
    }
    return outcomes;
  }

  async #find(name: string): Promise<Found> {
    const { folder, verifyKeys } = this.#source;
    const before = this.models.get(name);
    try {
      const listed = await listVersions(folder, name, verifyKeys !== undefined, this.#listed.get(name));
      return { name, before, listed };
    } catch (error) {
      return { name, before, listed: undefined, problem: problemOf(error, name, folder) };
    }
  }

  /** Whether a version lies in a file that is as it was read. */
  async #holds(name: string, version: ServedModel): Promise<boolean> {
    const { listed } = await this.#find(name);
    const stamps = new Map((listed?.files ?? []).map(({ file, stamp }) => [file, stamp]));
    return this.#files
      .of(name)
      .some(
        ({ error, file, served, stamp }) => served === version && error === undefined && stamps.get(file) === stamp,
      );
  }

  /** @returns undefined where there is no such folder */
  async #versionsOf({ before, listed, name, problem }: Found, again: boolean): Promise<ModelVersions | undefined> {
    // What was read before stays.
    if (problem !== undefined) return { ...nothing(name), ...before, problems: [problem] };
    if (!listed) return undefined;
    this.#listed.set(name, listed);
    const files = await this.#files.read(name, listed.files, again);
    return chooseVersions(name, join(this.#source.folder, name), files, listed, before?.standard);
  }

  #serve(before: ModelVersions | undefined, after: ModelVersions): ReloadOutcome {
    if (before && sameVersions(before, after)) return 'unchanged';
    this.models.set(after);
    this.#logChange(before, after);
    const failed = after.problems.some((problem) => !before?.problems.includes(problem));
    return this.#report(failed ? 'failed' : 'reloaded');
  }

  #report(outcome: ReloadOutcome): ReloadOutcome {
    if (this.#started) this.#onReload(outcome);
    return outcome;
  }

  #logChange(before: ModelVersions | undefined, after: ModelVersions): void {
    const { aliases, name: model, problems, served, standard } = after;
    for (const reason of problems) {
      if (before?.problems.includes(reason)) continue;
      const rest = served.length === 0 ? '' : ': what was loaded stays';
      this.#log.error({ model, reason }, `model refused${rest}`);
    }
    if (!this.#started || served.length === 0) return;
    const from = before?.standard;
    const change = from && standard && schemaChange(from.model, standard.model);
    const names = Object.fromEntries([...aliases].map(([alias, one]) => [alias, one.model.version]));
    const versions = served.map((one) => one.model.version);
    const fields = {
      model,
      from: from?.model.version,
      to: standard?.model.version,
      versions,
      aliases: names,
      ...change,
    };
    if (change) this.#log.warn(fields, 'model loaded');
    else this.#log.info(fields, 'model loaded');
  }

  /** The same failure is logged once, however often it comes. */
  #noteFailure(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (message === this.#lastFailure) return;
    this.#lastFailure = message;
    const cause = error instanceof IrisError ? { reason: message } : { err: error };
    this.#log.error(cause, 'reading the folder of the models failed: what was loaded stays');
  }
}

function isSmall({ listed }: Found): boolean {
  return (listed?.files ?? []).reduce((sum, { bytes }) => sum + bytes, 0) <= SMALL_BYTES;
}

function nothing(name: string): ModelVersions {
  return { name, served: [], standard: undefined, aliases: new Map(), problems: [] };
}

function sameVersions(before: ModelVersions, after: ModelVersions): boolean {
  return (
    before.standard === after.standard &&
    sameList(before.served, after.served) &&
    sameList(before.problems, after.problems) &&
    sameList([...before.aliases].flat(), [...after.aliases].flat())
  );
}

function sameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
