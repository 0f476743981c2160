import { describe, expect, it } from 'vitest';
import { iris } from '../e2e/cli.js';
import { first, ModelFolder, second, third } from '../server/models/folder.js';
import { flower, type Message, TestClient } from '../server/serving.js';
import { scrape, total } from '../server/telemetry/metrics-text.js';
import { linesOf, readyLine, serveForTest, untilLogged } from './serving-lines.js';

const question = (name: string, version = '') => ({
  model_name: name,
  model_version: version,
  inputs: [{ name: 'features', datatype: 'FP64', shape: [1, 4], contents: { fp64_contents: [5, 3.6, 1.3, 0.25] } }],
});

describe('iris serve --models', () => {
  it('has the same models in all workers, after each call that changes them', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'wine/1.json': second, 'bad/1.json': '{' });
    folder.put('iris/aliases', 'canary 1.json');
    const server = await serveForTest([
      ...['--models', folder.path, '--model-control', 'explicit', '--load-model', 'iris,bad'],
      ...['--workers', '2', '--metrics-port', '0', '--shadow', 'iris/canary=100%'],
    ]);
    // Connections go to the workers in turn.
    const clients = Array.from({ length: 4 }, () => new TestClient(`127.0.0.1:${server.port}`));
    const everywhere = (method: string, request: Message) =>
      Promise.all(clients.map((client) => client.call('inference', method, request)));
    const versions = async (name: string, version?: string) =>
      (await everywhere('ModelInfer', question(name, version))).map(({ code, model_version }) => code ?? model_version);
    const all = (one: unknown) => clients.map(() => one);
    expect(await versions('iris', 'canary')).toEqual(all(first.version));
    expect(await versions('wine')).toEqual(all('UNAVAILABLE'));
    for (const client of clients) {
      expect(await client.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ model_version: first.version });
    }
    for (const [index, client] of clients.entries()) {
      const model_name = 'wine';
      const method = index % 2 === 0 ? 'RepositoryModelLoad' : 'RepositoryModelUnload';
      expect(await client.call('inference', method, { model_name })).toEqual({});
      expect(await versions('wine')).toEqual(all(index % 2 === 0 ? second.version : 'UNAVAILABLE'));
    }
    folder.put('iris/2.json', third);
    expect(await clients[0]!.call('inference', 'RepositoryModelLoad', { model_name: 'iris' })).toEqual({});
    expect(await versions('iris')).toEqual(all(third.version));
    expect(await versions('iris', 'canary')).toEqual(all(first.version));
    const shadowed = await everywhere('ModelInfer', question('iris'));
    expect(shadowed.map(({ model_version }) => model_version)).toEqual(all(third.version));
    expect(
      await clients[1]!.call('inference', 'RepositoryModelLoad', {
        model_name: 'iris',
        parameters: { promote: { string_param: 'canary' } },
      }),
    ).toEqual({});
    expect(await versions('iris')).toEqual(all(first.version));
    const [refused] = await everywhere('RepositoryModelLoad', { model_name: 'none/at/all' });
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', details: { violations: [{ field: 'model_name' }] } });
    expect((await everywhere('RepositoryModelLoad', { model_name: 'bad' }))[1]).toMatchObject({
      code: 'FAILED_PRECONDITION',
    });
    folder.put('later/1.json', first);
    for (const index of await everywhere('RepositoryIndex', {})) {
      expect(index['models']).toEqual([
        { name: 'bad', version: '', state: 'UNAVAILABLE', reason: expect.stringMatching(/^1\.json: /) },
        { name: 'iris', version: first.version, state: 'READY', reason: '' },
        { name: 'iris', version: third.version, state: 'READY', reason: '' },
        { name: 'wine', version: '', state: 'UNAVAILABLE', reason: 'not loaded' },
        { name: 'later', version: '', state: 'UNAVAILABLE', reason: 'not loaded' },
      ]);
    }
    for (const [version, count] of [
      [third.version, '8'],
      [first.version, '16'],
    ]) {
      // Of both workers together, whichever is asked.
      for (const told of await everywhere('ModelStatistics', { name: 'iris', version })) {
        const successes = { success: { count }, compute_infer: { count } };
        const one = { version, inference_count: count, execution_count: count, inference_stats: successes };
        expect(told['model_stats']).toMatchObject([{ ...one, batch_stats: [{ batch_size: '1' }] }]);
      }
    }
    const metrics = await scrape(String(readyLine(server)['metrics']));
    expect(total(metrics, 'iris_model_info', { name: 'iris', version: third.version })).toBe(1);
    expect(total(metrics, 'iris_models', { state: 'READY' })).toBe(2);
    expect(total(metrics, 'iris_model_file_refused', { model: 'bad' })).toBe(1);
    expect(total(metrics, 'iris_model_file_refused', { model: 'iris' })).toBe(0);
    expect(total(metrics, 'iris_model_file_refused', { model: 'wine' })).toBe(0);
    expect(total(metrics, 'iris_model_predicted_rows_total', { model: 'iris', version: third.version })).toBe(8);
    expect(total(metrics, 'iris_leaf_share_distance', { model: 'iris', version: first.version })).toBeGreaterThan(0);
    expect(total(metrics, 'iris_model_promotions_total', { model: 'iris', action: 'promote' })).toBe(1);
    expect(total(metrics, 'iris_model_promotions_total', { model: 'iris', action: 'roll_back' })).toBe(0);
  });

  it('looks for new models at SIGHUP', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first });
    const server = await serveForTest(['--models', folder.path]);
    folder.put('new/1.json', second);
    server.child.kill('SIGHUP');
    await untilLogged(server, 'model loaded');
    const client = new TestClient(`127.0.0.1:${server.port}`);
    expect(await client.call('inference', 'ModelInfer', question('new'))).toMatchObject({
      model_version: second.version,
    });
    expect(linesOf(server).find(({ msg }) => msg === 'models loaded')).toMatchObject({ models: 1, unavailable: 0 });
    expect(readyLine(server)).toMatchObject({ folder: folder.path, versions: 1 });
  });

  it('checks all models, and names those that would be refused', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'iris/2.json': second, 'wine/1.json': third });
    const check = () => iris(['serve', '--check', '--models', folder.path, '--model-control', 'explicit']);
    expect(await check()).toMatchObject({
      code: 0,
      stdout: `${folder.path}: 2 models in 3 versions are whole and predict their verification rows\n`,
    });
    folder.put('wine/2.json', '[]');
    const { code, stderr } = await check();
    expect([code, stderr]).toEqual([
      65,
      expect.stringContaining('expected files of models alone, found others: wine: 2.json: '),
    ]);
  });

  it('checks a folder of which nothing is good as one of which something is', async () => {
    const folder = new ModelFolder({ 'iris/1.json': '{}', 'wine/1.json': '[]' });
    const check = () => iris(['serve', '--check', '--models', folder.path]);
    const { code, stderr } = await check();
    expect([code, stderr]).toEqual([65, expect.stringMatching(/found others: iris: 1\.json: .*; wine: 1\.json: /)]);
    folder.remove('iris');
    folder.remove('wine');
    expect(await check()).toMatchObject({
      code: 66,
      stderr: `${folder.path}: expected at least one model, as name/version.json, that can be served, found none\n`,
    });
  });

  it.each([
    [['--model', 'a.json'], '--model: expected none beside --models, found "a.json"'],
    [['--load-model', 'a'], '--load-model: expected none beside models, unless their control is explicit, found a'],
    [['--shadow', 'a/b=101%'], '--shadow: expected a share above 0'],
  ])('refuses %j', async (args, message) => {
    const folder = new ModelFolder({ 'iris/1.json': first });
    const { code, stderr } = await iris(['serve', '--models', folder.path, ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('wants a folder of models for what is about them', async () => {
    const { code, stderr } = await iris(['serve', '--model-control', 'poll']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--model-control: expected --models as well')]);
  });
});
