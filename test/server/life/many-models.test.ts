import { once } from 'node:events';
import { Metadata } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import type { Site } from '../../../src/server/http/site.js';
import type { ServerOptions } from '../../../src/server/life/options.js';
import { ask } from '../http/calling.js';
import { first, ModelFolder, second } from '../models/folder.js';
import { irisModel, mixedModel } from '../models.js';
import { flower, type Message, recordLog, startServer, TestClient } from '../serving.js';

const mixed = mixedModel();

async function serve(folder: ModelFolder, { models, ...options }: Partial<ServerOptions> = {}) {
  const server = await startServer({
    model: undefined,
    models: { folder: folder.path, ...models },
    http: { port: 0 },
    ...options,
  });
  const client = new TestClient(server.address);
  const origin = `http://127.0.0.1:${server.httpPort}`;
  const call = (method: string, request: Message) => client.call('inference', method, request);
  const get = (path: string) => ask(origin, path);
  const post = (path: string, body?: object) =>
    ask(origin, path, { method: 'POST', ...(body && { body: JSON.stringify(body) }) });
  return { server, client, call, get, post };
}

const features = { name: 'features', datatype: 'FP64', shape: [1, 4] };
const grpcRow = { ...features, contents: { fp64_contents: [5, 3.6, 1.3, 0.25] } };
const question = { inputs: [{ ...features, data: [5, 3.6, 1.3, 0.25] }] };

