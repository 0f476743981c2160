import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ROOT } from '../e2e/cli.js';

/** One series of a result. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  /** Unix time, and the value as text. */
  readonly value: readonly [number, string];
}

/** A Prometheus with the configuration of deploy/, whose targets are these servers and which scrapes each second. */
export class Prometheus {
  readonly #url: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(url: string, child: ChildProcess, folder: string) {
    this.#url = url;
    this.#child = child;
    this.#folder = folder;
  }

  static async start(targets: readonly string[]): Promise<Prometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'iris-prometheus-'));
    const configuration = await readFile(`${ROOT}deploy/monitoring/prometheus.yaml`, 'utf8');
    await writeFile(join(folder, 'prometheus.yaml'), forTest(configuration, targets));
    await copyFile(`${ROOT}deploy/monitoring/rules.yaml`, join(folder, 'rules.yaml'));
    const address = `127.0.0.1:${await freePort()}`;
    const args = [
      `--config.file=${join(folder, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ];
    const child = spawn('prometheus', args, { stdio: 'ignore' });
    const prometheus = new Prometheus(`http://${address}`, child, folder);
    await until(async () => (await fetch(`http://${address}/-/ready`).catch(() => undefined))?.ok === true);
    return prometheus;
  }

  async query(query: string): Promise<readonly Series[]> {
    const { result } = await this.get<{ result: readonly Series[] }>('query', { query });
    return result;
  }

  async get<Data>(endpoint: string, parameters: Readonly<Record<string, string>> = {}): Promise<Data> {
    const response = await fetch(`${this.#url}/api/v1/${endpoint}?${new URLSearchParams(parameters)}`);
    const body = (await response.json()) as { status: string; error?: string; data: Data };
    if (body.status !== 'success') throw new Error(`${parameters['query'] ?? endpoint}: ${body.error}`);
    return body.data;
  }

  async stop(): Promise<void> {
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    await closed;
    await rm(this.#folder, { recursive: true });
  }
}

/** Everything stays as it is but what a test cannot have: the name of the container, and minutes. */
function forTest(configuration: string, targets: readonly string[]): string {
  const scraping = /scrape_interval: \S+/;
  const target = "['iris:9090']";
  if (!scraping.test(configuration) || !configuration.includes(target))
    throw new Error('the configuration has changed');
  return configuration.replace(scraping, 'scrape_interval: 1s').replace(target, JSON.stringify(targets));
}

/** Asks again and again until the answer is true; the limit of the test ends it. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(100);
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
