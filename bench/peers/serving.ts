import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, symlinkSync } from 'node:fs';
import { connect } from 'node:http2';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const proto = fileURLToPath(new URL('../../proto', import.meta.url));

const root = fileURLToPath(new URL('../..', import.meta.url));
const model = fileURLToPath(new URL('../../artifacts/iris.json', import.meta.url));

export const UNARY = '/ml.IrisPredictor/PredictIrisSpecies';
export const BATCH = '/inference.GRPCInferenceService/ModelInfer';
export const STREAM = '/ml.IrisPredictor/PredictIrisSpeciesStream';

/** How one side of the comparison is started, on a port that is free. */
export interface Side {
  readonly name: string;
  readonly start: () => Promise<Serving>;
}

/** A server that answers. */
export interface Serving {
  readonly port: number;
  /** From its start to its first answer. */
  readonly startMs: number;
  /** Calls that it says it has answered with OK. */
  readonly answered: () => Promise<number>;
  /** Resident memory of its processes, in MB. */
  readonly memory: () => number;
  readonly stop: () => Promise<void>;
}

/**
 * Lays the product out as it is shipped. IRIS_DIST is for a build elsewhere.
 *
 * @returns the program
 */
export function shippedCli(folder: string): string {
  cpSync(process.env['IRIS_DIST'] ?? join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  for (const part of ['artifacts', 'bin', 'oclif.manifest.json', 'package.json', 'proto']) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return join(folder, 'bin/run.js');
}

/**
 * What all sides are started with. Without what an environment may add to every start of Node, be it 40 ms for a bundle
 * of certificates. oclif takes a package of the same name in the working directory for the one that runs.
 */
function within(folder: string): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...env } = process.env;
  return { ...env, PWD: folder, OMP_NUM_THREADS: '1' };
}

/** As a user starts it: checks, metrics and logs are on. */
export function ours(cli: string, ...flags: string[]): Side {
  const start = async (): Promise<Serving> => {
    const metricsPort = await freePort();
    const serving = await launchOurs(cli, ['--metrics-port', `${metricsPort}`, ...flags]);
    return { ...serving, answered: () => countMetrics(metricsPort) };
  };
  return { name: ['iris', ...flags].join(' '), start };
}

/** Without metrics: it cannot say how many calls it has answered. */
export function oursAlone(cli: string): Side {
  return { name: 'iris', start: () => launchOurs(cli, []) };
}

async function launchOurs(cli: string, flags: readonly string[]): Promise<Serving> {
  const port = await freePort();
  return launch(process.execPath, [cli, 'serve', '--model', model, '--port', `${port}`, ...flags], port);
}

/**
 * @param reply the one it gives to a flower
 * @param batchReply a file: the one it gives to a batch
 */
export function bare(reply: object, batchReply: string): Side {
  const script = fileURLToPath(new URL('bare-server.mjs', import.meta.url));
  const start = async (): Promise<Serving> => {
    const port = await freePort();
    return launch(process.execPath, [script, JSON.stringify({ port, proto, reply, batchReply })], port);
  };
  return { name: 'bare grpc-js', start };
}

/** @throws Error when Python, scikit-learn or grpcio is missing */
export async function scikitLearn(): Promise<Side> {
  const python = process.env['PYTHON'] ?? 'python3';
  const versions =
    'import grpc, grpc_tools, sklearn; print(f"scikit-learn {sklearn.__version__}, grpcio {grpc.__version__}")';
  const child = spawn(python, ['-c', versions], { stdio: ['ignore', 'pipe', 'ignore'] });
  let name = '';
  child.stdout.on('data', (text) => {
    name += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${python} has no scikit-learn, grpcio or grpcio-tools`);
  const script = fileURLToPath(new URL('sklearn_server.py', import.meta.url));
  const start = async (): Promise<Serving> => {
    const port = await freePort();
    return launch(python, [script, `${port}`, proto], port);
  };
  return { name: name.trim(), start };
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** @throws Error when it ends, or does not answer within 30 s */
async function launch(command: string, args: readonly string[], port: number): Promise<Serving> {
  const begun = performance.now();
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd: tmpdir(), env: within(tmpdir()) });
  running.add(child);
  let errors = '';
  child.stderr.on('data', (text) => {
    errors = `${errors}${text}`.slice(-2000);
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      running.delete(child);
      resolve();
    });
  });
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`${args[0]} ended: ${errors}`);
    if (performance.now() - begun > 30_000) throw new Error(`${args[0]} does not answer: ${errors}`);
    await sleep(4);
  }
  const startMs = performance.now() - begun;
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    port,
    startMs,
    async answered() {
      child.stdin.write('\n');
      return Number((await lines.next()).value);
    },
    memory: () => residentMegabytes(child.pid!),
    async stop() {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(late);
    },
  };
}

/** A virginica, as it travels: no compression, four bytes of length, the message. */
export const flower = frame(
  Buffer.concat(
    [6.3, 3.3, 6, 2.5].map((value, index) => {
      const field = Buffer.alloc(9, ((index + 1) << 3) | 1);
      field.writeDoubleLE(value, 1);
      return field;
    }),
  ),
);

export function frame(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([head, message]);
}

/** Whether a call gets its reply now. */
async function answers(port: number): Promise<boolean> {
  const session = connect(`http://127.0.0.1:${port}`);
  try {
    const headers = { ':method': 'POST', ':path': UNARY, 'content-type': 'application/grpc', te: 'trailers' };
    session.on('error', () => {});
    const call = session.request(headers);
    call.end(flower);
    let bytes = 0;
    for await (const chunk of call) bytes += (chunk as Buffer).byteLength;
    return bytes > 5;
  } catch {
    return false;
  } finally {
    session.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function countMetrics(port: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const ok = text.matchAll(/^grpc_server_handled_total\{.*grpc_code="OK".*\} (\d+)/gm);
  return [...ok].reduce((sum, [, count]) => sum + Number(count), 0);
}

function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  const own = Number(/VmRSS:\s*(\d+) kB/.exec(status)?.[1]) / 1024;
  return children.reduce((sum, child) => sum + residentMegabytes(Number(child)), own);
}
