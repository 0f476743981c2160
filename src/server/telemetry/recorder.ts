import type { Logger } from 'pino';
import { type Answers, type Classifier, withAnswers } from '../../model/classifier.js';
import type { Model } from '../../model/model.js';
import { nextTurn } from '../calls/turns.js';
import type { Instrument } from '../models/served-model.js';
import { type LineWriter, lineWriter } from './record-line.js';

/** Values that wait to be written, in all rows together: 8 MB. What comes beyond is dropped. */
const MOST_WAITING_VALUES = 2 ** 20;
/** How long rows are gathered before they are written. */
const GATHER_MS = 100;
/** A write that is larger is divided: about a millisecond's work. */
const PIECE_CHARACTERS = 64 * 1024;

/** Where lines go to. */
export interface RecordSink {
  /** Resolves when they are written; rejects with why they are not. */
  write(lines: Buffer): Promise<void>;
}

/** Rows that were to be recorded. */
export interface RecordCounts {
  readonly written: number;
  readonly dropped: number;
}

export interface RecorderOptions {
  readonly sink: RecordSink;
  /** Of the rows that are predicted, above 0 and at most 1. */
  readonly share: number;
  readonly log: Logger;
  /** From 0, below 1. */
  readonly random?: () => number;
}

/** Rows that wait. */
interface Taken {
  readonly rows: Float64Array;
  readonly width: number;
  readonly writeLine: LineWriter;
  readonly timeMs: number;
  /** Values that are written already. */
  done: number;
}

/**
 * Records a share of the rows that are predicted, whichever service they come through: a call copies its rows, all else is
 * done between calls. Rows for which there is no room, or that cannot be written, are dropped and counted.
 * Why: docs/decisions/rows-are-recorded-beside-calls.md
 */
export class Recorder {
  readonly #sink: RecordSink;
  readonly #log: Logger;
  readonly #nextSkip: () => number;
  /** Rows that pass before the next one that is taken. */
  #skip: number;
  #waiting: Taken[] = [];
  #waitingValues = 0;
  #written = 0;
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  /** Whether the last write failed: the failure is logged once. */
  #failing = false;

  constructor({ log, random = Math.random, share, sink }: RecorderOptions) {
    this.#sink = sink;
    this.#log = log;
    this.#nextSkip = skips(share, random);
    this.#skip = this.#nextSkip();
  }

  get counts(): RecordCounts {
    return { written: this.#written, dropped: this.#dropped };
  }

  /** Adds this recorder to the options of a server, below other instruments: it predicts rows again, which does not count. */
  observe<Options extends object>(options: Options & { readonly instrument?: Instrument | undefined }): Options {
    const { instrument: outer = (same) => same } = options;
    const instrument: Instrument = (classifier, model, name) =>
      outer(this.#recorded(classifier, model, name), model, name);
    return { ...options, instrument };
  }

  /** The same classifier, recorded. */
  #recorded(classifier: Classifier, model: Model, name: string): Classifier {
    const width = model.features.length;
    const writeLine = lineWriter(classifier, name, model.version);
    const answerInto = (rows: Float64Array, rowCount: number, answers: Answers): void => {
      classifier.answerInto(rows, rowCount, answers);
      if (this.#skip < rowCount) this.#sample(rows, rowCount, width, writeLine);
      else this.#skip -= rowCount;
    };
    return withAnswers(classifier, answerInto);
  }

  /** Writes what waits. To be called when no more rows are predicted. */
  async close(): Promise<void> {
    do await this.#write();
    while (this.#waiting.length > 0);
    const { dropped, written } = this.counts;
    if (dropped > 0) this.#log.warn({ written, dropped }, 'rows dropped that were to be recorded');
  }

  /** Takes rows, those in a row at once. */
  #sample(rows: Float64Array, rowCount: number, width: number, writeLine: LineWriter): void {
    const timeMs = Date.now();
    let start = this.#skip;
    while (start < rowCount) {
      let end = start + 1;
      let skip = this.#nextSkip();
      while (skip === 0 && end < rowCount) {
        end++;
        skip = this.#nextSkip();
      }
      this.#take({ rows: rows.subarray(start * width, end * width), width, writeLine, timeMs, done: 0 });
      start = end + skip;
    }
    this.#skip = start - rowCount;
  }

  #take(taken: Taken): void {
    const { rows, width } = taken;
    const free = this.#waitingValues === 0 ? rows.length : MOST_WAITING_VALUES - this.#waitingValues;
    const values = Math.min(rows.length, Math.floor(Math.max(0, free) / width) * width);
    this.#dropped += (rows.length - values) / width;
    if (values === 0) return;
    this.#waiting.push({ ...taken, rows: rows.slice(0, values) });
    this.#waitingValues += values;
    if (this.#waitingValues > MOST_WAITING_VALUES / 2) void this.#write();
    else this.#timer ??= setTimeout(() => this.#gathered(), GATHER_MS).unref();
  }

  /** Also during a write that takes longer than rows are gathered: the next row needs a time of its own. */
  #gathered(): void {
    this.#timer = undefined;
    void this.#write();
  }

  /** One at a time; resolves when nothing waits. Never rejects. */
  #write(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#waiting.length > 0) {
      const taken = this.#waiting;
      this.#waiting = [];
      await this.#writeTaken(taken);
    }
  }

  async #writeTaken(taken: readonly Taken[]): Promise<void> {
    for (let next = 0; next < taken.length; ) {
      await nextTurn();
      const { lines, rowCount } = this.#nextPiece(taken, next);
      while (next < taken.length && taken[next].done === taken[next].rows.length) next++;
      try {
        await this.#sink.write(lines);
        this.#written += rowCount;
        this.#failing = false;
      } catch (error) {
        this.#dropped += rowCount;
        if (!this.#failing) this.#log.error({ reason: (error as Error).message }, 'rows cannot be recorded');
        this.#failing = true;
      }
    }
  }

  #nextPiece(taken: readonly Taken[], next: number): { readonly lines: Buffer; readonly rowCount: number } {
    let lines = '';
    let rowCount = 0;
    for (let at = next; at < taken.length && lines.length < PIECE_CHARACTERS; at++) {
      const one = taken[at];
      const { rows, timeMs, width, writeLine } = one;
      for (; one.done < rows.length && lines.length < PIECE_CHARACTERS; one.done += width) {
        lines += writeLine(rows, one.done, timeMs);
        this.#waitingValues -= width;
        rowCount++;
      }
    }
    return { lines: Buffer.from(lines), rowCount };
  }
}

/** How many rows to pass until the next one, where each is taken with the same probability: a geometric distribution. */
function skips(share: number, random: () => number): () => number {
  if (share >= 1) return () => 0;
  const scale = Math.log1p(-share);
  return () => Math.floor(Math.log1p(-random()) / scale);
}
