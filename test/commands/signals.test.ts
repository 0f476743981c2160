import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, start } from '../e2e/cli.js';
import { afterTest, flower, TestClient } from '../server/serving.js';
import { linesOf, serveForTest } from './serving-lines.js';

let folder: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-signals-'));
  // Tells at the end whether a debugger listens.
  const hook = join(folder, 'hook.cjs');
  await writeFile(
    hook,
    `process.on('exit', () => console.error(JSON.stringify({ msg: 'debugger', url: require('node:inspector').url() ?? null })));`,
  );
  // Workers take the ports above.
  env = { NODE_OPTIONS: `--require ${hook} --inspect-port=${20_000 + (process.pid % 10_000)}` };
});

afterAll(() => rm(folder, { recursive: true }));

const pidsOf = (server: RunningServer) => [
  server.child.pid!,
  ...linesOf(server).flatMap(({ msg, pid }) => (msg === 'worker forked' ? [Number(pid)] : [])),
];

async function answers({ port }: RunningServer): Promise<void> {
  // A connection for each worker, in turn.
  for (let connection = 0; connection < 2; connection++) {
    const reply = await new TestClient(`127.0.0.1:${port}`).call('iris', 'PredictIrisSpecies', flower);
    expect(reply).toMatchObject({ species_name: 'setosa' });
  }
}

describe.skipIf(process.platform === 'win32')('a server', () => {
  it.each([
    ['one process', 1],
    ['workers', 2],
  ])('opens no debugger at SIGUSR1 and goes on at SIGUSR2: %s', async (_, workers) => {
    const server = await serveForTest(['--workers', String(workers), '--log-level', 'debug'], { env });
    const pids = pidsOf(server);
    expect(pids).toHaveLength(workers === 1 ? 1 : 1 + workers);
    for (const signal of ['SIGUSR1', 'SIGUSR2']) {
      for (const pid of pids) process.kill(pid, signal);
      await answers(server);
    }
    expect(await server.stop()).toBe(0);
    expect(linesOf(server).filter(({ msg }) => msg === 'debugger')).toEqual(
      pids.map(() => ({ msg: 'debugger', url: null })),
    );
    expect(linesOf(server).map(({ msg }) => msg)).not.toContain('worker died');
  });
});

describe.skipIf(process.platform === 'win32')('a command', () => {
  it('opens no debugger at SIGUSR1', async () => {
    const child = start(['train', '--data', '-', '--out', join(folder, 'never.json')], { env });
    afterTest(() => child.kill('SIGKILL'));
    let told = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    const closed = once(child, 'close');
    // It reads, so it has begun.
    await new Promise((resolve) => child.stdin!.write(`size,kind\n${'1,a\n'.repeat(200_000)}`, resolve));
    child.kill('SIGUSR1');
    await new Promise((resolve) => child.stdin!.write('2,b\n'.repeat(200_000), resolve));
    child.kill('SIGTERM');
    expect(await closed).toEqual([130, null]);
    expect(told).toBe('interrupted\n{"msg":"debugger","url":null}\n');
  });
});
