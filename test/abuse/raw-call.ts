import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, type ClientSessionOptions, connect } from 'node:http2';

/** gRPC by hand over node:http2, so that what goes out and comes in is what is on the wire. */

export const paths = {
  predict: '/ml.IrisPredictor/PredictIrisSpecies',
  predictStream: '/ml.IrisPredictor/PredictIrisSpeciesStream',
  infer: '/inference.GRPCInferenceService/ModelInfer',
  inferStream: '/inference.GRPCInferenceService/ModelStreamInfer',
  metadata: '/inference.GRPCInferenceService/ModelMetadata',
  modelReady: '/inference.GRPCInferenceService/ModelReady',
  repository: '/inference.GRPCInferenceService/RepositoryIndex',
  serverLive: '/inference.GRPCInferenceService/ServerLive',
  serverReady: '/inference.GRPCInferenceService/ServerReady',
  health: '/grpc.health.v1.Health/Check',
  watch: '/grpc.health.v1.Health/Watch',
  reflection: '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
} as const;

const codeNames =
  'OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED'.split(
    ' ',
  );

export interface Outcome {
  /** A gRPC status, or what came instead: `HTTP 431`, `reset 8` (an HTTP/2 error code), `no answer`. */
  readonly code: string;
  readonly message: string;
  readonly replies: readonly Buffer[];
  /** `grpc-status-details-bin`. */
  readonly details: string | undefined;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** False leaves the request open. */
  readonly end?: boolean;
  /** After this long without an end: `no answer`. */
  readonly timeoutMs?: number;
  /** Sees the stream once the body is written. */
  readonly onStream?: (stream: ClientHttp2Stream) => void;
}

export async function connectRaw(port: number, options: ClientSessionOptions = {}): Promise<ClientHttp2Session> {
  const session = connect(`http://127.0.0.1:${port}`, { maxSessionMemory: 1000, ...options });
  session.on('error', () => {});
  await once(session, 'connect');
  return session;
}

/** The five bytes before a message, and the message. */
export function frame(message: Uint8Array, { compressed = 0, length = message.byteLength } = {}): Buffer {
  const head = Buffer.alloc(5);
  head[0] = compressed;
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

/** One request, whatever it is, to its end. Never rejects. */
export function call(
  session: ClientHttp2Session,
  path: string,
  body: Uint8Array,
  options: CallOptions = {},
): Promise<Outcome> {
  const { end = true, headers = {}, onStream, timeoutMs = 20_000 } = options;
  return new Promise((resolve) => {
    const received: Buffer[] = [];
    let stream: ClientHttp2Stream;
    const settle = (code: string, message = '', details?: string) => {
      clearTimeout(timer);
      resolve({ code, message, details, replies: splitFrames(Buffer.concat(received)) });
    };
    const timer = setTimeout(() => {
      settle('no answer');
      stream?.close();
    }, timeoutMs);
    try {
      stream = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers,
      });
    } catch (error) {
      settle(`not sent: ${(error as NodeJS.ErrnoException).code}`);
      return;
    }
    const onStatus = (found: Record<string, unknown>) => {
      const http = Number(found[':status'] ?? 200);
      if (http !== 200) settle(`HTTP ${http}`);
      else if (found['grpc-status'] !== undefined) {
        const message = decodeURIComponent(String(found['grpc-message'] ?? ''));
        settle(
          codeNames[Number(found['grpc-status'])] ?? 'no such status',
          message,
          found['grpc-status-details-bin'] as string,
        );
      }
    };
    stream.on('response', onStatus).on('trailers', onStatus);
    stream.on('data', (chunk: Buffer) => received.push(chunk));
    stream.on('error', () => {});
    stream.on('close', () => settle(stream.rstCode === 0 ? 'closed without a status' : `reset ${stream.rstCode}`));
    if (end) stream.end(body);
    else stream.write(body);
    onStream?.(stream);
  });
}

function splitFrames(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at + 5 <= bytes.length; ) {
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    messages.push(bytes.subarray(at + 5, end));
    at = end;
  }
  return messages;
}

/** Works on items, some at once. */
export async function inParallel<T>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const lane = async () => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
