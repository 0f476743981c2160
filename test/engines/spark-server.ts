import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ROOT } from '../e2e/cli.js';
import { freePort } from './postgres-server.js';

const library = join(ROOT, 'node_modules/.cache/engines/python/lib');

/** Where `test/engines/install --spark` has Spark; undefined where it is not installed. */
function sparkHome(): string | undefined {
  try {
    return join(library, readdirSync(library)[0]!, 'site-packages/pyspark');
  } catch {
    return undefined;
  }
}

export const spark = {
  name: 'Spark, by install --spark, with Java',
  command: 'sh',
  check: ['-c', `java -version && test -x '${sparkHome()}/sbin/start-connect-server.sh'`],
};

export interface SparkServer {
  readonly address: string;
  stop(): Promise<void>;
}

/** A server on loopback that ends each stream of a result after a second, so that it has to be reattached to. */
export async function startSpark(): Promise<SparkServer> {
  const folder = mkdtempSync(join(tmpdir(), 'iris-spark-'));
  const port = await freePort();
  const settings = {
    'spark.connect.grpc.binding.address': '127.0.0.1',
    'spark.connect.grpc.binding.port': port,
    'spark.connect.execute.reattachable.senderMaxStreamDuration': '1s',
    'spark.driver.host': '127.0.0.1',
    'spark.sql.shuffle.partitions': 2,
    'spark.sql.warehouse.dir': join(folder, 'tables'),
    'spark.ui.enabled': false,
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['--conf', `${name}=${value}`]);
  const server = spawn(join(sparkHome()!, 'sbin/start-connect-server.sh'), ['--master', 'local[2]', ...options], {
    cwd: folder,
    // A group of its own: the script starts Java.
    detached: true,
    env: { ...process.env, SPARK_HOME: sparkHome(), SPARK_LOCAL_IP: '127.0.0.1', SPARK_NO_DAEMONIZE: '1' },
    stdio: 'ignore',
  });
  await listening(server, port);
  return {
    address: `sc://127.0.0.1:${port}`,
    async stop() {
      const ended = new Promise((resolve) => server.on('exit', resolve));
      process.kill(-server.pid!, 'SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function listening(server: ChildProcess, port: number): Promise<void> {
  while (server.exitCode === null) {
    const isOpen = await new Promise((resolve) => {
      const socket = createConnection({ port, host: '127.0.0.1' }, () => resolve(true)).on('error', () =>
        resolve(false),
      );
      socket.unref();
      socket.on('connect', () => socket.end());
    });
    if (isOpen) return;
    await wait(200);
  }
  throw new Error('Spark ended before it listened');
}
