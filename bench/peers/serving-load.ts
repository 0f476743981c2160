import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { credentials, makeGenericClientConstructor, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { BATCH, flower, frame, proto, type Serving, STREAM, UNARY } from './serving.js';

/** Calls of one kind, all alike. */
export interface Load {
  readonly path: string;
  /** The framed messages of one call. */
  readonly body: Buffer;
  /** How many things one call asks for: messages, rows. */
  readonly size: number;
  readonly clients: number;
  readonly streams: number;
}

export const unary: Load = { path: UNARY, body: flower, size: 1, clients: 8, streams: 16 };

const STREAM_MESSAGES = 1000;
export const stream: Load = {
  path: STREAM,
  body: Buffer.concat(new Array(STREAM_MESSAGES).fill(flower)),
  size: STREAM_MESSAGES,
  clients: 8,
  streams: 1,
};

const services = loadSync(['iris.proto', 'open_inference.proto'], {
  keepCase: true,
  defaults: true,
  longs: Number,
  includeDirs: [proto],
});
const iris = services['ml.IrisPredictor'] as ServiceDefinition;
const inference = services['inference.GRPCInferenceService'] as ServiceDefinition;

/** Batches: raw FP64 in, one raw output out. */
export function batch(rows: Float64Array, output: string): Load {
  const rowCount = rows.length / 4;
  const request = {
    model_name: 'iris',
    inputs: [{ name: 'features', datatype: 'FP64', shape: [rowCount, 4] }],
    outputs: [{ name: output }],
    raw_input_contents: [Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength)],
  };
  const body = frame(inference['ModelInfer']!.requestSerialize(request));
  return { path: BATCH, body, size: rowCount, clients: 4, streams: 1 };
}

export interface Measured {
  /** Things a second. */
  readonly perSecond: number;
  /** Of the answers, in ms. */
  readonly p99: number;
}

/** Sends loads with h2load, and remembers how many calls each server was sent. */
export class Generator {
  readonly #folder: string;
  readonly #replyBytes = new Map<string, number>();
  readonly sent = new Map<Serving, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * @param perSecond calls a second; as many as are answered when it is not given
   * @throws Error unless each call got as many bytes as the first of its kind, which only replies with OK have
   */
  async send(serving: Serving, load: Load, calls: number, perSecond?: number): Promise<Measured> {
    const log = join(this.#folder, 'log');
    rmSync(log, { force: true });
    const rate = perSecond === undefined ? [] : ['--rps', String(perSecond / load.clients)];
    const clients = ['-c', String(Math.min(load.clients, calls))];
    const report = await this.#run(serving, load, ['-n', String(calls), ...clients, ...rate, `--log-file=${log}`]);
    this.sent.set(serving, (this.sent.get(serving) ?? 0) + calls);
    this.#requireReplies(serving, load, report, calls);
    const rows = readFileSync(log, 'utf8').trim().split('\n');
    const times = rows.map((row) => Number(row.split('\t')[2]) / 1000).sort((a, b) => a - b);
    return { perSecond: rateOf(report) * load.size, p99: times[Math.floor(times.length * 0.99)]! };
  }

  /**
   * As `send`, for a while: the calls that are open at its end are dropped, and `sent` does not have them. Every
   * connection counts for what it did. A number of calls is over when the slowest connection has made its share.
   *
   * @param load one that `send` has sent to the server
   * @returns things a second
   * @throws Error unless each call got as many bytes as those before
   */
  async sendFor(serving: Serving, load: Load, seconds: number): Promise<number> {
    const report = await this.#run(serving, load, ['-D', String(seconds), '-c', String(load.clients)]);
    this.#requireReplies(serving, load, report);
    return rateOf(report) * load.size;
  }

  /** @returns h2load's report */
  async #run({ port }: Serving, { body, path, streams }: Load, options: readonly string[]): Promise<string> {
    const data = join(this.#folder, 'request');
    writeFileSync(data, body);
    const headers = ['-H', 'content-type: application/grpc', '-H', 'te: trailers'];
    const common = ['-m', String(streams), '-t', '1', ...headers, '-d', data, `http://127.0.0.1:${port}${path}`];
    const { stdout } = await promisify(execFile)('h2load', [...options, ...common]);
    return stdout;
  }

  /** @param calls all of them; absent where some were open at the end */
  #requireReplies({ port }: Serving, { path, size }: Load, report: string, calls?: number): void {
    const kind = `${port} ${path} ${size}`;
    const succeeded = countOf('succeeded', report);
    const bytes = Number(/\((\d+)\) data/.exec(report)?.[1]);
    const expected = this.#replyBytes.get(kind) ?? bytes / succeeded;
    this.#replyBytes.set(kind, expected);
    // Of those that were open, a part of a reply may be there.
    const begun = calls ?? countOf('started', report);
    const whole = succeeded === (calls ?? countOf('done', report));
    if (whole && expected > 5 && bytes >= succeeded * expected && bytes <= begun * expected) return;
    throw new Error(
      `${kind}: ${succeeded} of ${begun} calls succeeded, with ${bytes} bytes; expected ${expected} each`,
    );
  }
}

/** Calls a second. */
function rateOf(report: string): number {
  return Number(/([\d.]+) req\/s/.exec(report)?.[1]);
}

/** Calls that h2load says are so. */
function countOf(what: 'started' | 'done' | 'succeeded', report: string): number {
  return Number(new RegExp(`(\\d+) ${what}`).exec(report)?.[1]);
}

/** Asks one flower, as a client of the library does. */
export function askFlower(serving: Serving): Promise<{ species: number }> {
  return ask(serving, iris, 'PredictIrisSpecies', iris['PredictIrisSpecies']!.requestDeserialize(flower.subarray(5)));
}

/** The class of each row. */
export async function askBatch(serving: Serving, { body }: Load): Promise<{ reply: object; classes: Int32Array }> {
  const request = inference['ModelInfer']!.requestDeserialize(body.subarray(5));
  const reply = await ask<{ raw_output_contents: Buffer[] }>(serving, inference, 'ModelInfer', request);
  return { reply, classes: new Int32Array(new Uint8Array(reply.raw_output_contents[0]!).buffer) };
}

export function encodeBatchReply(reply: object): Buffer {
  return inference['ModelInfer']!.responseSerialize(reply);
}

function ask<Reply>(serving: Serving, service: ServiceDefinition, method: string, request: unknown): Promise<Reply> {
  const Client = makeGenericClientConstructor(service, '');
  const client = new Client(`127.0.0.1:${serving.port}`, credentials.createInsecure(), { 'grpc.enable_http_proxy': 0 });
  return new Promise<Reply>((resolve, reject) => {
    client[method]!(request, { deadline: Date.now() + 10_000 }, (error: Error | null, reply: Reply) => {
      if (error) reject(error);
      else resolve(reply);
    });
  }).finally(() => client.close());
}
