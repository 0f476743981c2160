import { randomInt } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { expect } from 'vitest';
import { docker, IMAGE, logOf } from './containers.js';
import { until } from './prometheus.js';

interface Server {
  readonly id: string;
  readonly place: number;
}

/** Two servers in three places, as a rolling update has them that starts a new one before it stops an old one. */
export class Fleet {
  /** Addresses in a network of this fleet alone. Published ports would have a proxy that takes connections for nobody. */
  readonly places: readonly string[];
  readonly #network = `iris-fleet-${randomInt(2 ** 32)}`;
  readonly #subnet: string;
  #servers: readonly Server[] = [];

  constructor() {
    const prefix = `172.30.${randomInt(0, 255)}`;
    this.#subnet = `${prefix}.0/24`;
    this.places = [11, 12, 13].map((host) => `${prefix}.${host}`);
  }

  async start(model: string): Promise<void> {
    await docker('network', 'create', '--subnet', this.#subnet, this.#network);
    this.#servers = [await this.#start(0, model), await this.#start(1, model)];
  }

  /** Replaces both servers, one after the other. A new one has to have answered calls before an old one is told to end. */
  async roll(model: string): Promise<void> {
    for (const old of this.#servers) {
      const place = [0, 1, 2].find((index) => this.#servers.every((server) => server.place !== index))!;
      const server = await this.#start(place, model);
      await until(async () => (await this.#answeredAt(place)) > 100);
      await docker('stop', '--time', '10', old.id);
      expect(await docker('inspect', '--format', '{{.State.ExitCode}}', old.id)).toBe('0');
      await docker('rm', old.id);
      this.#servers = [...this.#servers.filter(({ id }) => id !== old.id), server];
    }
  }

  async close(): Promise<void> {
    for (const { id } of this.#servers) await docker('rm', '--force', id);
    await docker('network', 'rm', this.#network);
  }

  async #start(place: number, model: string): Promise<Server> {
    const network = ['--network', this.#network, '--ip', this.places[place]!];
    const options = ['--read-only', '--cap-drop', 'ALL', '--volume', `${dirname(model)}:/models:ro`, ...network];
    const args = [
      'serve',
      '--model',
      `/models/${basename(model)}`,
      '--metrics-port',
      '9090',
      '--drain-delay',
      '2s',
      '--grace',
      '4s',
    ];
    const id = await docker('run', '--detach', ...options, IMAGE, ...args);
    await until(async () => (await logOf(id)).includes('"msg":"ready"'));
    return { id, place };
  }

  /** Calls that a server has answered, as it counts them. */
  async #answeredAt(place: number): Promise<number> {
    const metrics = await (await fetch(`http://${this.places[place]}:9090/metrics`)).text();
    const count = /^grpc_server_handled_total\{[^}]*grpc_method="PredictIrisSpecies"[^}]*grpc_code="OK"[^}]*\} (\d+)/m;
    return Number(count.exec(metrics)?.[1] ?? 0);
  }
}
