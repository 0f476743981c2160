import { packModel } from '../../../model/packed-model.js';
import { ModelTable, type ModelVersions } from '../../models/model-table.js';
import type { LiveModels } from '../open-models.js';
import type { Delivery } from './messages.js';

/** Sends what the primary process has read to its workers. */
export class ModelSender {
  readonly #live: LiveModels;
  /** Hashes of the versions that workers have, by model. */
  readonly #sent = new Map<string, ReadonlySet<string>>();

  /** @param deliver to all workers that have begun; each of them has had all before */
  constructor(live: LiveModels, deliver: (delivery: Delivery) => void) {
    this.#live = live;
    live.models.onChange((name) => deliver(this.#change(name)));
  }

  /** For a worker that begins. */
  all(): readonly Delivery[] {
    const { models } = this.#live;
    if (!(models instanceof ModelTable)) return [this.#one()];
    const all = Array.from(models.all, (versions) => deliveryOf(versions, new Set()));
    for (const { name, served } of models.all) this.#note(name, served);
    return all;
  }

  #one(): Delivery {
    return { packed: [packModel(this.#live.models.current().model)], order: { type: 'model' } };
  }

  #change(name: string): Delivery {
    const { models } = this.#live;
    if (!(models instanceof ModelTable)) return this.#one();
    const before = this.#sent.get(name) ?? new Set();
    const versions = models.get(name);
    if (!versions) {
      this.#sent.delete(name);
      return deliveryOf({ name, served: [], standard: undefined, aliases: new Map(), problems: [] }, before, true);
    }
    this.#note(name, versions.served);
    return deliveryOf(versions, before);
  }

  #note(name: string, served: ModelVersions['served']): void {
    this.#sent.set(name, new Set(served.map(({ model }) => model.sha256)));
  }
}

/** @param had hashes of the versions that the worker has */
function deliveryOf(
  { aliases, name, problems, served, standard }: ModelVersions,
  had: ReadonlySet<string>,
  gone = false,
): Delivery {
  const versions = {
    name,
    gone,
    served: served.map(({ model }) => model.sha256),
    standard: standard?.model.sha256,
    aliases: Array.from(aliases, ([alias, { model }]) => [alias, model.sha256] as const),
    problems,
  };
  const packed = served.filter(({ model }) => !had.has(model.sha256)).map(({ model }) => packModel(model));
  return { packed, order: { type: 'versions', versions } };
}
