import { quotedList } from '../../ground/quote.js';
import type { Classifier } from '../../model/classifier.js';
import type { Explainer } from '../../model/decision-path.js';
import type { Feature, Model } from '../../model/model.js';
import type { PathStep } from '../../model/path-step.js';
import { encodeIrisPath, encodeIrisReply } from '../../protocol/iris-codec.js';
import type { IrisPredictRequest } from '../../protocol/messages.js';
import { INFERENCE_SERVICE } from '../../protocol/services.js';
import { Refusal, Violations } from '../calls/refusal.js';
import { type InferLimits, replyTooLarge } from '../calls/reply-limit.js';
import { PART_QUESTIONS, QUESTION_STEPS, type Turns } from '../calls/turns.js';

/**
 * Makes the encoded reply to one flower.
 *
 * @throws RequestError naming the field
 * @throws Refusal when the model is not one of iris
 */
export interface IrisAnswer {
  answer(request: IrisPredictRequest): Buffer;
  /**
   * As `answer`, with the path of a deep tree, in turns.
   *
   * @throws Refusal as soon as the reply is larger than one may be
   */
  explain(request: IrisPredictRequest, limits: ReplyLimit, turns: Turns): Promise<Buffer>;
}

type ReplyLimit = Pick<InferLimits, 'maxMessageBytes'>;

type Measurement = Exclude<keyof IrisPredictRequest, 'explain'>;

/** Longer than any name of a measurement. */
const LONGEST_MEASUREMENT = 100;

const measurements: readonly Measurement[] = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'];

export function createIrisAnswer(model: Model, classifier: Classifier): IrisAnswer {
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

function answerer(model: Model, classifier: Classifier, fields: readonly Measurement[]): IrisAnswer {
  const { explainer } = classifier;
  const summaries = model.provenance.summaries ?? [];
  const refusesZero = fields.map((_, index) => summaries[index]?.kind === 'number' && summaries[index].min > 0);
  const encodeReply = replyEncoder(model, classifier);
  // One row for all calls: it is filled and used in the same turn of the event loop.
  const row = new Float64Array(fields.length);
  const replyTo = (request: IrisPredictRequest): Buffer => {
    for (let index = 0; index < fields.length; index++) {
      const value = request[fields[index]];
      if (value - value !== 0 || (value <= 0 && refusesZero[index])) rejectRow(request, fields, refusesZero);
      row[index] = value;
    }
    return encodeReply(row);
  };
  return {
    answer: (request) => {
      const reply = replyTo(request);
      return request.explain && explainer ? Buffer.concat([reply, encodePath(explainer.pathOf(row))]) : reply;
    },
    explain: async (request, limits, turns) => {
      const reply = replyTo(request);
      if (explainer === null) return reply;
      return Buffer.concat([reply, ...(await encodeLongPath(explainer, row.slice(), reply.byteLength, limits, turns))]);
    },
  };
}

/** @param before bytes of the reply that are there already */
async function encodeLongPath(
  explainer: Explainer,
  row: Float64Array,
  before: number,
  limits: ReplyLimit,
  turns: Turns,
): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  let byteLength = before;
  for (let node = 0; node >= 0; ) {
    if (turns.spend(PART_QUESTIONS * QUESTION_STEPS)) await turns.pause();
    const { next, steps } = explainer.partOfPath(row, node, PART_QUESTIONS);
    const part = encodePath(steps);
    byteLength += part.byteLength;
    if (byteLength > limits.maxMessageBytes) throw replyTooLarge(limits);
    parts.push(part);
    node = next;
  }
  return parts;
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

/** @returns what answers one row; where the leaf alone decides, each reply is encoded when it is first needed */
function replyEncoder({ classes, version }: Model, classifier: Classifier): (row: Float64Array) => Buffer {
  const [labels, leaves] = [new Int32Array(1), new Int32Array(classifier.treeCount)];
  const shares = new Float64Array(classes.length);
  const encode = () =>
    encodeIrisReply({
      species: labels[0],
      species_name: classes[labels[0]],
      probabilities: Array.from(shares),
      model_version: version,
    });
  const replies: (Buffer | undefined)[] = [];
  return (row) => {
    classifier.answerInto(row, 1, { labels, leaves, shares });
    if (classifier.treeCount > 1) return encode();
    const reply = replies[leaves[0]] ?? encode();
    replies[leaves[0]] = reply;
    return reply;
  };
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
