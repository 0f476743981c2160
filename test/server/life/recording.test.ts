import { EventEmitter } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, setLogger } from '@grpc/grpc-js';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { contractFor } from '../../../src/contract/contract.js';
import { writeContract } from '../../../src/contract/proto-text.js';
import { writeModel } from '../../../src/formats/store.js';
import type { Model } from '../../../src/model/model.js';
import { type RunOptions, runServer } from '../../../src/server/life/run.js';
import type { RecordedRow } from '../../../src/server/telemetry/record-line.js';
import { ask } from '../http/calling.js';
import { irisModel, mixedModel } from '../models.js';
import { flower, recordLog, TestClient } from '../serving.js';
import { scrape } from '../telemetry/metrics-text.js';

const folder = mkdtempSync(join(tmpdir(), 'iris-recording-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => setLogger(console));

/** A server that records in `name`. */
async function record(model: Model, name: string, options: Partial<RunOptions> = {}) {
  const signals = new EventEmitter();
  const { line, lines, log } = recordLog();
  const file = join(folder, name);
  const ended = runServer({ model, port: 0, log, record: { file, share: 1, maxBytes: 1e6 }, ...options }, signals);
  const ready = await line('ready');
  /** Stops the server: the rows that it recorded. */
  const stop = async () => {
    signals.emit('SIGTERM');
    await ended;
    const text = readFileSync(file, 'utf8');
    const rows = text
      .split('\n')
      .slice(0, -1)
      .map((row) => JSON.parse(row) as RecordedRow);
    return { rows, text };
  };
  const address = String(ready['address']);
  return { address, client: new TestClient(address), lines, ready, stop };
}

describe('a server that records', () => {
  it('records rows of every service with their answers, and no header', async () => {
    const { client, lines, ready, stop } = await record(irisModel(), 'all.jsonl', {
      http: { port: 0 },
      metrics: { port: 0 },
    });
    await client.call('iris', 'PredictIrisSpecies', flower);
    await client.call('iris', 'PredictIrisSpecies', { ...flower, petal_width: -1 });
    const matrix = (...values: number[]) => ({ name: 'features', datatype: 'FP64', shape: [1, 4], data: values });
    await client.call('inference', 'ModelInfer', {
      model_name: 'iris',
      inputs: [{ name: 'features', datatype: 'FP64', shape: [1, 4], contents: { fp64_contents: [6, 3, 4.5, 1.5] } }],
      outputs: [{ name: 'leaf' }],
    });
    const answer = await ask(`http://127.0.0.1:${ready['httpPort']}`, '/v2/models/iris/infer', {
      method: 'POST',
      headers: { authorization: 'Bearer of-no-concern' },
      body: JSON.stringify({ inputs: [matrix(6.3, 3.3, 6, 2.5)] }),
    });
    expect(answer.status).toBe(200);
    client.close();
    expect(lines.find(({ msg }) => msg.startsWith('rows are recorded'))).toMatchObject({ level: 40, share: 1 });
    const { rows, text } = await stop();
    expect(rows.map(({ features, label }) => [...Object.values(features), label])).toEqual([
      [5, 3.6, 1.3, 0.25, 'setosa'],
      [6, 3, 4.5, 1.5, 'versicolor'],
      [6.3, 3.3, 6, 2.5, 'virginica'],
    ]);
    expect(rows.map(({ probabilities }) => probabilities)).toEqual([
      { setosa: 1 },
      { versicolor: 0.9, virginica: 0.1 },
      { versicolor: 0.25, virginica: 0.75 },
    ]);
    expect(text).not.toContain('Bearer');
  });

  it('counts what is recorded, and counts no row twice', async () => {
    const { client, ready, stop } = await record(irisModel(), 'counted.jsonl', { metrics: { port: 0 } });
    await client.call('iris', 'PredictIrisSpecies', flower);
    const samples = await scrape(String(ready['metrics']));
    expect(samples.get('iris_predicted_rows_total{class="setosa"}')).toBe(1);
    expect(samples.get('iris_recorded_rows_dropped_total')).toBe(0);
    expect(samples.get('iris_recorded_rows_total')).toBeLessThanOrEqual(1);
    client.close();
    expect((await stop()).rows).toHaveLength(1);
  });

  it('records the rows of a typed contract', async () => {
    const contract = writeContract(contractFor(mixedModel(), 'mixed'));
    const { address, client, stop } = await record(mixedModel(), 'typed.jsonl', { contract });
    const typed = new Client(address, credentials.createInsecure());
    const size = Buffer.alloc(9, 0x11);
    size.writeDoubleLE(7.5, 1);
    const request = Buffer.concat([size, Buffer.from([0x1a, 4]), Buffer.from('blue')]);
    const reply = await new Promise((resolve) => {
      const same = (bytes: Buffer) => bytes;
      typed.makeUnaryRequest('/ml.mixed.MixedPredictor/Predict', same, same, request, resolve);
    });
    expect(reply).toBeNull();
    typed.close();
    client.close();
    expect((await stop()).rows).toMatchObject([{ features: { size: 7.5, colour: 'blue' }, label: 'b' }]);
  });

  it('does not write into the folder that it watches for its model', async () => {
    const model = join(folder, 'iris.json');
    await writeModel(model, irisModel());
    const options = {
      model,
      watch: true,
      port: 0,
      record: { file: join(folder, 'rows.jsonl'), share: 1, maxBytes: 1024 },
    };
    await expect(runServer(options, new EventEmitter())).rejects.toThrow(
      "record: expected a file outside of the model's folder, which is watched, found one in it",
    );
  });

  it('does not write among its models, where a record would be a version', async () => {
    const models = mkdtempSync(join(folder, 'models-'));
    for (const file of ['rows.json', 'iris/rows.jsonl']) {
      const record = { file: join(models, file), share: 1, maxBytes: 1024 };
      await expect(runServer({ models: { folder: models }, port: 0, record }, new EventEmitter())).rejects.toThrow(
        /record: expected a file outside of the folder of the models, found one in it/,
      );
    }
  });
});
