import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type ChannelOptions, Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { decode, encode, type Message } from '../abuse/messages.js';
import { expectRightBatch, expectRightFlower, type Models } from '../abuse/oracle.js';
import { paths } from '../abuse/raw-call.js';
import { batchOf, flowerOf } from '../abuse/target.js';

/** What a client went through. */
export interface Figures {
  readonly calls: number;
  /** Batches and short streams among the calls. */
  readonly batches: number;
  readonly streams: number;
  /** What each call that got no answer was told. */
  readonly lost: readonly string[];
  /** What each end of the stream that is always open was told: it outlasts the grace of every server. */
  readonly cuts: readonly string[];
  /** Version of a model → calls that it answered. */
  readonly versions: Readonly<Record<string, number>>;
  readonly longestMs: number;
}

export interface SteadyCalls {
  answered(): number;
  /** Resolves with the figures once no call is open. */
  stop(): Promise<Figures>;
}

const PAUSE_MS = 5;
/** Of a short stream, which is asked with pauses in between. */
const FLOWERS = 5;
const BATCH_ROWS = 500;
/** The load is bounded, whatever a test does. */
const MOST_CALLS = 200_000;

/**
 * One client that keeps asking, for flowers, batches and streams, and compares every answer with the model that the answer
 * names. A wrong one rejects `stop`.
 */
export function keepCalling(address: string, models: Models, options: ChannelOptions = {}): SteadyCalls {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.enable_http_proxy': 0, ...options });
  const versions: Record<string, number> = {};
  const lost: string[] = [];
  const cuts: string[] = [];
  const counts = { calls: 0, batches: 0, streams: 0 };
  let answered = 0;
  let longestMs = 0;
  let stopping = false;

  const noteFlower = (request: Message, reply: Buffer): void => {
    expectRightFlower(models, request, reply);
    note(decode('ml.IrisPredictReply', reply)['model_version'] as string);
  };
  const note = (version: string): void => {
    versions[version] = (versions[version] ?? 0) + 1;
    answered++;
  };
  const flower = async (): Promise<void> => {
    const request = flowerOf(counts.calls);
    noteFlower(request, await unary(client, paths.predict, encode('ml.IrisPredictRequest', request)));
  };
  const batch = async (): Promise<void> => {
    counts.batches++;
    const request = encode('inference.ModelInferRequest', batchOf(BATCH_ROWS));
    const reply = await unary(client, paths.infer, request);
    expectRightBatch(models, request, reply);
    note(decode('inference.ModelInferResponse', reply)['model_version'] as string);
  };
  const stream = async (): Promise<void> => {
    counts.streams++;
    const requests = Array.from({ length: FLOWERS }, (_, index) => flowerOf(counts.calls + index));
    let replies = 0;
    await exchange(client, async (ask) => {
      for (const request of requests) {
        noteFlower(request, await ask(request));
        replies++;
        await delay(PAUSE_MS);
      }
    });
    if (replies < FLOWERS) throw new Error(`a stream ended after ${replies} answers`);
  };
  const lane = async (ask: () => Promise<void>): Promise<void> => {
    while (!stopping && counts.calls < MOST_CALLS) {
      counts.calls++;
      const begun = performance.now();
      await ask().catch((error: Error) => {
        if (!isServiceError(error)) throw error;
        lost.push(error.message);
      });
      longestMs = Math.max(longestMs, performance.now() - begun);
      await delay(PAUSE_MS);
    }
  };
  /** A stream for as long as it may be, and then another one. */
  const keepOpen = async (): Promise<void> => {
    while (!stopping) {
      await exchange(client, async (ask) => {
        for (let n = 0; !stopping; n++) {
          const request = flowerOf(n);
          expectRightFlower(models, request, await ask(request));
          await delay(10 * PAUSE_MS);
        }
      }).catch((error: Error) => {
        if (!isServiceError(error)) throw error;
        cuts.push(`${status[error.code]}: ${error.details}`);
      });
    }
  };
  const asks = [flower, flower, flower, flower, flower, batch, stream, stream];
  const lanes = Promise.allSettled([...asks.map(lane), keepOpen()]);
  return {
    answered: () => answered,
    stop: async () => {
      stopping = true;
      const failed = (await lanes).find((result) => result.status === 'rejected');
      client.close();
      if (failed) throw failed.reason;
      return { ...counts, lost, cuts, versions, longestMs };
    },
  };
}

function isServiceError(error: Error): error is ServiceError {
  return 'code' in error && 'details' in error;
}

const same = (message: Buffer) => message;

function unary(client: Client, path: string, bytes: Buffer): Promise<Buffer> {
  const deadline = Date.now() + 10_000;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, same, same, bytes, { deadline }, (error, reply) =>
      error ? reject(error) : resolve(reply!),
    );
  });
}

/**
 * Opens a stream of flowers, asks on it, and closes it.
 *
 * @throws ServiceError where the server ends it
 */
async function exchange(
  client: Client,
  use: (ask: (request: Message) => Promise<Buffer>) => Promise<void>,
): Promise<void> {
  const stream = client.makeBidiStreamRequest(paths.predictStream, same, same);
  const ended = new Promise<never>((_, reject) => {
    stream.on('error', reject);
  });
  ended.catch(() => {});
  const ask = async (request: Message): Promise<Buffer> => {
    const reply = once(stream, 'data');
    reply.catch(() => {}); // `ended` has the error
    stream.write(encode('ml.IrisPredictRequest', request));
    const [bytes] = await Promise.race([reply, ended]);
    return bytes as Buffer;
  };
  try {
    await use(ask);
    const end = once(stream, 'end');
    stream.end();
    await Promise.race([end, ended]);
  } catch (error) {
    stream.cancel();
    throw error;
  }
}
