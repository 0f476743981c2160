import type { Socket } from 'node:net';
import { DEFAULT_MAX_MESSAGE_BYTES } from '../../ground/limits.js';
import { memoryLimit } from '../../ground/system-limit.js';
import { noteReceived } from './heap.js';
import { Refusal } from './refusal.js';
import { type Share, SharedLimit } from './shared-limit.js';
import { SmallPieces } from './small-pieces.js';
import { UnreadReplies } from './unread-replies.js';

/** The most that requests (received, not answered) may hold, and the same for replies that wait to be read. */
const MOST_BYTES = 256 * 1024 * 1024;
/** Less where the process has little memory, but four messages of the largest size at least. */
const MEMORY_PART = 1 / 8;
const LARGEST_MESSAGES = 4;
/** Streams that wait for a reader: some hundred megabytes in the HTTP/2 library, or less where there is little memory. */
const UNREAD_CALLS = 10_000;
const UNREAD_CALL_BYTES = 16 * 1024;

/** The default of `maxMessageBytes` in a process with so much memory: the part of it for requests has room for four. */
export function largestMessage(memoryBytes = memoryLimit()): number {
  return Math.min(DEFAULT_MAX_MESSAGE_BYTES, Math.floor((memoryBytes * MEMORY_PART) / LARGEST_MESSAGES));
}

/** One connection may have nearly all calls, as most end soon. Bytes may stay for long. */
const CALLS_FACTOR = 4;
const BYTES_FACTOR = 1;

/** A call that may wait for its client, and may be dropped to make room for other connections. */
export interface WaitingCall {
  /** Bytes of its request that it holds. */
  readonly requestBytes: number;
  /** Whether its client took too long: to send a request, or to read a reply. */
  isOverdue(nowMs: number): boolean;
  /** Ends it and frees what it holds. */
  giveUp(): void;
  /** Ends it if its request is not whole yet. */
  dropRequest(): void;
  /** Ends it if it has a reply that nobody reads. */
  dropReply(): void;
  /** Ends it because the server ends, where it has no answer yet. */
  cutOff(): void;
  /** Ends it if it occupies a place among the calls without any work. */
  dropPlace(): void;
}

/** What one connection holds of the limits that all connections share. */
export interface ConnectionShare {
  /** Calls that are being answered. */
  readonly calls: Share;
  /** Of requests, from their first byte until they are answered. */
  readonly requestBytes: Share;
  readonly unread: UnreadReplies;
  readonly smallPieces: SmallPieces;
  /** Open calls, the oldest first. */
  readonly waiting: Set<WaitingCall>;
  /** To be called when the connection has closed. */
  close(): void;
}

/** The limits that all connections of a server share. */
export class SharedLimits {
  readonly #calls: SharedLimit;
  readonly #requestBytes: SharedLimit;
  readonly #unreadCalls: SharedLimit;
  readonly #unreadBytes: SharedLimit;
  readonly #bySocket = new WeakMap<Socket, ConnectionShare>();

  /** @param memoryBytes that the process may have */
  constructor(
    { maxConcurrentCalls, maxMessageBytes }: { maxConcurrentCalls: number; maxMessageBytes: number },
    memoryBytes = memoryLimit(),
  ) {
    const part = memoryBytes * MEMORY_PART;
    const bytes = Math.max(Math.min(MOST_BYTES, part), LARGEST_MESSAGES * maxMessageBytes);
    this.#calls = new SharedLimit(maxConcurrentCalls, CALLS_FACTOR);
    this.#requestBytes = new SharedLimit(bytes, BYTES_FACTOR);
    this.#unreadBytes = new SharedLimit(bytes, BYTES_FACTOR);
    this.#unreadCalls = new SharedLimit(Math.min(UNREAD_CALLS, Math.floor(part / UNREAD_CALL_BYTES)), BYTES_FACTOR);
  }

  /** For a new connection. */
  share(): ConnectionShare {
    const waiting = new Set<WaitingCall>();
    const dropReply = () => dropFirst(waiting, (call) => call.dropReply(), unreadBytes, unreadCalls);
    const unreadCalls = this.#unreadCalls.share(dropReply);
    const unreadBytes = this.#unreadBytes.share(dropReply);
    const calls = this.#calls.share(() => dropFirst([...waiting].reverse(), (call) => call.dropPlace(), calls));
    const requestBytes = this.#requestBytes.share(() =>
      dropFirst(largestFirst(waiting), (call) => call.dropRequest(), requestBytes),
    );
    const unread = new UnreadReplies(unreadCalls, unreadBytes);
    const close = () => {
      for (const part of [calls, requestBytes, unreadBytes, unreadCalls]) part.close();
    };
    return { calls, requestBytes, unread, smallPieces: new SmallPieces(), waiting, close };
  }

  /** The share of a connection that is known by its socket. */
  shareOf(socket: Socket): ConnectionShare {
    let share = this.#bySocket.get(socket);
    if (!share) {
      share = this.share();
      this.#bySocket.set(socket, share);
      socket.once('close', share.close);
    }
    return share;
  }
}

/** @throws Refusal when this connection, or all together, hold too many bytes of requests */
export function takeRequestBytes({ requestBytes }: ConnectionShare, bytes: number): void {
  noteReceived(bytes);
  if (!requestBytes.tryTake(bytes)) throw tooManyBytes(requestBytes);
}

export function tooManyBytes({ limit }: Share): Refusal {
  const expected = `expected at most ${limit.capacity} bytes of requests at once`;
  return new Refusal('TOO_MANY_BYTES', `${expected}, and of one connection no more than its part: try again later`);
}

/** Drops calls until one of the shares holds less. */
function dropFirst(calls: Iterable<WaitingCall>, drop: (call: WaitingCall) => void, ...shares: Share[]): void {
  const held = () => shares.reduce((sum, share) => sum + share.held, 0);
  const before = held();
  for (const call of calls) {
    drop(call);
    if (held() < before) return;
  }
}

function largestFirst(calls: Iterable<WaitingCall>): WaitingCall[] {
  return [...calls].sort((a, b) => b.requestBytes - a.requestBytes);
}
