import type { CallContext } from '../calls/call-context.js';
import { type InferLimits, replyTooLarge } from '../calls/reply-limit.js';
import { Turns } from '../calls/turns.js';
import type { Method, MethodCodec, WorkOptions } from '../grpc/methods.js';
import { eachMessage } from '../grpc/stream-method.js';
import { unary } from '../grpc/unary-method.js';
import type { RowAnswer } from '../models/row-answer.js';
import type { ServedModel } from '../models/served-model.js';
import { counted } from './inference/infer.js';

/** A path up to this long, in comparisons, is described at once. */
const SHORT_WALK = 512;

interface RowMethod<Request> {
  /** Its qualified name. */
  readonly service: string;
  /** Of the unary method; that which streams has `Stream` after it. */
  readonly name: string;
  readonly decode: (bytes: Buffer) => Request;
}

/**
 * One row in a message: a unary method and one that streams. Replies come encoded from the model; a stream keeps the model
 * that it began with.
 */
export function rowMethods<Request extends { readonly explain: boolean }>(
  { decode, name, service }: RowMethod<Request>,
  answerOf: (served: ServedModel) => RowAnswer<Request>,
  current: (context: CallContext) => ServedModel,
  work: WorkOptions,
  limits: InferLimits,
): Method[] {
  const answer = (served: ServedModel, request: Request, context: CallContext): Buffer | Promise<Buffer> => {
    context.phases?.begin('predict');
    const rows = answerOf(served);
    if (!request.explain || served.classifier.longestWalk <= SHORT_WALK) {
      const beganMs = performance.now();
      let succeeded = false;
      try {
        const reply = fitting(rows.answer(request), limits);
        succeeded = true;
        return reply;
      } finally {
        served.statistics.addRow(beganMs, succeeded);
      }
    }
    return counted((inference) => {
      inference.of(served.statistics);
      inference.queue();
      return work.gate.makeReply(context.share, true, async () => {
        inference.start();
        inference.haveRead(1);
        const reply = await rows.explain(request, limits, new Turns(context));
        inference.haveInferred();
        return reply;
      });
    });
  };
  const codec = (method: string): MethodCodec<Request, Buffer> => ({
    path: `/${service}/${method}`,
    requestDeserialize: decode,
    responseSerialize: (reply) => reply,
  });
  return [
    unary(codec(name), work, (request, context) => answer(context.take(current(context)), request, context)),
    eachMessage(codec(`${name}Stream`), work, (context) => {
      const served = context.take(current(context));
      return (request) => answer(served, request, context);
    }),
  ];
}

function fitting(reply: Buffer, limits: InferLimits): Buffer {
  if (reply.byteLength > limits.maxMessageBytes) throw replyTooLarge(limits);
  return reply;
}
