import {
  BadRowError,
  type InputFeature,
  type Prediction,
  type PredictionSource,
  type Rows,
  type Wanted,
} from '../client/prediction.js';
import { shownLocation } from '../formats/model-location.js';
import { type ReadModelOptions, readModel } from '../formats/store.js';
import { ArtifactError } from '../ground/errors.js';
import { nameInWords } from '../ground/quote.js';
import { type Classifier, createClassifier } from '../model/classifier.js';
import type { Model } from '../model/model.js';
import type { PredictingModel } from '../model/predicting-model.js';
import { predictRows } from '../model/row-prediction.js';

export interface Trust extends ReadModelOptions {
  /** First hex digits of the only hash to accept. */
  readonly expectModel?: string | undefined;
}

/** @throws as `readModel`; ArtifactError for another model than the expected one */
export async function readExpectedModel(
  path: string,
  { expectModel, ...options }: Trust,
  signal?: AbortSignal,
): Promise<PredictingModel> {
  const model = await readModel(path, signal, options);
  if (expectModel === undefined || model.sha256.startsWith(expectModel)) return model;
  throw new ArtifactError(
    'other-model',
    `${shownLocation(path)}: expected a model whose hash begins with ${expectModel}, found ${model.sha256}`,
  );
}

/**
 * A model that predicts in this process, with the same answers as a server.
 *
 * @throws as `readExpectedModel`
 */
export async function openModel(path: string, trust: Trust = {}, signal?: AbortSignal): Promise<LocalModel> {
  return new LocalModel(await readExpectedModel(path, trust, signal));
}

export class LocalModel implements PredictionSource {
  readonly features: readonly InputFeature[];
  readonly named = true;
  readonly explains: PredictionSource['explains'];
  readonly version: string;
  readonly #classifier: Classifier;

  constructor(model: Model) {
    this.features = model.features;
    this.version = model.version;
    this.#classifier = createClassifier(model);
    this.explains = this.#classifier.explainer === null ? 'contributions' : 'path';
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
