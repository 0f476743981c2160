/** Serving, each row in one run with sides alternating: a bare server of the same library, and scikit-learn behind grpcio. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bare, ours, oursAlone, type Serving, type Side, scikitLearn, shippedCli } from './peers/serving.js';
import {
  askBatch,
  askFlower,
  batch,
  encodeBatchReply,
  Generator,
  type Load,
  stream,
  unary,
} from './peers/serving-load.js';
import type { Row } from './row.js';

export const title = 'serve: gRPC under load; replies decoded before and after, calls counted by each side';

/** How much is measured. */
interface Plan {
  readonly rounds: number;
  /** Calls of one round: ours and the bare server's, and scikit-learn's. */
  readonly unaryCalls: readonly [fast: number, slow: number];
  readonly batchCalls: number;
  readonly streamCalls: number;
  /** After which memory is read. */
  readonly memoryCalls: number;
  readonly secondsAtHalfRate: number;
  readonly manyCalls: number;
  readonly secondsOfWorkers: number;
}

const LONG: Plan = {
  rounds: 9,
  unaryCalls: [16_000, 2_000],
  batchCalls: 300,
  streamCalls: 80,
  memoryCalls: 100_000,
  secondsAtHalfRate: 3,
  manyCalls: 1_000_000,
  secondsOfWorkers: 2,
};

const SHORT: Plan = {
  rounds: 3,
  unaryCalls: [4_000, 1_000],
  batchCalls: 60,
  streamCalls: 16,
  memoryCalls: 8_000,
  secondsAtHalfRate: 1,
  manyCalls: 0,
  secondsOfWorkers: 1,
};

/** A side, and what has been measured of it, round by round. */
interface Runner {
  readonly side: Side;
  readonly goals: Goals;
  readonly slow: boolean;
  serving: Serving;
}

interface Goals {
  readonly unary: string;
  readonly batch: string;
  readonly start: string;
  readonly idle: string;
  readonly loaded: string;
}

const BARE_GOALS: Goals = { unary: '≥ 1', batch: '≥ 0.8', start: '≥ 0.85', idle: '≥ 0.71', loaded: '≥ 0.71' };
const PYTHON_GOALS: Goals = { unary: '≥ 6', batch: '≥ 1.2', start: '≥ 2.5', idle: '≥ 1', loaded: '≥ 1' };

