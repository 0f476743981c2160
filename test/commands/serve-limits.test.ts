import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { IRIS, iris } from '../e2e/cli.js';
import { afterTest } from '../server/serving.js';

/** Starts `iris serve` with so few files that it may have open. */
function serveWithin(files: number, args: readonly string[]) {
  const command = ['-c', `ulimit -n ${files}; exec "$0" "$@"`, process.execPath, IRIS, 'serve', '--port', '0', ...args];
  const child = spawn('sh', command, { stdio: ['ignore', 'ignore', 'pipe'] });
  afterTest(() => child.kill('SIGKILL'));
  return { child, closed: once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]> };
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  afterTest(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

describe.skipIf(process.platform === 'win32')('a server that may open few files', () => {
  it('ends with 69 and names the limit where it cannot start its workers', async () => {
    const { child, closed } = serveWithin(80, ['--workers', '64']);
    const [stderr, [code]] = await Promise.all([text(child.stderr), closed]);
    expect(code).toBe(69);
    expect(stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'))).toEqual([
      'a worker cannot be started: the limit of open files is reached (ulimit -n): raise it',
    ]);
  });

  it.each([
    ['one process', []],
    ['workers', ['--workers', '2']],
  ])('outlives more connections than that: %s', async (_, workers) => {
    const { child, closed } = serveWithin(64, ['--metrics-port', '0', ...workers]);
    let log = '';
    while (!log.includes('"ready"')) log += (await once(child.stderr, 'data'))[0];
    const port = Number(/"address":"127\.0\.0\.1:(\d+)"/.exec(log)?.[1]);
    child.stderr.resume();
    const sockets = await Promise.all(Array.from({ length: 100 }, () => open(port)));
    // Those that are beyond the limit wait in the system; one that was taken and goes makes room for another.
    for (const socket of sockets) socket.destroy();
    expect(await iris(['health', '--port', String(port), '--timeout', '30s'])).toMatchObject({ code: 0 });
    child.kill('SIGTERM');
    expect(await closed).toEqual([0, null]);
  });
});
