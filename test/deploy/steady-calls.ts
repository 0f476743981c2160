import { setTimeout as delay } from 'node:timers/promises';
import { type ChannelOptions, Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { decode, encode } from '../abuse/messages.js';
import { expectRightFlower, type Models } from '../abuse/oracle.js';
import { paths } from '../abuse/raw-call.js';
import { flowerOf } from '../abuse/target.js';

/** What a client went through. */
export interface Figures {
  readonly calls: number;
  /** What each call that got no answer was told. */
  readonly lost: readonly string[];
  /** Version of a model → calls that it answered. */
  readonly versions: Readonly<Record<string, number>>;
  readonly longestMs: number;
}

export interface SteadyCalls {
  answered(): number;
  /** Resolves with the figures once no call is open. */
  stop(): Promise<Figures>;
}

const LANES = 8;
const PAUSE_MS = 5;
/** The load is bounded, whatever a test does. */
const MOST_CALLS = 200_000;

/** One client that keeps asking, and compares every answer with the model that the answer names. A wrong one rejects `stop`. */
export function keepCalling(address: string, models: Models, options: ChannelOptions = {}): SteadyCalls {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.enable_http_proxy': 0, ...options });
  const versions: Record<string, number> = {};
  const lost: string[] = [];
  let calls = 0;
  let answered = 0;
  let longestMs = 0;
  let stopping = false;

  const ask = async (request: ReturnType<typeof flowerOf>): Promise<void> => {
    const begun = performance.now();
    const reply = await unary(client, encode('ml.IrisPredictRequest', request)).catch((error: ServiceError) => error);
    longestMs = Math.max(longestMs, performance.now() - begun);
    if (reply instanceof Error) {
      lost.push(reply.message);
      return;
    }
    expectRightFlower(models, request, reply);
    const version = decode('ml.IrisPredictReply', reply)['model_version'] as string;
    versions[version] = (versions[version] ?? 0) + 1;
    answered++;
  };
  const lane = async (): Promise<void> => {
    while (!stopping && calls < MOST_CALLS) {
      await ask(flowerOf(calls++));
      await delay(PAUSE_MS);
    }
  };
  const lanes = Promise.allSettled(Array.from({ length: LANES }, lane));
  return {
    answered: () => answered,
    stop: async () => {
      stopping = true;
      const failed = (await lanes).find((result) => result.status === 'rejected');
      client.close();
      if (failed) throw failed.reason;
      return { calls, lost, versions, longestMs };
    },
  };
}

function unary(client: Client, bytes: Buffer): Promise<Buffer> {
  const deadline = Date.now() + 10_000;
  const same = (message: Buffer) => message;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(paths.predict, same, same, bytes, { deadline }, (error, reply) =>
      error ? reject(error) : resolve(reply!),
    );
  });
}
