import { once } from 'node:events';
import { type RunningServer, type RunOptions, serve } from '../e2e/cli.js';
import { afterTest } from '../server/serving.js';

/** A server that does not outlive a test that fails. */
export async function serveForTest(args: readonly string[] = [], options: RunOptions = {}): Promise<RunningServer> {
  const server = await serve(args, options);
  afterTest(() => server.child.kill('SIGKILL'));
  return server;
}

export interface Line {
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** The log of a server that runs, as far as it is written. */
export function linesOf(server: RunningServer): Line[] {
  const whole = server.log().slice(0, server.log().lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** Resolves with all lines of this message once there are `count`. */
export async function untilLogged(server: RunningServer, message: string, count = 1): Promise<Line[]> {
  while (true) {
    const found = linesOf(server).filter(({ msg }) => msg === message);
    if (found.length >= count) return found;
    await once(server.child.stderr!, 'data');
  }
}

/** What the ready line says. */
export function readyLine(server: RunningServer): Line {
  return linesOf(server).find(({ msg }) => msg === 'ready')!;
}
