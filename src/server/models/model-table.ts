import { namesInWords } from '../../ground/quote.js';
import type { CallContext } from '../calls/call-context.js';
import { quote, Refusal } from '../calls/refusal.js';
import { ALIASES_FILE, STABLE } from './aliases.js';
import { callerShare } from './caller-share.js';
import type { ServedModel } from './served-model.js';
import {
  type CallModels,
  type ModelState,
  type ModelStatus,
  NOT_LOADED,
  type ServedModels,
  type VersionShare,
} from './served-models.js';

/** All that a server has of one model: replaced as a whole. */
export interface ModelVersions {
  readonly name: string;
  /** Those that answer, each once. */
  readonly served: readonly ServedModel[];
  /** The one of them that answers where no version is asked for. */
  readonly standard: ServedModel | undefined;
  /** Other names of versions. */
  readonly aliases: ReadonlyMap<string, ServedModel>;
  /** Why files are refused, or why nothing answers. */
  readonly problems: readonly string[];
}

/** As it is looked up. */
interface Entry extends ModelVersions {
  readonly byVersion: ReadonlyMap<string, ServedModel>;
  readonly versions: readonly string[];
  /** The version that answers some callers in place of the standard one. */
  readonly split: { readonly served: ServedModel; readonly share: number } | undefined;
}

/** Versions that a message lists. */
const MOST_LISTED = 8;

/** The models of a server that has several. Each change is one assignment: a call sees all of it or nothing. */
export class ModelTable implements ServedModels {
  readonly #currentName: string;
  readonly #splits: readonly VersionShare[];
  readonly #entries = new Map<string, Entry>();
  readonly #listeners: ((name: string) => void)[] = [];

  /**
   * @param currentName of the model that answers services whose requests name none
   * @param splits of several for a model one counts: see `shareOf`
   */
  constructor(currentName: string, splits: readonly VersionShare[] = []) {
    this.#currentName = currentName;
    this.#splits = splits;
  }

