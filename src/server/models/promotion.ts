import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { writeWholeFile } from '../../formats/whole-file.js';
import { RequestError } from '../../ground/errors.js';
import { quote, Refusal } from '../calls/refusal.js';
import { changeAliases, PREVIOUS, STABLE } from './aliases.js';
import { requireModelName } from './model-name.js';
import { knownModel, type ModelTable } from './model-table.js';
import { aliasesPath } from './repository-folder.js';
import type { ServedModel } from './served-model.js';
import type { PromotionCounts, Promotions } from './served-models.js';

/** What a promotion needs of the folder of models. */
export interface PromotionFolder {
  /** Where the models lie. */
  readonly path: string;
  /** Whether a file still holds a version as it was read: another server that starts will find it. */
  readonly holds: (name: string, version: ServedModel) => Promise<boolean>;
  /** Reads a model again. */
  readonly refresh: (name: string) => Promise<unknown>;
}

/** Changes which version of a model is the one that answers, by the names that its folder gives versions. */
export class Promotion {
  readonly #folder: PromotionFolder;
  readonly #models: ModelTable;
  readonly #log: Logger;
  readonly #counts = new Map<string, PromotionCounts>();

  constructor(folder: PromotionFolder, models: ModelTable, log: Logger) {
    this.#folder = folder;
    this.#models = models;
    this.#log = log;
  }

  /** Since the start. */
  get counts(): Promotions {
    return this.#counts;
  }

  /** @throws RequestError, Refusal */
  async promote(name: string, version: string): Promise<void> {
    requireModelName(name, 'model_name');
    const { aliases, standard: before } = knownModel(this.#models, name);
    const next = version === '' ? undefined : this.#models.find(name, version);
    if (!next) throw new RequestError([{ field: 'version', description: 'expected a version, found none' }]);
    if (next === aliases.get(STABLE)) return;
    await this.#requireFile(name, next);
    const changes = new Map<string, string | undefined>([[STABLE, next.model.version]]);
    // What answers as the last file is named all the same: the next file is not to take its place.
    if (next !== before) changes.set(PREVIOUS, before?.model.version);
    await this.#rename(name, changes, 'model promoted');
    if (next !== before) this.#count(name, { promoted: 1, rolledBack: 0 });
  }

  /**
   * Back to the version that the last promotion replaced.
   *
   * @throws RequestError, Refusal
   */
  async rollBack(name: string): Promise<void> {
    requireModelName(name, 'model_name');
    const { aliases, served } = knownModel(this.#models, name);
    if (served.length === 0) this.#models.find(name, '');
    const previous = aliases.get(PREVIOUS);
    if (!previous) {
      const expected = 'expected a version that a promotion replaced, found none';
      throw new Refusal('MODEL_REFUSED', `model ${quote(name)}: ${expected}`);
    }
    await this.#requireFile(name, previous);
    const changes = new Map([
      [STABLE, previous.model.version],
      [PREVIOUS, undefined],
    ]);
    await this.#rename(name, changes, 'model rolled back');
    this.#count(name, { promoted: 0, rolledBack: 1 });
  }

  /** What is served from memory alone, because its file is gone or refused, would be lost with this server. */
  async #requireFile(name: string, version: ServedModel): Promise<void> {
    if (await this.#folder.holds(name, version)) return;
    const expected = `expected a file with version ${version.model.version} as it was loaded`;
    throw new Refusal(
      'MODEL_REFUSED',
      `model ${quote(name)}: ${expected}, found none: put it back, and load the model`,
    );
  }

  /** In the file of names first: what is served is what a server finds that starts again. */
  async #rename(name: string, changes: ReadonlyMap<string, string | undefined>, message: string): Promise<void> {
    const path = aliasesPath(this.#folder.path, name);
    const from = this.#versionOf(name);
    try {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return '';
        throw error;
      });
      await writeWholeFile(path, changeAliases(text, changes));
    } catch (err) {
      this.#log.error({ err, model: name }, 'names of versions cannot be written');
      const reason = 'the file of the names of its versions cannot be written';
      throw new Refusal('MODEL_REFUSED', `model ${quote(name)}: ${reason}`);
    }
    await this.#folder.refresh(name);
    this.#log.info({ model: name, from, to: this.#versionOf(name) }, message);
  }

  #versionOf(name: string): string | undefined {
    return this.#models.get(name)?.standard?.model.version;
  }

  #count(name: string, more: PromotionCounts): void {
    const { promoted, rolledBack } = this.#counts.get(name) ?? { promoted: 0, rolledBack: 0 };
    this.#counts.set(name, { promoted: promoted + more.promoted, rolledBack: rolledBack + more.rolledBack });
  }
}
