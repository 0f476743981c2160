import type { CallContext } from '../calls/call-context.js';
import { quote, Refusal } from '../calls/refusal.js';
import { requireModel, type ServedModel } from './served-model.js';

/** The states of a model in Triton's words. */
export type ModelState = 'READY' | 'UNAVAILABLE';

/** A version of a model, or a file that became none. */
export interface ModelStatus {
  readonly name: string;
  /** Empty where no version is known. */
  readonly version: string;
  readonly state: ModelState;
  /** Why it is in that state; empty where there is nothing to say. */
  readonly reason: string;
  /** Other names of the version. */
  readonly aliases: readonly string[];
}

/** The models that one call, or one stream, is answered from: it ends on those that it began with. */
export interface CallModels {
  /**
   * The model that answers, noted in the context of the call.
   *
   * @param version empty for the one that answers by default; a version, or another name of one
   * @throws Refusal where the server has no such model
   */
  find(name: string, version: string): ServedModel;
}

/** When models change, in Triton's words: only at a signal, when their folder does, or by calls. */
export const CONTROL_MODES = ['none', 'poll', 'explicit'] as const;
export type ModelControlMode = (typeof CONTROL_MODES)[number];

/** Every model, where some are listed. */
export const ALL_MODELS = '*';

/** Changes what a server serves, where callers may do that. */
export interface ModelControl {
  /** Finds what can be loaded, so that the index of the models has it. */
  discover(): Promise<void>;
  /**
   * Reads all versions of a model, again where it has them. Those that are refused change nothing.
   *
   * @throws Refusal, RequestError
   */
  load(name: string): Promise<void>;
  /**
   * Calls that have begun end on what they took.
   *
   * @throws Refusal, RequestError
   */
  unload(name: string): Promise<void>;
  /**
   * Has a version answer where no version is asked for.
   *
   * @param version a version that is loaded, or another name of one
   * @throws Refusal, RequestError
   */
  promote(name: string, version: string): Promise<void>;
  /**
   * Has the version answer again that the last promotion replaced.
   *
   * @throws Refusal, RequestError
   */
  rollBack(name: string): Promise<void>;
}

/** How often calls changed which version of a model answers. */
export interface PromotionCounts {
  readonly promoted: number;
  readonly rolledBack: number;
}

/** By model; those of which none was changed are not there. */
export type Promotions = ReadonlyMap<string, PromotionCounts>;

export const NO_PROMOTIONS: Promotions = new Map();

/** Why nothing of a model answers that nobody has loaded. */
export const NOT_LOADED = 'not loaded';

/** A share of the calls of a model that ask for no version. */
export interface VersionShare {
  /** Undefined for every model that has a version of this name. */
  readonly model?: string | undefined;
  /** Of the version. */
  readonly alias: string;
  /** Above 0 and at most 1. */
  readonly share: number;
}

/** The models of a server, by name and version: what services ask. */
export interface ServedModels extends CallModels {
  /**
   * The model of services whose requests name none.
   *
   * @throws Refusal where it is not loaded
   */
  current(context?: CallContext): ServedModel;
  /** To be asked for once per call. */
  forCall(context: CallContext): CallModels;
  /** Every version of a model that answers; the same array until that changes. */
  versionsOf(name: string): readonly string[];
  /** Of every model that the server knows; undefined for any other name. */
  stateOf(name: string): ModelState | undefined;
  /** Of every model that the server knows. */
  readonly names: Iterable<string>;
  /** Every version of every model, and every file that was refused. */
  index(): readonly ModelStatus[];
  /** All that answer now. */
  readonly served: readonly ServedModel[];
  /** @param listener is told the name of a model whose versions or state may be others from now on */
  onChange(listener: (name: string) => void): void;
}

/** Refuses: calls may not change what is served. */
export const noControl: ModelControl = {
  discover: async () => {},
  load: async (name) => refuseControl('load', name),
  unload: async (name) => refuseControl('unload', name),
  promote: async (name) => refuseControl('promote', name),
  rollBack: async (name) => refuseControl('roll back', name),
};

function refuseControl(action: string, name: string): never {
  // UNAVAILABLE, as Triton answers where models are not controlled by calls.
  const advice = 'this server loads models by itself: it takes such calls where its model control is explicit';
  throw new Refusal(
    'NO_MODEL_CONTROL',
    `cannot ${action} model ${name === '' ? 'without a name' : quote(name)}: ${advice}`,
  );
}

/** A server of one model, which a reload replaces. */
export class OneModel implements ServedModels {
  readonly #current: () => ServedModel;
  readonly #listeners: ((name: string) => void)[] = [];
  #versions: readonly string[] = [];

  constructor(current: () => ServedModel) {
    this.#current = current;
  }

  current(): ServedModel {
    return this.#current();
  }

  find(name: string, version: string): ServedModel {
    const served = this.#current();
    requireModel(served, name, version);
    return served;
  }

  forCall(context: CallContext): CallModels {
    const served = context.take(this.#current());
    return {
      find: (name, version) => {
        requireModel(served, name, version);
        return served;
      },
    };
  }

  versionsOf(): readonly string[] {
    const { version } = this.#current().model;
    if (this.#versions[0] !== version) this.#versions = [version];
    return this.#versions;
  }

  stateOf(name: string): ModelState | undefined {
    return name === this.#current().name ? 'READY' : undefined;
  }

  get names(): readonly string[] {
    return [this.#current().name];
  }

  get served(): readonly ServedModel[] {
    return [this.#current()];
  }

  onChange(listener: (name: string) => void): void {
    this.#listeners.push(listener);
  }

  /** Another model has its name now. */
  noteChange(): void {
    for (const listener of this.#listeners) listener(this.#current().name);
  }

  index(): readonly ModelStatus[] {
    const { model, name } = this.#current();
    return [{ name, version: model.version, state: 'READY', reason: '', aliases: [] }];
  }
}
