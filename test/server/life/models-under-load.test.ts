import { describe, expect, it } from 'vitest';
import { ask } from '../http/calling.js';
import { first, ModelFolder, second, third } from '../models/folder.js';
import { type Message, startServer, TestClient } from '../serving.js';

/** Between the thresholds of the three models: each answers these two rows in another way. */
const rows = [
  [5, 3.6, 2.55, 0.25],
  [5, 3.6, 2.65, 0.25],
];
const answers = new Map([
  [first.version, ['versicolor', 'versicolor']],
  [second.version, ['setosa', 'versicolor']],
  [third.version, ['setosa', 'setosa']],
]);
const tensor = { name: 'features', datatype: 'FP64', shape: [2, 4] };
const outputs = [{ name: 'label' }];
const changes = 16;

/** Asks until `isDone`, and gives the versions that answered, each of which answered as it does. */
async function load(isDone: () => boolean, asks: readonly (() => Promise<readonly [string, readonly string[]]>)[]) {
  const versions: string[] = [];
  const askOn = async (once: () => Promise<readonly [string, readonly string[]]>) => {
    while (!isDone()) {
      const [version, labels] = await once();
      expect([version, labels]).toEqual([version, answers.get(version)]);
      versions.push(version);
    }
  };
  await Promise.all(asks.map(askOn));
  return versions;
}

describe('a server under load', () => {
  it('fails no call and mixes no versions while models are loaded, promoted and rolled back', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'iris/2.json': second, 'other/1.json': first });
    folder.put('iris/aliases', `stable ${first.version}\ncanary 2.json`);
    const server = await startServer({
      model: undefined,
      models: {
        folder: folder.path,
        control: 'explicit',
        load: ['*'],
        split: [{ alias: 'canary', share: 0.5 }],
        shadow: [{ alias: 'canary', share: 0.3 }],
      },
      http: { port: 0 },
    });
    const client = new TestClient(server.address);
    const control = (method: string, model_name: string, parameters = {}) =>
      client.call('inference', method, { model_name, parameters });
    const overGrpc = async () => {
      const inputs = [{ ...tensor, contents: { fp64_contents: rows.flat() } }];
      const reply = await client.call('inference', 'ModelInfer', { model_name: 'iris', inputs, outputs });
      const [{ contents }] = reply['outputs'] as [{ contents: { bytes_contents: Buffer[] } }];
      return [reply['model_version'] as string, contents.bytes_contents.map(String)] as const;
    };
    const byRow = async () => {
      const replies: Message[] = [];
      for (const [sepal_length, sepal_width, petal_length, petal_width] of rows) {
        const row = { sepal_length, sepal_width, petal_length, petal_width };
        replies.push(await client.call('iris', 'PredictIrisSpecies', row));
      }
      const [a, b] = replies.map(({ model_version }) => model_version as string) as [string, string];
      // Two calls: the version may change between them.
      if (a !== b) return [a, answers.get(a)!] as const;
      return [a, replies.map(({ species_name }) => species_name as string)] as const;
    };
    let calls = 0;
    const overHttp = async () => {
      const { json } = await ask(`http://127.0.0.1:${server.httpPort}`, '/v2/models/iris/infer', {
        method: 'POST',
        headers: { 'x-request-id': `${calls++}` },
        body: JSON.stringify({ inputs: [{ ...tensor, data: rows.flat() }], outputs }),
      });
      return [json.model_version, json.outputs[0].data] as const;
    };
    let done = false;
    const loading = load(() => done, [overGrpc, overGrpc, byRow, byRow, overHttp, overHttp]);
    for (let change = 0; change < changes; change++) {
      const promote = { promote: { string_param: [second, third, first][change % 3]!.version } };
      // Whole where it is promoted: what is served from memory alone is not.
      folder.put('iris/3.json', change % 3 === 1 ? third : '{"half": ');
      await control('RepositoryModelLoad', 'iris');
      await control('RepositoryModelLoad', 'iris', promote);
      if (change % 4 === 3) await control('RepositoryModelLoad', 'iris', { roll_back: { bool_param: true } });
      expect(await control(change % 2 === 0 ? 'RepositoryModelUnload' : 'RepositoryModelLoad', 'other')).toEqual({});
    }
    done = true;
    const versions = await loading;
    expect(new Set(versions)).toEqual(new Set(answers.keys()));
    expect(versions.length).toBeGreaterThan(changes);
    expect(server.promotions.get('iris')?.promoted).toBe(changes);
  });
});
