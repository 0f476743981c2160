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
import { type Classifier, createClassifier } from '../model/classifier.js';
import type { Model } from '../model/model.js';
import { predictRows } from '../model/row-prediction.js';

/**
 * A model file that predicts in this process, with the same answers as a server.
 *
 * @param expected first hex digits of the only hash to accept
 * @throws InputError, ArtifactError
 */
export async function openModel(path: string, expected?: string, signal?: AbortSignal): Promise<LocalModel> {
  const model = await readModel(path, signal);
  if (expected !== undefined && !model.sha256.startsWith(expected)) {
    throw new ArtifactError(
      'other-model',
      `${path}: expected a model whose hash begins with ${expected}, found ${model.sha256}`,
    );
  }
  return new LocalModel(model);
}

class LocalModel implements PredictionSource {
  readonly features: readonly InputFeature[];
  readonly named = true;
  readonly version: string;
  readonly #classifier: Classifier;

  constructor(model: Model) {
    this.features = model.features;
    this.version = model.version;
    this.#classifier = createClassifier(model);
  }

  async predict(rows: Rows, wanted: Wanted): Promise<Prediction[]> {
    const values = this.#encode(rows);
    const bad = this.#classifier.findBadValue(values, rows.rowCount);
    if (bad) {
      const field = nameInWords(this.features[bad.feature]!.name);
      throw new BadRowError(bad.row, [{ field, description: bad.description }]);
    }
    return predictRows(this.#classifier, this.version, values, rows.rowCount, wanted);
  }

  close(): void {}

  /** Categories to their indices. */
  #encode({ values, texts }: Rows): Float64Array {
    if (texts === undefined) return values;
    const width = this.features.length;
    return values.map((value, at) => {
      const feature = at % width;
      if (this.features[feature]!.kind === 'number') return value;
      return texts[at] === '' ? Number.NaN : this.#classifier.categoryOf(feature, texts[at]!);
    });
  }
}
