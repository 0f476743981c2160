import type { Classifier } from '../../model/classifier.js';
import type { Explainer } from '../../model/decision-path.js';
import type { Model } from '../../model/model.js';
import type { PathStep } from '../../model/path-step.js';
import { type InferLimits, replyTooLarge } from '../calls/reply-limit.js';
import { PART_QUESTIONS, QUESTION_STEPS, type Turns } from '../calls/turns.js';

/**
 * Makes the encoded reply to one row.
 *
 * @throws RequestError naming the field
 * @throws Refusal when the model is not one for these requests
 */
export interface RowAnswer<Request> {
  answer(request: Request): Buffer;
  /**
   * As `answer`, with the path of a deep tree, in turns.
   *
   * @throws Refusal as soon as the reply is larger than one may be
   */
  explain(request: Request, limits: ReplyLimit, turns: Turns): Promise<Buffer>;
}

/** Encoded replies that a model keeps: with a thousand classes and a hundred thousand leaves they would be 800 MB. */
const MOST_KEPT_BYTES = 2 ** 26;

type ReplyLimit = Pick<InferLimits, 'maxMessageBytes'>;

/** How a reply is written, but for its path, and the path, which is appended. */
export interface ReplyFormat {
  readonly encodeReply: (label: number, shares: Float64Array, version: string) => Buffer;
  readonly encodePath: (path: readonly PathStep[]) => Buffer;
}

/** @param rowOf checks a request and gives its row, in an array that the next call may fill again */
export function rowAnswer<Request extends { readonly explain: boolean }>(
  model: Model,
  classifier: Classifier,
  rowOf: (request: Request) => Float64Array,
  format: ReplyFormat,
): RowAnswer<Request> {
  const { explainer } = classifier;
  const { encodePath } = format;
  const encodeReply = replyEncoder(model, classifier, format);
  return {
    answer: (request) => {
      const row = rowOf(request);
      const reply = encodeReply(row);
      return request.explain && explainer ? Buffer.concat([reply, encodePath(explainer.pathOf(row))]) : reply;
    },
    explain: async (request, limits, turns) => {
      const row = rowOf(request);
      const reply = encodeReply(row);
      if (explainer === null) return reply;
      const path = await encodeLongPath(
        explainer,
        row.slice(),
        { before: reply.byteLength, encodePath, limits },
        turns,
      );
      return Buffer.concat([reply, ...path]);
    },
  };
}

interface LongPath extends Pick<ReplyFormat, 'encodePath'> {
  /** Bytes of the reply that are there already. */
  readonly before: number;
  readonly limits: ReplyLimit;
}

async function encodeLongPath(
  explainer: Explainer,
  row: Float64Array,
  { before, encodePath, limits }: LongPath,
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

/** @returns what answers one row; where the leaf alone decides, each reply is encoded when it is first needed */
function replyEncoder(
  { classes, version }: Model,
  classifier: Classifier,
  { encodeReply }: ReplyFormat,
): (row: Float64Array) => Buffer {
  const [labels, leaves] = [new Int32Array(1), new Int32Array(classifier.treeCount)];
  const shares = new Float64Array(classes.length);
  const replies: (Buffer | undefined)[] = [];
  let keptBytes = 0;
  return (row) => {
    classifier.answerInto(row, 1, { labels, leaves, shares });
    if (classifier.treeCount > 1) return encodeReply(labels[0], shares, version);
    const kept = replies[leaves[0]];
    if (kept) return kept;
    const reply = encodeReply(labels[0], shares, version);
    if (keptBytes < MOST_KEPT_BYTES) {
      replies[leaves[0]] = reply;
      keptBytes += reply.byteLength;
    }
    return reply;
  };
}
