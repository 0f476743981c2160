import { parseContract } from '../../../contract/proto-text.js';
import type { Model } from '../../../model/model.js';
import { type PackedModel, unpacking } from '../../../model/packed-model.js';
import { runStepsInTurns } from '../../../model/steps.js';
import type { ReloadOutcome } from '../../models/holder.js';
import { ModelTable } from '../../models/model-table.js';
import { preparing, type ServedModel } from '../../models/served-model.js';
import type { ModelControl } from '../../models/served-models.js';
import type { Shadows } from '../../models/shadows.js';
import type { LiveModels } from '../open-models.js';
import type { CompleteOptions } from '../options.js';
import type { SentVersions } from './messages.js';

/** The models of a worker: what the primary process has read and sent. */
export class SentModels implements LiveModels {
  readonly models: ModelTable;
  readonly control: ModelControl;
  /** The primary process looks after files. */
  readonly fileRefused = false;
  readonly shadows: Shadows | undefined;
  readonly #options: CompleteOptions;

  constructor(options: CompleteOptions, control: ModelControl, shadows: Shadows | undefined) {
    const { instrument } = options;
    this.#options = shadows ? { ...options, instrument: shadows.around(instrument) } : options;
    this.models = new ModelTable(options.name, options.models?.split);
    this.control = control;
    this.shadows = shadows;
    shadows?.follow(this.models);
  }

  /** @param packed versions that were not sent before */
  async adopt(
    { aliases, gone, name, problems, served, standard }: SentVersions,
    packed: readonly PackedModel[],
  ): Promise<void> {
    if (gone) {
      this.models.delete(name);
      return;
    }
    const known = new Map((this.models.get(name)?.served ?? []).map((one) => [one.model.sha256, one]));
    for (const bytes of packed) {
      const model = await runStepsInTurns(unpacking(bytes));
      known.set(model.sha256, await this.#prepare(model, name));
    }
    const named = aliases.flatMap(([alias, sha256]) => {
      const one = known.get(sha256);
      return one ? [[alias, one] as const] : [];
    });
    this.models.set({
      name,
      served: served.flatMap((sha256) => known.get(sha256) ?? []),
      standard: standard === undefined ? undefined : known.get(standard),
      aliases: new Map(named),
      problems,
    });
  }

  async reload(): Promise<ReloadOutcome> {
    return 'unchanged';
  }

  watch(): void {}

  close(): void {}

  #prepare(model: Model, name: string): Promise<ServedModel> {
    const { contract: text, instrument, name: current } = this.#options;
    const contract = text === undefined || name !== current ? undefined : parseContract(text, 'contract');
    return runStepsInTurns(preparing(model, name, instrument, contract));
  }
}