export async function run({ short }: { short: boolean }): Promise<Row[]> {
  const plan = short ? SHORT : LONG;
  const folder = mkdtempSync(join(tmpdir(), 'iris-bench-'));
  const runners: Runner[] = [];
  try {
    const generator = new Generator(folder);
    const load = batch(irisRows(10_000), 'class_index');
    const cli = shippedCli(folder);
    const sides = await findSides(cli, folder, load);
    const started = await coldStarts(oursAlone(cli), sides, plan, runners);
    const [us, ...peers] = runners as [Runner, ...Runner[]];
    const idle = memoryRows('memory, idle', us, peers, 'idle');
    await checkReplies(runners, load);
    const before = await Promise.all(runners.map(({ serving }) => serving.answered()));
    const unaryRows = await compare('unary', us, peers, plan, generator, unary, 'unary');
    const peak = Math.min(
      ...unaryRows.filter(({ peer }) => peer === 'bare grpc-js').flatMap((row) => [row.ours, row.theirs]),
    );
    for (const { serving } of runners) {
      const left = plan.memoryCalls - (generator.sent.get(serving) ?? 0);
      if (left > 0) await generator.send(serving, unary, left);
    }
    const loaded = memoryRows(`memory after ${plan.memoryCalls} calls`, us, peers, 'loaded');
    const rows = [
      ...unaryRows,
      await latencyRow(us, peers.find(({ slow }) => !slow)!, plan, generator, peak / 2),
      ...(await compare('batches of 10000 rows', us, peers, plan, generator, load, 'batch')),
      await streamRow(us, plan, generator),
      ...started,
      ...idle,
      ...loaded,
      ...(plan.manyCalls > 0 ? [await flatRow(us, plan, generator)] : []),
    ];
    await checkReplies(runners, load);
    await checkCounts(runners, before, generator);
    return [...rows, ...(await workerRows(cli, us, plan, generator))];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    process.stderr.write('serve: skipped, there is no h2load (of nghttp2)\n');
    return [];
  } finally {
    await Promise.all(runners.map(({ serving }) => serving.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

type Unstarted = Omit<Runner, 'serving'>;

/** The bare server gives the replies that ours gives. */
async function findSides(cli: string, folder: string, load: Load): Promise<Unstarted[]> {
  const first = await ours(cli).start();
  const batchReply = join(folder, 'batch-reply');
  const reply = await askFlower(first);
  writeFileSync(batchReply, encodeBatchReply((await askBatch(first, load)).reply));
  await first.stop();
  const sides: Unstarted[] = [
    { side: ours(cli), goals: BARE_GOALS, slow: false },
    { side: bare(reply, batchReply), goals: BARE_GOALS, slow: false },
  ];
  try {
    sides.push({ side: await scikitLearn(), goals: PYTHON_GOALS, slow: true });
  } catch (error) {
    process.stderr.write(`serve: skipped scikit-learn: ${(error as Error).message}\n`);
  }
  return sides;
}

/**
 * Starts every side several times; the last ones stay, in `runners`.
 *
 * @param alone ours without metrics, as the others are
 */
async function coldStarts(alone: Side, sides: readonly Unstarted[], plan: Plan, runners: Runner[]): Promise<Row[]> {
  const times = [alone, ...sides].map((): number[] => []);
  for (let round = 0; round <= plan.rounds; round++) {
    for (const [index, { start }] of [alone, ...sides.map(({ side }) => side)].entries()) {
      const serving = await start();
      if (round > 0) times[index]!.push(serving.startMs);
      const side = sides[index - 1];
      if (side && round === plan.rounds) runners.push({ ...side, serving });
      else await serving.stop();
    }
  }
  await sleep(1000);
  const [aloneMs, withMetricsMs, ...theirs] = times as [number[], number[], ...number[][]];
  return sides
    .slice(1)
    .flatMap(({ goals, side }, index) => [
      row('cold start to first answer', side.name, 'ms', goals.start, 'less', aloneMs, theirs[index]!),
      row('cold start with metrics', side.name, 'ms', goals.start, 'less', withMetricsMs, theirs[index]!),
    ]);
}

async function checkReplies(runners: readonly Runner[], load: Load): Promise<void> {
  const expected = (await askBatch(runners[0]!.serving, load)).classes;
  for (const { serving, side } of runners) {
    const { species } = await askFlower(serving);
    const { classes } = await askBatch(serving, load);
    // Trained on other rows, a tree disagrees about a few flowers.
    const same = classes.filter((found, index) => found === expected[index]).length;
    if (species !== 2 || classes.length !== expected.length || same < classes.length * 0.9) {
      throw new Error(`${side.name}: species ${species}, and ${same} of ${classes.length} classes as expected`);
    }
  }
}

async function checkCounts(runners: readonly Runner[], before: readonly number[], { sent }: Generator): Promise<void> {
  for (const [index, { serving, side }] of runners.entries()) {
    // Two of them asked for the replies.
    const answered = (await serving.answered()) - before[index]! - (index === 0 ? 3 : 2);
    if (answered !== sent.get(serving)) {
      throw new Error(`${side.name}: answered ${answered} calls of ${sent.get(serving)}`);
    }
  }
}

async function compare(
  what: string,
  us: Runner,
  peers: readonly Runner[],
  plan: Plan,
  generator: Generator,
  load: Load,
  goal: 'unary' | 'batch',
): Promise<Row[]> {
  const runners = [us, ...peers];
  const rates = runners.map((): number[] => []);
  for (let round = 0; round <= plan.rounds; round++) {
    for (const [index, { serving, slow }] of runners.entries()) {
      const calls = goal === 'unary' ? plan.unaryCalls[slow ? 1 : 0] : plan.batchCalls;
      const { perSecond } = await generator.send(serving, load, calls);
      // In the first round code is compiled.
      if (round > 0) rates[index]!.push(perSecond);
    }
  }
  const unit = goal === 'unary' ? 'calls/s' : 'rows/s';
  return peers.map(({ goals, side }, index) =>
    row(what, side.name, unit, goals[goal], 'more', rates[0]!, rates[index + 1]!),
  );
}

async function latencyRow(us: Runner, peer: Runner, plan: Plan, generator: Generator, rate: number): Promise<Row> {
  const [own, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < plan.rounds; round++) {
    for (const [{ serving }, times] of [
      [us, own],
      [peer, theirs],
    ] as const) {
      times.push((await generator.send(serving, unary, Math.round(rate * plan.secondsAtHalfRate), rate)).p99);
    }
  }
  return row(`p99 of unary at ${Math.round(rate)} calls/s`, peer.side.name, 'ms', '≥ 0.5', 'less', own, theirs);
}

async function streamRow({ serving }: Runner, plan: Plan, generator: Generator): Promise<Row> {
  const [streamed, single]: [number[], number[]] = [[], []];
  for (let round = 0; round <= plan.rounds; round++) {
    const messages = (await generator.send(serving, stream, plan.streamCalls)).perSecond;
    const calls = (await generator.send(serving, unary, plan.unaryCalls[0])).perSecond;
    if (round === 0) continue;
    streamed.push(messages);
    single.push(calls);
  }
  return row(`streams of ${stream.size} messages`, 'our unary', 'messages/s', '≥ 5', 'more', streamed, single);
}

async function flatRow({ serving }: Runner, plan: Plan, generator: Generator): Promise<Row> {
  const step = plan.manyCalls / 10;
  const memory: number[] = [];
  for (let sent = 0; sent < plan.manyCalls; sent += step) {
    await generator.send(serving, unary, step);
    memory.push(serving.memory());
  }
  const [early, late] = [memory.slice(0, 5), memory.slice(5)];
  return row(`memory over ${plan.manyCalls} calls`, 'its first half', 'MB', '≥ 0.9', 'less', late, early);
}

/** Two workers against one: with many small calls the client needs a processor too, with paths it hardly does. */
async function workerRows(cli: string, us: Runner, plan: Plan, generator: Generator): Promise<Row[]> {
  const two = await ours(cli, '--workers', '2').start();
  try {
    const paths = batch(irisRows(500), 'decision_path');
    const rows: Row[] = [];
    for (const [what, load, calls] of [
      ['unary, two workers', unary, plan.unaryCalls[0]],
      ['paths of 500 rows, two workers', { ...paths, clients: 8 }, plan.batchCalls],
    ] as const) {
      const [both, one]: [number[], number[]] = [[], []];
      // Each worker compiles its own code.
      for (const serving of [two, us.serving]) await generator.send(serving, load, 2 * calls);
      for (let round = 0; round < plan.rounds; round++) {
        both.push(await generator.sendFor(two, load, plan.secondsOfWorkers));
        one.push(await generator.sendFor(us.serving, load, plan.secondsOfWorkers));
      }
      rows.push(row(what, 'one worker', load === unary ? 'calls/s' : 'rows/s', '≥ 1.6', 'more', both, one));
    }
    return rows;
  } finally {
    await two.stop();
  }
}

function memoryRows(what: string, us: Runner, peers: readonly Runner[], goal: 'idle' | 'loaded'): Row[] {
  const own = us.serving.memory();
  return peers.map(({ goals, serving, side }) =>
    row(what, side.name, 'MB', goals[goal], 'less', [own], [serving.memory()]),
  );
}

function row(
  what: string,
  peer: string,
  unit: string,
  goal: string,
  better: 'more' | 'less',
  own: readonly number[],
  theirs: readonly number[],
): Row {
  const ratios = own.map((value, round) => (better === 'more' ? value / theirs[round]! : theirs[round]! / value));
  const spread = [Math.min(...ratios), Math.max(...ratios)] as const;
  return { what, ours: median(own), peer, theirs: median(theirs), unit, ratio: median(ratios), spread, goal };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((x, y) => x - y);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The 150 flowers in turn. */
function irisRows(rowCount: number): Float64Array {
  const lines = readFileSync(new URL('../data/iris.csv', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .slice(1);
  const flowers = lines.map((line) => line.split(',').slice(0, 4).map(Number));
  return Float64Array.from({ length: rowCount * 4 }, (_, at) => flowers[(at >> 2) % flowers.length]![at & 3]!);
}
