import type { Http2Session } from 'node:http2';
import { Server as NetServer, type Socket } from 'node:net';
import type { Server } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { SharedLimits } from '../calls/connection-share.js';
import { describePeer } from '../net/listen.js';
import { type Caller, Connection, type ConnectionTimes, type CutReason } from './connection.js';
import { listeners } from './seams.js';

/** A connection that broke HTTP/2 is closed after the third check at the latest. */
const CHECK_MS = 250;

/** The HTTP/2 connections of a server. */
export class Connections {
  readonly #limits: SharedLimits;
  readonly #times: ConnectionTimes;
  readonly #log: Logger;
  readonly #open = new Set<Connection>();
  /** Closed ones too, as long as their session is in use. */
  readonly #bySession = new WeakMap<Http2Session, Connection>();
  readonly #sockets = new Set<Socket>();
  /** Since the last check: logged in one line for each reason. */
  readonly #cuts = new Map<CutReason, { readonly connections: number; readonly calls: number }>();
  #server: Server | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: SharedLimits, times: ConnectionTimes, log: Logger) {
    this.#limits = limits;
    this.#times = times;
    this.#log = log;
  }

  /**
   * The library's `forceShutdown` knows only the connections that it counts for channelz, and ends a socket without
   * closing it: a client that keeps its side open would keep this process alive. So sockets are kept here.
   *
   * @param server one that has just begun to listen
   */
  watch(server: Server): void {
    this.#server = server;
    for (const listener of listeners(server).keys()) {
      listener.on('connection', (socket: Socket) => {
        this.#sockets.add(socket);
        socket.once('close', () => this.#sockets.delete(socket));
      });
      listener.on('session', (session: Http2Session) => this.#add(session));
    }
    this.#timer = setInterval(() => this.#check(), CHECK_MS).unref();
  }

  /**
   * The caller of a call that begins. To be called once for each call.
   *
   * @param pairs of headers
   * @param session undefined where the call's stream has closed before anybody could look at it
   */
  begin(session: Http2Session | undefined, pairs: number): Caller {
    const connection = session && this.#bySession.get(session);
    if (!connection) return this.#unknownCaller();
    connection.begin(pairs);
    return connection;
  }

  /** The caller of a call that has begun. */
  callerOf(session: Http2Session | undefined): Caller {
    return (session && this.#bySession.get(session)) ?? this.#unknownCaller();
  }

  #unknownCaller(): Caller {
    const share = this.#limits.share();
    share.close();
    return { peer: describePeer(), share, calmDown: () => {}, noteLost: () => {} };
  }

  /** Stops listening, and sends all clients away. Resolves when they know. */
  async sendAway(): Promise<void> {
    if (!this.#server) return;
    // Node's HTTP/2 servers of today would close their sessions in the same moment.
    for (const listener of listeners(this.#server).keys()) NetServer.prototype.close.call(listener);
    await Promise.all([...this.#open].map((connection) => connection.sendAway('shutdown')));
  }

  /** Ends all calls that have no answer yet, and says why. */
  cutCalls(): void {
    for (const { share } of this.#open) for (const call of share.waiting) call.cutOff();
  }

  /** Ends all connections and stops listening. */
  cut(): void {
    clearInterval(this.#timer);
    if (!this.#server) return;
    for (const { sessions } of listeners(this.#server).values()) for (const session of sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
    this.#server.forceShutdown();
  }

  #add(session: Http2Session): void {
    const connection = new Connection(session, this.#limits.share(), this.#times, (...cut) => this.#count(...cut));
    this.#bySession.set(session, connection);
    this.#open.add(connection);
    session.once('close', () => {
      this.#open.delete(connection);
      connection.share.close();
    });
  }

  #check(): void {
    const nowMs = performance.now();
    for (const connection of this.#open) connection.check(nowMs);
    for (const [reason, { calls, connections }] of this.#cuts) {
      if (calls > 0) this.#log.warn({ reason, connections, calls }, 'calls cut with their connections');
    }
    this.#cuts.clear();
  }

  #count(reason: CutReason, calls: number): void {
    const cut = this.#cuts.get(reason) ?? { connections: 0, calls: 0 };
    this.#cuts.set(reason, { connections: cut.connections + 1, calls: cut.calls + calls });
  }
}
