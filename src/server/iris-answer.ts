import type { Feature } from '../artifact/model.js';
import type { Predictor } from '../artifact/predictor.js';
import { encodeIrisPath, encodeIrisReply } from '../protocol/iris-codec.js';
import type { DecisionStep, IrisPredictRequest } from '../protocol/messages.js';
import { INFERENCE_SERVICE } from '../protocol/services.js';
import { quote, Refusal, Violations } from './refusal.js';

/**
 * The encoded reply to one flower.
 *
 * @throws RequestError naming the field
 * @throws Refusal when the model is not one of iris
 */
export type IrisAnswer = (request: IrisPredictRequest) => Buffer;

type Measurement = Exclude<keyof IrisPredictRequest, 'explain'>;

const measurements: readonly Measurement[] = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'];

export function createIrisAnswer(predictor: Predictor): IrisAnswer {
  const { features } = predictor.model;
  const fields = features.map(measurementOf);
  if (!isIris(fields)) {
    const names = features.slice(0, 8).map(({ name }) => quote(name));
    const more = features.length > names.length ? `, … (${features.length} in all)` : '';
    const message = `expected a model of ${measurements.join(', ')}; this one has ${names.join(', ')}${more}`;
    return () => {
      throw new Refusal('NOT_AN_IRIS_MODEL', `${message}: use ${INFERENCE_SERVICE}`);
    };
  }
  return answerer(predictor, fields);
}

function answerer(predictor: Predictor, fields: readonly Measurement[]): IrisAnswer {
  const { features } = predictor.model;
  const refusesZero = features.map((feature) => feature.kind === 'number' && feature.min > 0);
  // A reply depends on nothing but the leaf; each is encoded when it is first needed.
  const replies: (Buffer | undefined)[] = [];
  // One row for all calls: it is filled and used without a turn of the event loop in between.
  const row = new Float64Array(fields.length);
  return (request) => {
    for (let index = 0; index < fields.length; index++) {
      const value = request[fields[index]];
      if (value - value !== 0 || (value <= 0 && refusesZero[index])) rejectRow(request, fields, refusesZero);
      row[index] = value;
    }
    const leaf = predictor.leafOf(row);
    replies[leaf] ??= encodeLeaf(predictor, leaf);
    if (!request.explain) return replies[leaf];
    return Buffer.concat([replies[leaf], encodeIrisPath(stepsOf(predictor, row))]);
  };
}

function rejectRow(request: IrisPredictRequest, fields: readonly Measurement[], refusesZero: readonly boolean[]): void {
  const violations = new Violations();
  for (const [index, field] of fields.entries()) {
    const value = request[field];
    if (!Number.isFinite(value)) violations.add(field, `expected a finite number, found ${value}`);
    else if (value <= 0 && refusesZero[index]) {
      violations.add(field, `absent or zero: expected a number above 0, found ${value}`);
    }
  }
  violations.throwIfAny();
}

function encodeLeaf(predictor: Predictor, leaf: number): Buffer {
  return encodeIrisReply({
    species: predictor.classIndex[leaf],
    species_name: predictor.labels[leaf],
    probabilities: Array.from(predictor.sharesOf(leaf)),
    model_version: predictor.model.version,
  });
}

function stepsOf(predictor: Predictor, row: Float64Array): DecisionStep[] {
  return predictor.pathOf(row).map((step) => ({
    feature: step.feature,
    value: Number(step.value),
    // All features are numbers here.
    threshold: 'threshold' in step ? step.threshold : 0,
    went_left: step.wentLeft,
    samples: step.samples,
  }));
}

/**
 * Which measurement a feature is, compared without case, punctuation and the trailing unit of the request: `SepalLengthCm`
 * and `sepal length (cm)` are `sepal_length`. Another unit is another feature.
 */
function measurementOf({ kind, name }: Feature): Measurement | undefined {
  if (kind !== 'number') return undefined;
  const bare = name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
    .replace(/(cm|centimet(er|re)s?)$/, '');
  return measurements.find((measurement) => measurement.replace('_', '') === bare);
}

function isIris(fields: readonly (Measurement | undefined)[]): fields is readonly Measurement[] {
  return fields.length === measurements.length && measurements.every((measurement) => fields.includes(measurement));
}
