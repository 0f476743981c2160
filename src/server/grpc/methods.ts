import type { Server, UntypedHandleCall } from '@grpc/grpc-js';
import type { CallGate, Gate } from '../calls/gate.js';
import type { ReportBug } from '../calls/status.js';
import type { UnaryHandler } from './unary-call.js';

/** What every method needs, whichever service it is of. */
export interface MethodOptions {
  readonly gate: Gate;
  readonly reportBug: ReportBug;
}

/** For methods whose work may be long: few calls do it at once. */
export interface WorkOptions extends MethodOptions {
  readonly gate: CallGate;
}

/** A method and its messages; a method of proto-loader is one. */
export interface MethodCodec<Request, Response> {
  /** As in `/ml.IrisPredictor/PredictIrisSpecies`. */
  readonly path: string;
  readonly requestDeserialize: (bytes: Buffer) => Request;
  /** Whether large messages are decoded later, in turns. */
  readonly inTurns?: boolean;
  readonly responseSerialize: (response: Response) => Buffer;
}

/** A method with its handler. Handlers take and give encoded messages. */
export type Method =
  | { readonly path: string; readonly type: 'unary'; readonly handler: UnaryHandler }
  | { readonly path: string; readonly type: 'serverStream' | 'bidi'; readonly handler: UntypedHandleCall };

export function unaryHandlers(methods: readonly Method[]): ReadonlyMap<string, UnaryHandler> {
  return new Map(methods.flatMap(({ handler, path, type }) => (type === 'unary' ? [[path, handler]] : [])));
}

/** Registers what the library answers: all methods but the unary ones. */
export function registerStreams(server: Server, methods: readonly Method[]): void {
  const same = (bytes: Buffer) => bytes;
  for (const { handler, path, type } of methods) {
    if (type !== 'unary') server.register(path, handler, same, same, type);
  }
}
