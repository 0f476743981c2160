import { quotedList } from '../../ground/quote.js';
import type { Classifier } from '../../model/classifier.js';
import type { Feature, Model } from '../../model/model.js';
import type { PathStep } from '../../model/path-step.js';
import { encodeIrisPath, encodeIrisReply } from '../../protocol/iris-codec.js';
import type { IrisPredictRequest } from '../../protocol/messages.js';
import { INFERENCE_SERVICE } from '../../protocol/services.js';
import { Refusal, Violations } from '../calls/refusal.js';
import { type RowAnswer, rowAnswer } from './row-answer.js';

type Measurement = Exclude<keyof IrisPredictRequest, 'explain'>;

/** Longer than any name of a measurement. */
const LONGEST_MEASUREMENT = 100;

const measurements: readonly Measurement[] = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'];

/** Refuses every request where the model is not one of iris. */
export function createIrisAnswer(model: Model, classifier: Classifier): RowAnswer<IrisPredictRequest> {
  const { features } = classifier;
  // A model may have too many features to look at all of them.
  const fields = features.length === measurements.length ? features.map(measurementOf) : [];
  if (!isIris(fields)) {
    const message = `expected a model of ${measurements.join(', ')}; this one has ${quotedList(
      features.map(({ name }) => name),
      8,
    )}`;
    const refuse = () => {
      throw new Refusal('NOT_AN_IRIS_MODEL', `${message}: use ${INFERENCE_SERVICE}`);
    };
    return { answer: refuse, explain: refuse };
  }
  return answerer(model, classifier, fields);
}

function answerer(model: Model, classifier: Classifier, fields: readonly Measurement[]): RowAnswer<IrisPredictRequest> {
  const summaries = model.provenance.summaries ?? [];
  const refusesZero = fields.map((_, index) => summaries[index]?.kind === 'number' && summaries[index].min > 0);
  // One row for all calls: it is filled and used in the same turn of the event loop.
  const row = new Float64Array(fields.length);
  const rowOf = (request: IrisPredictRequest): Float64Array => {
    for (let index = 0; index < fields.length; index++) {
      const value = request[fields[index]];
      if (value - value !== 0 || (value <= 0 && refusesZero[index])) rejectRow(request, fields, refusesZero);
      row[index] = value;
    }
    return row;
  };
  const encodeReply = (label: number, shares: Float64Array, version: string) =>
    encodeIrisReply({
      species: label,
      species_name: model.classes[label],
      probabilities: Array.from(shares),
      model_version: version,
    });
  return rowAnswer(model, classifier, rowOf, { encodeReply, encodePath });
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

function encodePath(path: readonly PathStep[]): Buffer {
  return encodeIrisPath(
    path.map((step) => ({
      feature: step.feature,
      value: Number(step.value),
      // All features are numbers here.
      threshold: 'threshold' in step ? step.threshold : 0,
      went_left: step.wentLeft,
      samples: step.samples,
    })),
  );
}

/**
 * Which measurement a feature is, compared without case, punctuation and the trailing unit of the request: `SepalLengthCm`
 * and `sepal length (cm)` are `sepal_length`. Another unit is another feature.
 */
function measurementOf({ kind, name }: Feature): Measurement | undefined {
  if (kind !== 'number' || name.length > LONGEST_MEASUREMENT) return undefined;
  const bare = name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
    .replace(/(cm|centimet(er|re)s?)$/, '');
  return measurements.find((measurement) => measurement.replace('_', '') === bare);
}

function isIris(fields: readonly (Measurement | undefined)[]): fields is readonly Measurement[] {
  return fields.length === measurements.length && measurements.every((measurement) => fields.includes(measurement));
}
