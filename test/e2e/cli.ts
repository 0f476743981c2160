import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The built command, as `npm run build` leaves it. */
export const IRIS = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string | Uint8Array;
}

/** The caller's environment without what would steer the command. */
function cleanEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('IRIS_') && !/_proxy$/i.test(name));
  return { ...Object.fromEntries(kept), NO_COLOR: '1', ...extra };
}

export function start(args: readonly string[], { cwd, env }: RunOptions = {}): ChildProcess {
  return spawn(process.execPath, [IRIS, ...args], { cwd, env: cleanEnvironment(env), stdio: 'pipe' });
}

/** Runs `iris` to its end. */
export async function iris(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const child = start(args, options);
  child.stdin?.on('error', () => {}); // a command that fails early closes its input
  child.stdin?.end(options.input ?? '');
  const exit = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  const [code] = (await exit) as [number | null];
  return { code, stdout, stderr };
}

export interface RunningServer {
  readonly port: number;
  readonly child: ChildProcess;
  /** What it wrote on stderr so far. */
  log(): string;
  /** Sends SIGTERM and resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** Starts `iris serve` on a free port and resolves once it is ready. */
export async function serve(args: readonly string[] = [], options: RunOptions = {}): Promise<RunningServer> {
  const child = start(['serve', '--port', '0', ...args], options);
  const closed = once(child, 'close');
  let log = '';
  const port = await new Promise<number>((resolve, reject) => {
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      log += chunk;
      const ready = /"port":(\d+)[^\n]*"msg":"ready"|"msg":"ready"[^\n]*"port":(\d+)/.exec(log);
      if (ready) resolve(Number(ready[1] ?? ready[2]));
    });
    closed.then(([code]) => reject(new Error(`the server ended with ${code}: ${log}`)), reject);
  });
  return {
    port,
    child,
    log: () => log,
    async stop() {
      child.kill('SIGTERM');
      const [code] = (await closed) as [number | null];
      return code;
    },
  };
}