  set(versions: ModelVersions): void {
    const { aliases, name, problems, served, standard } = versions;
    const byVersion = new Map([...aliases, ...served.map((one) => [one.model.version, one] as const)]);
    const split = shareOf(versions, this.#splits);
    const names = served.map(({ model }) => model.version);
    // One literal: objects that are copied and extended take ten times as long to look at.
    this.#entries.set(name, { name, standard, split, byVersion, versions: names, served, aliases, problems });
    this.#notify(name);
  }

  delete(name: string): void {
    if (this.#entries.delete(name)) this.#notify(name);
  }

  onChange(listener: (name: string) => void): void {
    this.#listeners.push(listener);
  }

  get(name: string): ModelVersions | undefined {
    return this.#entries.get(name);
  }

  get all(): Iterable<ModelVersions> {
    return this.#entries.values();
  }

  get names(): Iterable<string> {
    return this.#entries.keys();
  }

  current(context?: CallContext): ServedModel {
    const entry = this.#entries.get(this.#currentName);
    const found = entry && standardFor(entry, context);
    if (found) return found;
    const name = quote(this.#currentName);
    throw new Refusal(
      'MODEL_UNAVAILABLE',
      `model ${name} is not loaded, which answers this service: ask for another model through inference.GRPCInferenceService`,
    );
  }

  find(name: string, version: string, context?: CallContext): ServedModel {
    const entry = this.#entries.get(name);
    const found = version === '' ? entry && standardFor(entry, context) : entry?.byVersion.get(version);
    return found ?? refuse(entry, name, version);
  }

  forCall(context: CallContext): CallModels {
    let taken: Map<string, ServedModel> | undefined;
    return {
      find: (name, version) => {
        const key = `${name}\n${version}`;
        const found = taken?.get(key) ?? this.find(name, version, context);
        taken ??= new Map();
        taken.set(key, found);
        return context.take(found);
      },
    };
  }

  versionsOf(name: string): readonly string[] {
    return this.#entries.get(name)?.versions ?? [];
  }

  stateOf(name: string): ModelState | undefined {
    const entry = this.#entries.get(name);
    return entry && (entry.standard ? 'READY' : 'UNAVAILABLE');
  }

  index(): readonly ModelStatus[] {
    return [...this.#entries.values()].flatMap(statusesOf);
  }

  get served(): readonly ServedModel[] {
    return [...this.#entries.values()].flatMap(({ served }) => served);
  }

  #notify(name: string): void {
    for (const listener of this.#listeners) listener(name);
  }
}

/** @throws Refusal */
export function knownModel(models: ModelTable, name: string): ModelVersions {
  const found = models.get(name);
  if (!found) throw new Refusal('MODEL_NOT_FOUND', `expected a model of this server, found ${quote(name)}`);
  return found;
}

/** Names of versions that are to have a share of calls, and that no model has that they are meant for. */
export function namesOfNoVersion({ all }: Pick<ModelTable, 'all'>, shares: readonly VersionShare[]): readonly string[] {
  const isThere = ({ alias, model }: VersionShare) =>
    [...all].some(({ aliases, name }) => (model === undefined || model === name) && aliases.has(alias));
  return shares.filter((share) => !isThere(share)).map(({ alias, model }) => (model ? `${model}/${alias}` : alias));
}

/** What answers where no version is asked for: for some callers another version than for the others. */
function standardFor({ name, split, standard }: Entry, context: CallContext | undefined): ServedModel | undefined {
  if (!split || !standard) return standard;
  // One that does not say who it is stays with the version that is known.
  const caller = context?.caller || context?.ids?.requestId;
  return caller !== undefined && callerShare(name, caller) < split.share ? split.served : standard;
}

/**
 * The share of a model that is meant for it, and the version that it names; undefined where there is none. One for this model
 * goes before one for all.
 */
export function shareOf(
  { aliases, name, standard }: ModelVersions,
  shares: readonly VersionShare[],
): { readonly served: ServedModel; readonly share: number } | undefined {
  const found =
    shares.find(({ alias, model }) => model === name && aliases.has(alias)) ??
    shares.find(({ alias, model }) => model === undefined && aliases.has(alias));
  const served = found && aliases.get(found.alias);
  return served && served !== standard ? { served, share: found.share } : undefined;
}

function statusesOf({ aliases, name, problems, served }: Entry): ModelStatus[] {
  return [
    ...served.map((one): ModelStatus => {
      const names = [...aliases].flatMap(([alias, named]) => (named === one ? [alias] : []));
      return { name, version: one.model.version, state: 'READY', reason: '', aliases: names };
    }),
    ...problems.map((reason): ModelStatus => ({ name, version: '', state: 'UNAVAILABLE', reason, aliases: [] })),
  ];
}

function refuse(entry: Entry | undefined, name: string, version: string): never {
  if (!entry) throw new Refusal('MODEL_NOT_FOUND', `expected a model of this server, found ${quote(name)}`);
  if (entry.served.length === 0) {
    const [reason = NOT_LOADED] = entry.problems;
    throw new Refusal(
      'MODEL_UNAVAILABLE',
      `model ${quote(name)} is not loaded${reason === NOT_LOADED ? '' : `: ${reason}`}`,
    );
  }
  if (version === '') {
    const wrongNames = entry.problems.filter((problem) => problem.startsWith(`${ALIASES_FILE}: `));
    const reason = wrongNames.find((problem) => problem.startsWith(`${ALIASES_FILE}: ${STABLE}: `)) ?? wrongNames[0];
    throw new Refusal('MODEL_UNAVAILABLE', `model ${quote(name)} has no version that answers by default: ${reason}`);
  }
  const known = namesInWords([...entry.byVersion.keys()], MOST_LISTED);
  throw new Refusal('MODEL_NOT_FOUND', `expected a version of model ${quote(name)}, ${known}, found ${quote(version)}`);
}
