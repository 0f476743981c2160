import type { CallContext } from '../calls/call-context.js';
import type { CallGate } from '../calls/gate.js';
import { type InferLimits, replyTooLarge } from '../calls/reply-limit.js';
import { Turns } from '../calls/turns.js';
import type { ServedModels } from '../models/served-models.js';
import { counted, infer, isLong } from '../services/inference/infer.js';
import { bodyCoding, decodeBody } from './body-coding.js';
import { JSON_LENGTH_HEADER, requireBodyForm } from './body-form.js';
import type { Exchange } from './exchange.js';
import { HeldRequest } from './held-request.js';
import { writeAnswer } from './infer-answer.js';
import { type AskedModel, readQuestion } from './infer-question.js';
import { readBody } from './read-body.js';

export interface InferState {
  readonly models: ServedModels;
  readonly gate: CallGate;
  readonly limits: InferLimits;
}

export interface InferReply {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** A body up to this size is read at once, in a few milliseconds; a larger one when its turn comes. */
const SMALL_BODY_BYTES = 32 * 1024;

/**
 * Answers an infer call.
 * Why: docs/decisions/grpc-and-http-share-one-path.md
 *
 * @throws RequestError, Refusal, CallEndedError
 */
export async function answerInfer(
  { gate, limits, models }: InferState,
  exchange: Exchange,
  model: AskedModel,
  context: CallContext,
): Promise<InferReply> {
  // Checked before the body is read.
  models.find(model.name, model.version);
  const { incoming } = exchange;
  const { share } = context;
  requireBodyForm(incoming.headers);
  const coding = bodyCoding(incoming.headers);
  const held = new HeldRequest(share, exchange);
  const received = await readBody(exchange, limits.maxMessageBytes, held);
  const body = await decodeBody(received, coding, limits.maxMessageBytes, held);
  // Entered after the body is there: a slow sender takes no place from other callers.
  const refusal = gate.enter(share, context.startedMs);
  if (refusal) throw refusal;
  try {
    const served = models.forCall(context).find(model.name, model.version);
    const reply = await counted(async (inference) => {
      inference.of(served.statistics);
      const turns = new Turns(context);
      turns.begin('decode');
      const read = () => readQuestion(body, incoming.headers[JSON_LENGTH_HEADER], model, served, turns);
      const small = body.byteLength <= SMALL_BODY_BYTES ? await read() : undefined;
      const long = !small || isLong(served, small.request);
      if (long) inference.queue();
      return gate.makeReply(share, long, async () => {
        inference.start();
        // It may have waited for long: the client may have gone.
        if (long) await turns.pause();
        const { isBinary, request } = small ?? (await read());
        const result = await infer(served, request, limits, turns, inference);
        const { json, raw } = await writeAnswer(result, isBinary, limits, turns);
        return assemble(json, raw, limits);
      });
    });
    held.holdReply(reply.body.byteLength);
    return reply;
  } finally {
    gate.leave(share);
  }
}

function assemble(json: Buffer<ArrayBuffer>, raw: readonly Uint8Array[], limits: InferLimits): InferReply {
  const body = raw.length === 0 ? json : Buffer.concat([json, ...raw]);
  // Numbers are longer as text: the size is known only now.
  if (body.byteLength > limits.maxMessageBytes) throw replyTooLarge(limits);
  if (raw.length === 0) return { body, headers: { 'content-type': 'application/json' } };
  const headers = { 'content-type': 'application/octet-stream', [JSON_LENGTH_HEADER]: String(json.byteLength) };
  return { body, headers };
}