describe('a server of several models', () => {
  it('answers each by its name and version, over both protocols, and says which one answered', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'iris/2.json': second, 'mixed/1.json': mixed });
    folder.put('iris/aliases', 'canary 1.json');
    const { call, client, get, post } = await serve(folder);
    const versions = [second.version, first.version, first.version];
    for (const [index, version] of ['', first.version, 'canary'].entries()) {
      const expected = { model_name: 'iris', model_version: versions[index] };
      const asked = { model_name: 'iris', model_version: version, inputs: [grpcRow] };
      expect(await call('ModelInfer', asked)).toMatchObject(expected);
      const path = version === '' ? '/v2/models/iris' : `/v2/models/iris/versions/${version}`;
      expect((await post(`${path}/infer`, question)).json).toMatchObject(expected);
    }
    expect((await get('/v2/models/mixed')).json).toMatchObject({ name: 'mixed', versions: [mixed.version] });
    const described = await call('ModelMetadata', { name: 'iris' });
    expect(described).toMatchObject({ versions: [first.version, second.version] });
    expect(await client.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ model_version: second.version });
  });

  it('answers each message of a stream by the name in it', async () => {
    const { client } = await serve(new ModelFolder({ 'a/1.json': first, 'b/1.json': second }));
    const stream = client.stream('inference', 'ModelStreamInfer');
    const answers: Message[] = [];
    for (const model_name of ['a', 'b', 'c', 'a']) {
      stream.write({ model_name, inputs: [grpcRow] });
      answers.push((await once(stream, 'data'))[0] as Message);
    }
    stream.end();
    await once(stream, 'end');
    const given = answers.map(({ error_message = '', infer_response }) => {
      const { model_name, model_version } = infer_response as Message;
      return [model_name, model_version, error_message];
    });
    expect(given).toEqual([
      ['a', first.version, ''],
      ['b', second.version, ''],
      ['c', '', 'expected a model of this server, found "c"'],
      ['a', first.version, ''],
    ]);
  });

  it('shows a model whose file is refused as not ready, with the reason, and answers for the others', async () => {
    const { call, client, get, post } = await serve(new ModelFolder({ 'good/1.json': first, 'bad/1.json': '[]' }));
    const reason = expect.stringMatching(/^1\.json: /);
    const bad = { name: 'bad', version: '', state: 'UNAVAILABLE', reason };
    const good = { name: 'good', version: first.version, state: 'READY', reason: '' };
    expect(await call('RepositoryIndex', {})).toEqual({ models: [bad, good] });
    expect(await call('RepositoryIndex', { ready: true })).toEqual({ models: [good] });
    expect((await post('/v2/repository/index')).json).toEqual([
      { ...bad, aliases: [] },
      { ...good, aliases: [] },
    ]);
    expect((await post('/v2/repository/index', { ready: true })).json).toEqual([{ ...good, aliases: [] }]);
    const states = [
      { name: 'bad', state: 'UNAVAILABLE', reason },
      { name: 'good', state: 'READY', reason: '' },
    ];
    expect((await get('/v2/models')).json).toEqual({ models: ['bad', 'good'], states });
    for (const path of ['', '/config', '/stats']) {
      expect(await get(`/v2/models/bad${path}`)).toMatchObject({ status: 503, json: { reason: 'MODEL_UNAVAILABLE' } });
    }
    expect(await call('ModelReady', { name: 'bad' })).toEqual({ ready: false });
    expect(await call('ModelReady', { name: 'good' })).toEqual({ ready: true });
    expect(await get('/v2/models/bad/ready')).toMatchObject({ status: 503, json: { name: 'bad', ready: false } });
    expect(await get('/v2/health/ready')).toMatchObject({ status: 200 });
    expect(await call('ModelInfer', { model_name: 'bad', inputs: [grpcRow] })).toMatchObject({ code: 'UNAVAILABLE' });
    expect(await post('/v2/models/bad/infer', question)).toMatchObject({ status: 503 });
    expect(await client.call('health', 'Check', { service: 'bad' })).toEqual({ status: 'NOT_SERVING' });
    expect(await client.call('health', 'Check', { service: 'good' })).toEqual({ status: 'SERVING' });
    expect(await client.call('health', 'Check', { service: 'none' })).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('says which model the services answer from whose requests name none', async () => {
    const folder = new ModelFolder({ 'a/1.json': first, 'b/1.json': second });
    const { client, get } = await serve(folder, { name: 'b' });
    expect(await client.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ model_version: second.version });
    const other = await serve(folder);
    expect(await other.client.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({
      code: 'UNAVAILABLE',
      message:
        'model "iris" is not loaded, which answers this service: ask for another model through inference.GRPCInferenceService',
    });
    expect((await get('/')).status).toBe(404);
  });

  it('has a page for each model that answers, and a list of all where the one without a name is not there', async () => {
    const site: Site = (_, { areSeveral, served, states }) => ({
      type: 'text/plain',
      content: served ? `${served.name} of ${areSeveral ? 'several' : 'one'}` : JSON.stringify(states()),
    });
    const folder = new ModelFolder({ 'a/1.json': first, 'b/1.json': second, 'c/1.json': '{' });
    const pages = async (name: string) => {
      const { server } = await serve(folder, { name, http: { port: 0, site } });
      const page = async (path: string) => (await fetch(`http://127.0.0.1:${server.httpPort}${path}`)).text();
      return [await page('/'), await page('/?model=b'), await page('/?model=c'), await page('/?all&model=a')];
    };
    const list = expect.stringMatching(/^\[{"name":"a","state":"READY","reason":""},.*"c","state":"UNAVAILABLE"/);
    const refused = expect.stringContaining('"error":"model \\"c\\" is not loaded: 1.json: ');
    expect(await pages('a')).toEqual(['a of several', 'b of several', refused, list]);
    expect(await pages('none')).toEqual([list, 'b of several', refused, list]);
  });

  it('loads and unloads by calls where that is asked for, and tells who watches', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'b/1.json': '{}' });
    const { log, lines } = recordLog();
    const { call, client, post } = await serve(folder, { log, models: { folder: folder.path, control: 'explicit' } });
    const watch = client.watch('iris');
    const next = async () => ((await once(watch, 'data'))[0] as Message)['status'];
    expect(await next()).toBe('NOT_SERVING');
    const serving = next();
    expect(await call('RepositoryModelLoad', { model_name: 'iris' })).toEqual({});
    expect(await serving).toBe('SERVING');
    expect(await call('ModelInfer', { model_name: 'iris', inputs: [grpcRow] })).toMatchObject({
      model_version: first.version,
    });
    const gone = next();
    const unloaded = await post('/v2/repository/models/iris/unload', { parameters: { unload_dependents: true } });
    expect(unloaded).toMatchObject({ status: 200, json: {} });
    expect(await gone).toBe('NOT_SERVING');
    expect(await post('/v2/repository/models/iris/load')).toMatchObject({ status: 200, json: {} });
    expect(await next()).toBe('SERVING');
    watch.on('error', () => {}).cancel();
    expect(await call('RepositoryModelLoad', { model_name: 'b' })).toMatchObject({ code: 'FAILED_PRECONDITION' });
    expect(await post('/v2/repository/models/b/load')).toMatchObject({
      status: 400,
      json: { reason: 'MODEL_REFUSED' },
    });
    expect(await call('RepositoryModelUnload', { model_name: 'c' })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await post('/v2/repository/models/c/load')).toMatchObject({ status: 404 });
    expect(await call('RepositoryModelLoad', { model_name: '../iris' })).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await post('/v2/repository/models/..%2Firis/load')).toMatchObject({ status: 400 });
    const done = lines.map(({ model, msg }) => [msg, model]).filter(([, model]) => model === 'iris');
    expect(done).toEqual([
      ['model loaded', 'iris'],
      ['model unloaded', 'iris'],
      ['model loaded', 'iris'],
    ]);
  });

  it('promotes and rolls back by one call over both protocols', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'iris/2.json': second });
    const models = { folder: folder.path, control: 'explicit', load: ['*'] } as const;
    const { call, post } = await serve(folder, { models });
    const version = async () => (await call('ModelInfer', { model_name: 'iris', inputs: [grpcRow] }))['model_version'];
    const load = (parameters: object) => call('RepositoryModelLoad', { model_name: 'iris', parameters });
    expect(await load({ promote: { string_param: first.version } })).toEqual({});
    expect(await version()).toBe(first.version);
    expect(await load({ roll_back: { bool_param: true } })).toEqual({});
    expect(await version()).toBe(second.version);
    const path = '/v2/repository/models/iris/load';
    expect(await post(path, { parameters: { promote: first.version } })).toMatchObject({ status: 200 });
    expect(await version()).toBe(first.version);
    expect(await post(path, { parameters: { roll_back: true } })).toMatchObject({ status: 200 });
    expect(await version()).toBe(second.version);
    const wrong: [object, string][] = [
      [{ promote: 1 }, 'parameters.promote: expected a version, found 1'],
      [{ roll_back: 'true' }, 'parameters.roll_back: expected true, found "true"'],
      [{ roll_back: {} }, 'parameters.roll_back: expected true, found no simple value'],
      [{ promote: first.version, roll_back: true }, 'parameters: expected one of promote and roll_back, found both'],
    ];
    for (const [parameters, error] of wrong) {
      expect(await post(path, { parameters })).toMatchObject({ status: 400, json: { error } });
    }
    expect(await load({ promote: { string_param: 'none' } })).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('says at its start which names with a share of calls no version has', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'iris/2.json': second });
    folder.put('iris/aliases', 'canary 1.json');
    const { lines, log } = recordLog();
    const split = [
      { alias: 'canary', share: 0.5 },
      { alias: 'canray', share: 0.5 },
      { model: 'wine', alias: 'canary', share: 0.1 },
    ];
    await serve(folder, { log, models: { folder: folder.path, split, shadow: [{ alias: 'next', share: 1 }] } });
    expect(lines.filter(({ level }) => level === 40)).toMatchObject([{ names: ['canray', 'wine/canary', 'next'] }]);
  });

  it('keeps a caller on one side of a split, whichever protocol it comes by', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'iris/2.json': second });
    folder.put('iris/aliases', 'stable 1.json\ncanary 2.json');
    const split = [{ alias: 'canary', share: 0.5 }];
    const { client, server } = await serve(folder, { models: { folder: folder.path, split, splitHeader: 'x-user' } });
    const sides = new Set<unknown>();
    for (let user = 0; user < 12; user++) {
      const metadata = new Metadata();
      metadata.set('x-user', `user-${user}`);
      const stream = client.stream('iris', 'PredictIrisSpeciesStream', metadata);
      stream.write(flower);
      const [streamed] = (await once(stream, 'data')) as [Message];
      const ended = once(stream, 'end');
      stream.resume().end();
      await ended;
      const row = await client.call('iris', 'PredictIrisSpecies', flower, { metadata });
      const inferred = await client.call(
        'inference',
        'ModelInfer',
        { model_name: 'iris', inputs: [grpcRow] },
        { metadata },
      );
      const rest = await ask(`http://127.0.0.1:${server.httpPort}`, '/v2/models/iris/infer', {
        method: 'POST',
        headers: { 'x-user': `user-${user}` },
        body: JSON.stringify(question),
      });
      const versions = [streamed, row, inferred, rest.json].map((reply) => reply['model_version']);
      expect(new Set(versions).size).toBe(1);
      sides.add(versions[0]);
    }
    expect(sides).toEqual(new Set([first.version, second.version]));
    expect(await client.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ model_version: first.version });
  });

  it('asks a shadow what callers ask, answers from the other version, and counts where they differ', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'iris/2.json': irisModel({ threshold: 5 }) });
    folder.put('iris/aliases', 'stable 1.json\ncanary 2.json');
    const shadow = [{ alias: 'canary', share: 1 }];
    const { log, line } = recordLog();
    const { call, client, server } = await serve(folder, { log, models: { folder: folder.path, shadow } });
    await line('shadow compared');
    // Its third value is between the two thresholds: versicolor, to the shadow setosa.
    const between = { ...grpcRow, contents: { fp64_contents: [6, 3, 4.5, 1.5] } };
    expect(await call('ModelInfer', { model_name: 'iris', inputs: [between] })).toMatchObject({
      model_version: first.version,
    });
    await call('ModelInfer', { model_name: 'iris', inputs: [grpcRow] });
    await client.call('iris', 'PredictIrisSpecies', flower);
    const [counts] = server.shadows;
    expect(counts).toMatchObject({ model: 'iris', version: first.version, dropped: 0, refused: 0 });
    expect(counts!.classes.get('setosa')).toEqual({ rows: 2, agreed: 2, largestDifference: 0 });
    expect(counts!.classes.get('versicolor')).toEqual({ rows: 1, agreed: 0, largestDifference: 1 });
  });

  it('refuses parameters that it would ignore, and bodies that are none', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first });
    const { call, post, server } = await serve(folder, { models: { folder: folder.path, control: 'explicit' } });
    const parameters = { config: { string_param: '{}' } };
    const message = 'parameters: expected promote or roll_back: a model is what lies in its folder, found "config"';
    expect(await call('RepositoryModelLoad', { model_name: 'iris', parameters })).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message,
    });
    const path = '/v2/repository/models/iris/load';
    expect(await post(path, { parameters: { config: '{}' } })).toMatchObject({ status: 400, json: { error: message } });
    expect(await post('/v2/repository/index', { ready: 1 })).toMatchObject({
      status: 400,
      json: { error: 'ready: expected true or false, found 1' },
    });
    const origin = `http://127.0.0.1:${server.httpPort}`;
    for (const body of ['[]', 'null', '{', '"x"']) {
      expect((await ask(origin, path, { method: 'POST', body })).status).toBe(400);
    }
    expect((await ask(origin, path, { method: 'POST', body: ' '.repeat(20_000) })).status).toBe(413);
    expect(await ask(origin, path)).toMatchObject({ status: 405 });
  });

  it('answers that calls control nothing, unless that is asked for', async () => {
    const { call, post } = await serve(new ModelFolder({ 'iris/1.json': first }));
    const one = await startServer({ http: { port: 0 } });
    for (const method of ['RepositoryModelLoad', 'RepositoryModelUnload']) {
      const refused = { code: 'UNAVAILABLE', details: { info: { reason: 'NO_MODEL_CONTROL' } } };
      expect(await call(method, { model_name: 'iris' })).toMatchObject(refused);
      expect(await new TestClient(one.address).call('inference', method, { model_name: 'iris' })).toMatchObject(
        refused,
      );
    }
    expect(await post('/v2/repository/models/iris/unload')).toMatchObject({ status: 503 });
    const index = await ask(`http://127.0.0.1:${one.httpPort}`, '/v2/repository/index', { method: 'POST' });
    expect(index.json).toEqual([{ name: 'iris', version: first.version, state: 'READY', reason: '', aliases: [] }]);
  });

  it('finds new models by itself where its folder is polled', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first });
    const { log, line } = recordLog();
    const { call } = await serve(folder, { log, models: { folder: folder.path, control: 'poll', pollMs: 5 } });
    folder.put('new/1.json', second);
    expect(await line('model loaded')).toMatchObject({ model: 'new', to: second.version });
    expect(await call('ModelReady', { name: 'new' })).toEqual({ ready: true });
  });

  it.each([
    [{ model: first }, 'model: expected none beside models, which are in their folder, found [object Object]'],
    [{ watch: true }, 'watch: expected none beside models, whose control poll looks for changes, found true'],
    [
      { expectModel: 'ab' },
      'expectModel: expected none beside models, each of which has another hash: sign them, found ab',
    ],
    [
      { models: { load: ['a'] } },
      'models.load: expected none beside models, unless their control is explicit, found a',
    ],
    [
      { models: { control: 'explicit', load: ['../a'] } },
      'models.load: expected names of up to 128 ASCII letters, digits, dots, hyphens and underscores, a letter or a digit first, found ../a',
    ],
    [{ models: { control: 'all' } }, 'models.control: expected none or poll or explicit, found "all"'],
    [{ models: { folder: undefined } }, 'models.folder: expected a text, found undefined'],
  ])('refuses options that contradict it: %j', async (options, message) => {
    const folder = new ModelFolder({ 'a/1.json': first });
    const models = { folder: folder.path, ...('models' in options && options.models) };
    await expect(startServer({ model: undefined, ...options, models } as never)).rejects.toThrow(message);
  });

  it('is not started without a model', async () => {
    await expect(startServer({ model: undefined })).rejects.toThrow(
      'model: expected a path, an https:// URL, a model, or a function that gives one, found undefined',
    );
  });
});
