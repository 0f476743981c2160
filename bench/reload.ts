/** Reloading: how long health and infer calls wait meanwhile, against the same calls to the same server left alone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type ClientHttp2Session, connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { largeModelParts, NODES_PER_MB } from './peers/large-model.js';
import type { Row } from './row.js';

const { assembleModel, serializeModel }: typeof import('../src/formats/iris-json/format.js') = await import(
  new URL('../dist/formats/iris-json/format.js', import.meta.url).href
);

export const title =
  'reload: the longest wait of a call while a model is read; ratios below 1 are waits that are longer';

/** The longest waits of one spell, milliseconds. */
interface Waits {
  health: number;
  infer: number;
}

/** Either has many spells: what else the machine does must not count, so the middle one is taken. */
export async function run({ short }: { short: boolean }): Promise<Row[]> {
  const rows: Row[] = [];
  for (const megabytes of short ? [6] : [6, 64]) rows.push(...(await measure(megabytes, short ? 3 : 7)));
  return rows;
}

async function measure(megabytes: number, rounds: number): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'iris-bench-reload-'));
  const nodes = 2 * Math.floor((megabytes * NODES_PER_MB) / 2) + 1;
  const texts = [1, 2].map((seed) => serializeModel(assembleModel(largeModelParts(nodes, seed))));
  const path = join(folder, 'model.json');
  const put = (round: number) => {
    writeFileSync(`${path}.next`, texts[round % 2]!);
    renameSync(`${path}.next`, path);
  };
  put(0);
  const server = await Server.start(path);
  try {
    const quiet: Waits[] = [];
    const reloading: Waits[] = [];
    await server.waitsOf(() => sleep(2000));
    for (let round = 1; round <= rounds; round++) {
      put(round);
      const started = performance.now();
      reloading.push(await server.waitsOf(() => server.reload()));
      const ms = performance.now() - started;
      quiet.push(await server.waitsOf(() => sleep(ms)));
    }
    return [row('health', megabytes, quiet, reloading), row('infer', megabytes, quiet, reloading)];
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

function row(call: keyof Waits, megabytes: number, quiet: readonly Waits[], reloading: readonly Waits[]): Row {
  const ours = middle(reloading.map((waits) => waits[call]));
  const theirs = middle(quiet.map((waits) => waits[call]));
  const ratios = reloading.map((waits, round) => quiet[round]![call] / waits[call]).sort((a, b) => a - b);
  return {
    what: `longest wait of ${call}, ${megabytes} MB read meanwhile`,
    ours,
    peer: 'no reload',
    theirs,
    unit: `ms (${(ours - theirs).toFixed(1)} more)`,
    ratio: theirs / ours,
    spread: [ratios[0]!, ratios.at(-1)!],
    goal: '≤ 50 more',
  };
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

const PATHS = { health: '/grpc.health.v1.Health/Check', infer: '/ml.IrisPredictor/PredictIrisSpecies' };
const HEADERS = { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' };
/** Between calls: one after the other would be a load of its own. */
const PAUSE_MS = 2;

/** The built command, and a connection that asks it. */
class Server {
  readonly #child;
  readonly #lines;
  readonly #session: ClientHttp2Session;

  private constructor(child: ReturnType<typeof spawnServer>, lines: AsyncIterator<string>, port: number) {
    this.#child = child;
    this.#lines = lines;
    this.#session = connect(`http://127.0.0.1:${port}`);
  }

  static async start(model: string): Promise<Server> {
    const child = spawnServer(model);
    const lines = createInterface(child.stderr)[Symbol.asyncIterator]();
    const { port } = await lineWith(lines, 'ready');
    return new Server(child, lines, Number(port));
  }

  async reload(): Promise<void> {
    this.#child.kill('SIGHUP');
    await lineWith(this.#lines, 'model reloaded');
  }

  /** The longest waits of calls that begin while `work` goes on. */
  async waitsOf(work: () => Promise<unknown>): Promise<Waits> {
    const waits = { health: 0, infer: 0 };
    let working = true;
    const asking = (async () => {
      while (working) {
        waits.health = Math.max(waits.health, await this.#ask(PATHS.health, Buffer.alloc(0)));
        waits.infer = Math.max(waits.infer, await this.#ask(PATHS.infer, FLOWER));
        await sleep(PAUSE_MS);
      }
    })();
    await work();
    working = false;
    await asking;
    return waits;
  }

  async stop(): Promise<void> {
    this.#session.close();
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }

  async #ask(path: string, message: Buffer): Promise<number> {
    const started = performance.now();
    const stream = this.#session.request({ ...HEADERS, ':path': path });
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    stream.resume().end(Buffer.concat([head, message]));
    await once(stream, 'close');
    return performance.now() - started;
  }
}

function spawnServer(model: string) {
  const cli = fileURLToPath(new URL('../bin/run.js', import.meta.url));
  return spawn(process.execPath, [cli, 'serve', '--model', model, '--port', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

async function lineWith(lines: AsyncIterator<string>, message: string): Promise<Record<string, unknown>> {
  for (;;) {
    const { done, value } = await lines.next();
    if (done) throw new Error(`the server ended before it said: ${message}`);
    const line = JSON.parse(value);
    if (line.msg === message) return line;
    if (line.level >= 50) throw new Error(value);
  }
}

/** Four doubles, fields 1 to 4. */
const FLOWER = Buffer.concat(
  [5, 3.6, 1.3, 0.25].map((value, index) => {
    const field = Buffer.alloc(9);
    field[0] = ((index + 1) << 3) | 1;
    field.writeDoubleLE(value, 1);
    return field;
  }),
);
