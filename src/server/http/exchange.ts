import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A request and its response. */
export interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

/**
 * Requests of a connection that are open at once. Their answers are sent in order. Browsers and
 * gateways send one at a time; each is worked on, although the client may never read.
 */
const MAX_PIPELINED = 16;

/** By connection: the open responses, each with what is called at its end. */
const openOn = new WeakMap<Socket, Map<ServerResponse, (() => void)[]>>();

/** @returns false when the connection has too many open already; it is closed then */
export function beginExchange(exchange: Exchange): boolean {
  const { socket } = exchange.incoming;
  // Node emits further requests that it has read already, after the connection was destroyed too.
  if (socket.destroyed) return false;
  const open = openOn.get(socket);
  if (open && open.size >= MAX_PIPELINED) {
    socket.destroy();
    return false;
  }
  onExchangeEnd(exchange, () => {});
  return true;
}

/**
 * Calls `end` once, when the answer has gone out or its client has gone. Node emits no event for an answer that waits
 * behind another one when its connection closes.
 */
export function onExchangeEnd({ incoming: { socket }, outgoing }: Exchange, end: () => void): void {
  const open = openOn.get(socket) ?? watch(socket);
  const ends = open.get(outgoing);
  if (ends) {
    ends.push(end);
    return;
  }
  open.set(outgoing, [end]);
  if (socket.destroyed || outgoing.closed) finish(open, outgoing);
  else outgoing.once('close', () => finish(open, outgoing));
}

function watch(socket: Socket): Map<ServerResponse, (() => void)[]> {
  const open = new Map<ServerResponse, (() => void)[]>();
  openOn.set(socket, open);
  socket.once('close', () => {
    for (const outgoing of open.keys()) finish(open, outgoing);
  });
  return open;
}

function finish(open: Map<ServerResponse, (() => void)[]>, outgoing: ServerResponse): void {
  const ends = open.get(outgoing) ?? [];
  open.delete(outgoing);
  for (const end of ends) end();
}
