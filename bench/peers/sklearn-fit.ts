/** Talks to bench/peers/fit.py: one Python process per interpreter, so that its start is not measured. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('fit.py', import.meta.url));

/** A table as files, for other processes. */
export interface TableFiles {
  readonly values: string;
  readonly labels: string;
  readonly rows: number;
}

export interface FitRequest extends TableFiles {
  /** What scikit-learn is handed: 32 bits, which it computes with, or 64, which it converts. */
  readonly type: 'float32' | 'float64';
  readonly settings: Readonly<Record<string, unknown>>;
  /** Fits in a row; the time is that of one. */
  readonly repeats: number;
}

export interface FitAnswer {
  readonly seconds: number;
  readonly accuracy: number;
  readonly leaves: number;
  readonly leafImpurity: number;
  readonly peakMB: number;
}

export interface ForestRequest extends Pick<FitRequest, 'labels' | 'rows' | 'settings' | 'type' | 'values'> {
  readonly trees: number;
}

export interface ForestAnswer {
  readonly seconds: number;
  readonly processorSeconds: number;
  /** Accuracy; null where it was not asked for. */
  readonly outOfBag: number | null;
  readonly nodes: number;
}

export class SklearnPeer {
  readonly python: string;
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;
  readonly #answers: AsyncIterator<string>;

  constructor(python: string) {
    this.python = python;
    this.#process = spawn(python, [SCRIPT], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, OMP_NUM_THREADS: '1' },
    });
    // A program that is not there shows as an answer that never comes: see #ask.
    this.#process.on('error', () => this.#lines.close());
    this.#process.stdin.on('error', () => {});
    this.#lines = createInterface(this.#process.stdout);
    this.#answers = this.#lines[Symbol.asyncIterator]();
  }

  /** undefined where there is no such Python, or it has no scikit-learn. */
  async version(): Promise<string | undefined> {
    return ((await this.#ask({})) as { version: string } | undefined)?.version;
  }

  async fit(request: FitRequest): Promise<FitAnswer> {
    return (await this.#answer(request)) as FitAnswer;
  }

  async fitForest(request: ForestRequest): Promise<ForestAnswer> {
    return (await this.#answer(request)) as ForestAnswer;
  }

  stop(): void {
    this.#process.stdin.end();
  }

  async #answer(request: object): Promise<unknown> {
    const answer = await this.#ask(request);
    if (answer === undefined) throw new Error(`${this.python} bench/peers/fit.py ended early`);
    return answer;
  }

  async #ask(request: object): Promise<unknown> {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#answers.next();
    return done ? undefined : JSON.parse(value);
  }
}

/** Every Python that has scikit-learn, by the release's name: PYTHON's first, then the system's. */
export async function findPeers(): Promise<{ name: string; python: string }[]> {
  const found: { name: string; python: string }[] = [];
  for (const python of new Set([process.env['PYTHON'] ?? 'python3', '/usr/bin/python3'])) {
    const peer = new SklearnPeer(python);
    const version = await peer.version();
    peer.stop();
    if (version === undefined) process.stderr.write(`fit: skipped ${python}, which has no scikit-learn\n`);
    else if (!found.some(({ name }) => name.endsWith(` ${version}`)))
      found.push({ name: `scikit-learn ${version}`, python });
  }
  return found;
}
