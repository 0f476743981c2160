import {
  BadRowError,
  type InputFeature,
  type Prediction,
  type PredictionSource,
  type Rows,
  type Wanted,
} from '../client/prediction.js';
import { readModel } from '../formats/store.js';
import { ArtifactError } from '../ground/errors.js';
import { nameInWords } from '../ground/quote.js';
import type { Model } from '../model/model.js';
import { createPredictor, type PathStep, type Predictor } from '../model/predictor.js';
import { UNKNOWN_CATEGORY } from '../tree/tree.js';

/**
 * A model file that predicts in this process, with the same answers as a server.
 *
 * @param expected first hex digits of the only hash to accept
 * @throws InputError, ArtifactError
 */
export async function openModel(path: string, expected?: string, signal?: AbortSignal): Promise<LocalModel> {
  const model = await readModel(path, signal);
  if (expected !== undefined && !model.sha256.startsWith(expected)) {
    throw new ArtifactError(`${path}: expected a model whose hash begins with ${expected}, found ${model.sha256}`);
  }
  return new LocalModel(model);
}

class LocalModel implements PredictionSource {
  readonly features: readonly InputFeature[];
  readonly named = true;
  readonly version: string;
  readonly #model: Model;
  readonly #predictor: Predictor;
  /** Per feature, the index of each category; undefined for a number. */
  readonly #categories: readonly (ReadonlyMap<string, number> | undefined)[];

  constructor(model: Model) {
    this.features = model.features;
    this.version = model.version;
    this.#model = model;
    this.#predictor = createPredictor(model);
    this.#categories = model.features.map((feature) =>
      feature.kind === 'category' ? new Map(feature.categories.map((name, index) => [name, index])) : undefined,
    );
  }

  async predict(rows: Rows, wanted: Wanted): Promise<Prediction[]> {
    const values = this.#encode(rows);
    const bad = this.#predictor.findBadValue(values, rows.rowCount);
    if (bad) {
      const field = nameInWords(this.features[bad.feature]!.name);
      throw new BadRowError(bad.row, [{ field, description: bad.message.slice(`${field}: `.length) }]);
    }
    const width = this.features.length;
    return Array.from({ length: rows.rowCount }, (_, row) =>
      this.#predictRow(values.subarray(row * width, (row + 1) * width), wanted),
    );
  }

  close(): void {}

  #predictRow(row: Float64Array, wanted: Wanted): Prediction {
    const { classIndex, labels } = this.#predictor;
    const leaf = this.#predictor.leafOf(row);
    const shares = wanted.probabilities ? Array.from(this.#predictor.sharesOf(leaf)) : [];
    return {
      label: labels[leaf]!,
      classIndex: classIndex[leaf]!,
      probabilities: shares.map((share, index) => ({ class: this.#model.classes[index]!, share })),
      ...(wanted.path ? { path: this.#predictor.pathOf(row) satisfies PathStep[] } : {}),
      modelVersion: this.version,
    };
  }

  /** Categories to their indices. */
  #encode({ values, texts }: Rows): Float64Array {
    if (texts === undefined) return values;
    const width = this.features.length;
    return values.map((value, at) => {
      const known = this.#categories[at % width];
      if (known === undefined) return value;
      return texts[at] === '' ? Number.NaN : (known.get(texts[at]!) ?? UNKNOWN_CATEGORY);
    });
  }
}
