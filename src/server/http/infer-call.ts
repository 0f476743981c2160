import type { HttpBindings } from '@hono/node-server';
import { turnsOf } from '../answer.js';
import type { CallGate } from '../call-gate.js';
import { type InferLimits, infer, isLong, replyTooLarge } from '../inference/infer.js';
import type { ServedModel } from '../served-model.js';
import { writeAnswer } from './infer-answer.js';
import { type AskedModel, readQuestion } from './infer-question.js';
import { readBody } from './read-body.js';

export interface InferState {
  readonly current: () => ServedModel;
  readonly gate: CallGate;
  readonly limits: InferLimits;
}

export interface InferReply {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** The binary data extension: the length of the JSON that comes before the binary data. */
const JSON_LENGTH_HEADER = 'inference-header-content-length';

/**
 * Answers an infer call.
 *
 * @throws RequestError, Refusal, CallEndedError
 */
export async function answerInfer(
  { current, gate, limits }: InferState,
  { incoming, outgoing }: HttpBindings,
  model: AskedModel,
  signal: AbortSignal,
): Promise<InferReply> {
  const body = await readBody(incoming, limits.maxMessageBytes);
  // Who is slow to send a body takes no other caller's place.
  const refusal = gate.enter();
  if (refusal) throw refusal;
  try {
    const { isBinary, request } = readQuestion(body, incoming.headers[JSON_LENGTH_HEADER], model);
    const call = {
      get cancelled() {
        return signal.aborted;
      },
    };
    const served = current();
    const reply = await gate.makeReply(isLong(request), async () => {
      const { json, raw } = writeAnswer(await infer(served, request, limits, turnsOf(call)), isBinary);
      return assemble(json, raw, limits);
    });
    holdUntilRead(gate, reply, outgoing);
    return reply;
  } finally {
    gate.leave();
  }
}

function holdUntilRead({ unread }: CallGate, { body }: InferReply, outgoing: HttpBindings['outgoing']): void {
  if (outgoing.destroyed) return;
  unread.change(1, body.byteLength);
  outgoing.once('close', () => unread.change(-1, -body.byteLength));
}

function assemble(json: Buffer<ArrayBuffer>, raw: readonly Uint8Array[], limits: InferLimits): InferReply {
  const body = raw.length === 0 ? json : Buffer.concat([json, ...raw]);
  // Numbers are longer as text: only now is it known how much.
  if (body.byteLength > limits.maxMessageBytes) throw replyTooLarge(limits);
  if (raw.length === 0) return { body, headers: { 'content-type': 'application/json' } };
  const headers = { 'content-type': 'application/octet-stream', [JSON_LENGTH_HEADER]: String(json.byteLength) };
  return { body, headers };
}
