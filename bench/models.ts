/** Many models in one server, against one model in the same server: what start, memory and a look-up cost. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { largeModelParts } from './peers/large-model.js';
import type { Row } from './row.js';

const dist = (path: string) => new URL(`../dist/${path}`, import.meta.url).href;
const { assembleModel, serializeModel }: typeof import('../src/formats/iris-json/format.js') = await import(
  dist('formats/iris-json/format.js')
);
const { ModelTable }: typeof import('../src/server/models/model-table.js') = await import(
  dist('server/models/model-table.js')
);

export const title = 'models: a thousand models of 5 KB in one server, against one; ratios below 1 are what they cost';

/** About 5 KB. */
const NODES = 31;
const MODELS = 1000;
const LOOK_UPS = 1_000_000;

export async function run({ short }: { short: boolean }): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'iris-bench-models-'));
  try {
    const [one, many] = [join(folder, 'one'), join(folder, 'many')];
    for (let index = 0; index < MODELS; index++) {
      const text = serializeModel(assembleModel(largeModelParts(NODES, index + 1)));
      put(many, `model-${index}`, text);
      if (index === 0) put(one, 'model-0', text);
    }
    const pairs: [Started, Started][] = [];
    for (let round = 0; round < (short ? 2 : 5); round++) pairs.push([await start(many), await start(one)]);
    const lookUps = Array.from({ length: short ? 2 : 5 }, () => [lookUp(MODELS), lookUp(1)] as const);
    const numbers = (of: (started: Started) => number) =>
      pairs.map(([ours, theirs]) => [of(ours), of(theirs)] as const);
    return [
      row(
        'start',
        'ms',
        numbers(({ startMs }) => startMs),
        '≤ 1500 ms',
      ),
      row(
        'memory',
        'MB',
        numbers(({ memoryMb }) => memoryMb),
        '≤ 40 MB more',
      ),
      row('look-up', 'ns', lookUps, '≤ 500 ns'),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function put(folder: string, name: string, text: string): void {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, '1.json'), text);
}

interface Started {
  readonly startMs: number;
  readonly memoryMb: number;
}

async function start(folder: string): Promise<Started> {
  const cli = fileURLToPath(new URL('../bin/run.js', import.meta.url));
  const child = spawn(process.execPath, [cli, 'serve', '--models', folder, '--port', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const startMs = await readyMs(child);
  const memoryMb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1024;
  child.kill('SIGTERM');
  await once(child, 'exit');
  return { startMs, memoryMb };
}

async function readyMs(child: ChildProcess): Promise<number> {
  for await (const line of createInterface({ input: child.stderr! })) {
    const { msg, readyMs } = JSON.parse(line);
    if (msg === 'ready') return readyMs;
  }
  throw new Error('the server ended before it was ready');
}

/** Nanoseconds of one, of models by turns. */
function lookUp(models: number): number {
  const served = { model: assembleModel(largeModelParts(NODES)) } as never;
  const table = new ModelTable('model-0');
  const names = Array.from({ length: models }, (_, index) => `model-${index}`);
  for (const name of names) table.set({ name, served: [served], standard: served, aliases: new Map(), problems: [] });
  const started = performance.now();
  for (let index = 0; index < LOOK_UPS; index++) table.find(names[index % models]!, '');
  return ((performance.now() - started) * 1e6) / LOOK_UPS;
}

function row(what: string, unit: string, pairs: readonly (readonly [number, number])[], goal: string): Row {
  const ratios = pairs.map(([ours, theirs]) => theirs / ours).sort((a, b) => a - b);
  return {
    what: `${what}, ${MODELS} models`,
    ours: middle(pairs.map(([ours]) => ours)),
    peer: 'one model',
    theirs: middle(pairs.map(([, theirs]) => theirs)),
    unit,
    ratio: middle(ratios),
    spread: [ratios[0]!, ratios.at(-1)!],
    goal,
  };
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
