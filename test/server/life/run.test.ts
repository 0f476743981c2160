import { EventEmitter, once } from 'node:events';
import { setLogger } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { UnavailableError } from '../../../src/ground/errors.js';
import { runServer } from '../../../src/server/life/run.js';
import { irisModel } from '../models.js';
import { failureOf, flower, recordLog, startServer, TestClient } from '../serving.js';

afterEach(() => setLogger(console));

/** A server that runs until `signals` hears one. */
async function run(graceMs = 3_600_000, host = '127.0.0.1') {
  const signals = new EventEmitter();
  const recorded = recordLog();
  const ended = runServer({ model: irisModel(), host, port: 0, log: recorded.log, graceMs }, signals);
  const ready = await recorded.line('ready');
  return { ...recorded, ended, ready, signals, client: new TestClient(String(ready['address'])) };
}

describe('a server that runs', () => {
  it('warns once when other machines can reach it without TLS', async () => {
    const { client, ended, lines, signals } = await run(0, '0.0.0.0');
    client.close();
    signals.emit('SIGTERM');
    await ended;
    const warnings = lines.filter(({ level }) => level === 40);
    expect(warnings).toMatchObject([
      { host: '0.0.0.0', msg: 'anyone who reaches this address can call and read the calls: no TLS' },
    ]);
  });

  it('tells its whole configuration, then what it serves, where, and when it was ready', async () => {
    const { ended, lines, ready, signals } = await run();
    expect(lines.map(({ msg }) => msg)).toEqual(['configuration', 'ready']);
    expect(lines[0]).toMatchObject({
      name: 'iris',
      host: '127.0.0.1',
      port: 0,
      watch: false,
      reflection: true,
      maxMessageBytes: 16_777_216,
      maxBatchRows: 100_000,
      maxConcurrentCalls: 1000,
      drainDelayMs: 0,
      graceMs: 3_600_000,
    });
    expect(ready).toMatchObject({
      level: 30,
      address: `127.0.0.1:${ready['port']}`,
      port: expect.any(Number),
      model: 'iris',
      version: irisModel().version,
      readyMs: expect.any(Number),
    });
    signals.emit('SIGTERM');
    await ended;
  });

  it.each(['SIGTERM', 'SIGINT'])('drains at %s and leaves no listener behind', async (signal) => {
    const { client, ended, line, signals } = await run();
    const stream = client.stream('iris', 'PredictIrisSpeciesStream');
    stream.write(flower);
    await once(stream, 'data');
    signals.emit(signal);
    await line('draining');
    stream.write(flower);
    expect((await once(stream, 'data'))[0]).toMatchObject({ species_name: 'setosa' });
    stream.resume().end();
    await ended;
    expect(signals.eventNames()).toEqual([]);
  });

  it('is forced by a second signal', async () => {
    const { client, ended, line, signals } = await run();
    const stream = client.stream('iris', 'PredictIrisSpeciesStream');
    stream.write(flower);
    await once(stream, 'data');
    const cut = failureOf(stream);
    signals.emit('SIGTERM');
    signals.emit('SIGINT');
    await ended;
    await cut;
    expect(await line('calls cut: they were not done when the server had to end')).toMatchObject({ calls: 1 });
  });

  it('ends at a signal that came before it was ready', async () => {
    const signals = new EventEmitter();
    const { line, log } = recordLog();
    const ended = runServer({ model: irisModel(), port: 0, log }, signals);
    signals.emit('SIGTERM');
    await ended;
    await line('stopped');
  });

  it('fails where it cannot listen, without a line of the library', async () => {
    const { port } = await startServer();
    const signals = new EventEmitter();
    const { lines, log } = recordLog();
    await expect(runServer({ model: irisModel(), port, log }, signals)).rejects.toThrow(UnavailableError);
    expect(lines.map(({ msg }) => msg)).toEqual(['configuration']);
    expect(signals.eventNames()).toEqual([]);
  });
});
