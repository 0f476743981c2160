/**
 * Everything that this server uses of @grpc/grpc-js and that its types do not promise. Each part has a test that fails
 * when the library changes what is relied on here; nothing else reaches below the library's types.
 */
import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Server as NetServer } from 'node:net';
import type { Server, ServerInterceptingCallInterface, ServerInterceptor } from '@grpc/grpc-js';

/** Node's own servers that the library listens with, and their open sessions. */
type Listeners = ReadonlyMap<NetServer, { readonly sessions: Iterable<Http2Session> }>;

/** @param server one that listens */
export function listeners(server: Server): Listeners {
  return (server as unknown as { readonly http2Servers: Listeners }).http2Servers;
}

/**
 * Raises the number of header pairs that a call may have. Node resets a stream with more than 128 before anybody sees it.
 *
 * @param server one that does not listen yet
 */
export function setMaxHeaderPairs(server: Server, pairs: number): void {
  const { commonServerOptions } = server as unknown as {
    readonly commonServerOptions: { maxHeaderListPairs?: number };
  };
  commonServerOptions.maxHeaderListPairs = pairs;
}

/** A call that has just arrived. */
export interface ArrivedCall {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
}

type StreamHandler = (
  interceptors: unknown,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
  rawHeaders: readonly string[],
) => void;

/**
 * Sees every call before the library does. Works while channelz is off: with it the library has another handler.
 *
 * @param server one that does not listen yet
 * @param take answers the call, or returns the headers with which the library is to answer it
 */
export function interceptStreams(server: Server, take: (call: ArrivedCall) => IncomingHttpHeaders | undefined): void {
  const library = server as unknown as { _streamHandler: StreamHandler };
  const answer: StreamHandler = library._streamHandler.bind(server);
  library._streamHandler = (interceptors, stream, headers, flags, rawHeaders) => {
    const passed = take({ stream, headers, rawHeaders });
    if (passed) answer(interceptors, stream, passed, flags, rawHeaders);
  };
}

/**
 * The call object that the library gives to an interceptor. Its functions may be replaced: the library calls them as
 * methods of the object. The handler of the call gets the metadata object that the listener got.
 */
export type LibraryCall = ServerInterceptingCallInterface & {
  readonly stream: ServerHttp2Stream;
  /** Cuts what arrives into messages, each with its head. What it throws ends the call. */
  decoder: { write(chunk: Buffer): Buffer[] };
  /** @param frame a message with its head */
  decompressMessage(frame: Buffer, coding: string): Buffer | Promise<Buffer>;
};

/** An interceptor that sees each call before it starts, and leaves it to the library. */
export function callInterceptor(hook: (path: string, call: LibraryCall) => void): ServerInterceptor {
  return ({ path }, call) => {
    hook(path, call as unknown as LibraryCall);
    return call as ReturnType<ServerInterceptor>;
  };
}

/** The library's own functions, which stay on the prototype when those of an object are replaced. */
export function libraryFunctions(call: LibraryCall): LibraryCall {
  return Object.getPrototypeOf(call);
}
