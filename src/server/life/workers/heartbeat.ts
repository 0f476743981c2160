/** The interval of heartbeats. */
const BEAT_MS = 2000;
/** Beats without an answer: ten seconds of a worker that answers calls. One that starts may read a model for a minute. */
const MAX_MISSED = 5;
const MAX_MISSED_STARTING = 30;

export interface Beating {
  /** Whether it answers calls. */
  readonly ready: boolean;
  /** Sends a ping; `Heartbeat.answered` is called for its answer. */
  ping(): void;
}

/**
 * Detects that a process no longer answers: it is stopped, or its event loop is blocked. Beats are counted, not time: a
 * pause of this process, or of the whole machine, uses up none of them.
 */
export class Heartbeat {
  readonly #beating: Beating;
  readonly #onSilent: (silentMs: number) => void;
  readonly #timer: NodeJS.Timeout;
  #missed = 0;

  /** @param onSilent called once */
  constructor(beating: Beating, onSilent: (silentMs: number) => void) {
    this.#beating = beating;
    this.#onSilent = onSilent;
    this.#timer = setInterval(() => this.beat(), BEAT_MS).unref();
  }

  answered(): void {
    this.#missed = 0;
  }

  /** Called at an interval. */
  beat(): void {
    if (this.#missed < (this.#beating.ready ? MAX_MISSED : MAX_MISSED_STARTING)) {
      this.#missed++;
      this.#beating.ping();
      return;
    }
    this.stop();
    this.#onSilent(this.#missed * BEAT_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
