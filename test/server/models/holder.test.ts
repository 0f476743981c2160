import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { serializeModel } from '../../../src/formats/iris-json/format.js';
import { writeModel } from '../../../src/formats/store.js';
import { ArtifactError, InputError } from '../../../src/ground/errors.js';
import type { ServerOptions } from '../../../src/server/life/options.js';
import type { ReloadOutcome } from '../../../src/server/models/holder.js';
import { irisModel } from '../models.js';
import { afterTest, flower, recordLog, startServer, TestClient } from '../serving.js';

const first = irisModel();
const second = irisModel({ threshold: 1.2 });
/** The flower is setosa for the first model and versicolor for the second. */
const species = { [first.version]: 'setosa', [second.version]: 'versicolor' };

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'iris-model-'));
  afterTest(() => rm(folder, { recursive: true }));
  return folder;
}

/** A server whose model is a file, and what its reloads came to, in order. */
async function serveFile(options: Partial<ServerOptions> = {}) {
  const path = join(await temporaryFolder(), 'model.json');
  await writeModel(path, first);
  const outcomes: ReloadOutcome[] = [];
  const recorded = recordLog();
  const server = await startServer({
    model: path,
    log: recorded.log,
    onReload: (outcome) => outcomes.push(outcome),
    ...options,
  });
  return { ...recorded, outcomes, path, server };
}

describe('reloading', () => {
  it('swaps the model and says so', async () => {
    const { lines, outcomes, path, server } = await serveFile();
    const client = new TestClient(server.address);
    await writeModel(path, second);
    expect(await server.reload()).toBe('reloaded');
    const reply = await client.call('iris', 'PredictIrisSpecies', flower);
    expect(reply).toMatchObject({ model_version: second.version, species_name: 'versicolor' });
    expect(await client.call('inference', 'ModelReady', { name: 'iris', version: first.version })).toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(lines.at(-1)).toMatchObject({ msg: 'model reloaded', from: first.version, to: second.version });
    expect(outcomes).toEqual(['reloaded']);
  });

  it('asks again who tells the newest model', async () => {
    let newest = first;
    const server = await startServer({ model: () => newest });
    newest = second;
    expect(await server.reload()).toBe('reloaded');
    expect(server.current.model).toBe(second);
    expect(await server.reload()).toBe('unchanged');
  });

  it('leaves the model alone when the file is the same', async () => {
    const { outcomes, server } = await serveFile();
    const before = server.current;
    expect(await server.reload()).toBe('unchanged');
    expect(server.current).toBe(before);
    expect(outcomes).toEqual([]);
  });

  it.each([
    ['half-written', serializeModel(second).slice(0, -200)],
    ['changed by hand', serializeModel(second).replace('1.2', '1.3')],
    ['empty', ''],
  ])('keeps the old model and stays ready when the file is %s', async (_, text) => {
    const { lines, outcomes, path, server } = await serveFile();
    const client = new TestClient(server.address);
    await writeFile(path, text);
    expect(await server.reload()).toBe('failed');
    expect(await server.reload()).toBe('failed');
    expect(await client.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ model_version: first.version });
    expect(await client.call('health', 'Check', { service: 'iris' })).toEqual({ status: 'SERVING' });
    expect(await client.call('inference', 'ServerReady', {})).toEqual({ ready: true });
    const failures = lines.filter(({ msg }) => msg === 'reload failed: the old model stays');
    expect(failures).toHaveLength(1);
    expect(failures[0]['reason']).toMatch(path);
    expect(outcomes).toEqual(['failed', 'failed']);
  });

  it('keeps the old model when the file is gone, and finds it again', async () => {
    const { path, server } = await serveFile();
    await rm(path);
    expect(await server.reload()).toBe('failed');
    await writeModel(path, second);
    expect(await server.reload()).toBe('reloaded');
  });

  it.each([
    ['taken', second, 'reloaded'],
    ['the one that is served again', first, 'unchanged'],
  ] as const)('tells that the file was refused until it is %s', async (_, repaired, outcome) => {
    const { path, server } = await serveFile();
    expect(server.fileRefused).toBe(false);
    await writeFile(path, '{}');
    await server.reload();
    expect(server.fileRefused).toBe(true);
    await server.reload();
    expect(server.fileRefused).toBe(true);
    await writeModel(path, repaired);
    expect(await server.reload()).toBe(outcome);
    expect(server.fileRefused).toBe(false);
  });

  it('warns of a model whose features and classes are others, and says which', async () => {
    const { lines, path, server } = await serveFile();
    await writeModel(path, second);
    await server.reload();
    expect(lines.at(-1)).toEqual(expect.objectContaining({ level: 30, msg: 'model reloaded' }));
    expect(Object.keys(lines.at(-1)!)).not.toContain('features');
    const features = [
      ['sepal_length', 4.3],
      ['sepal_width', 2],
      ['petal_length', 1],
      ['stem', 1],
    ] as const;
    const third = irisModel({ features, classes: ['setosa', 'versicolor', 'other'] });
    await writeModel(path, third);
    expect(await server.reload()).toBe('reloaded');
    expect(lines.at(-1)).toMatchObject({
      level: 40,
      msg: 'model reloaded',
      from: second.version,
      to: third.version,
      features: 'added stem; removed petal_width',
      classes: 'added other; removed virginica',
    });
  });

  it('refuses a model whose hash is not the expected one, at the start and later', async () => {
    const { lines, path, server } = await serveFile({ expectModel: first.sha256.slice(0, 20).toUpperCase() });
    await writeModel(path, second);
    expect(await server.reload()).toBe('failed');
    expect(server.current.model.version).toBe(first.version);
    const message = `${path}: sha256: expected it to begin with abcd, found ${second.sha256}`;
    expect(lines.at(-1)?.['reason']).toBe(message.replace('abcd', first.sha256.slice(0, 20).toUpperCase()));
    await expect(startServer({ model: path, expectModel: 'abcd' })).rejects.toThrow(
      new ArtifactError('other-model', message),
    );
  });

  it('finishes a stream on the model that it began with', async () => {
    const { path, server } = await serveFile();
    const client = new TestClient(server.address);
    const stream = client.stream('iris', 'PredictIrisSpeciesStream');
    stream.write(flower);
    expect((await once(stream, 'data'))[0]).toMatchObject({ model_version: first.version });
    await writeModel(path, second);
    await server.reload();
    expect(await client.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ model_version: second.version });
    stream.write(flower);
    expect((await once(stream, 'data'))[0]).toMatchObject({ model_version: first.version, species_name: 'setosa' });
    stream.resume().end();
    await once(stream, 'end');
  });

  it('never mixes two models in one reply', async () => {
    const { path, server } = await serveFile();
    const client = new TestClient(server.address);
    const seen = new Set<unknown>();
    const reloads = (async () => {
      for (let round = 0; round < 10; round++) {
        await writeModel(path, round % 2 === 0 ? second : first);
        await server.reload();
      }
      return true;
    })();
    let done = false;
    void reloads.then(() => {
      done = true;
    });
    while (!done) {
      const { model_version: version, species_name } = await client.call('iris', 'PredictIrisSpecies', flower);
      expect(species_name).toBe(species[version as string]);
      seen.add(version);
    }
    expect(seen.size).toBe(2);
  });
});

describe('watching', () => {
  it('reloads when the file is replaced', async () => {
    const { line, path, server } = await serveFile({ watch: true });
    await writeModel(path, second);
    expect(await line('model reloaded')).toMatchObject({ to: second.version });
    expect(server.current.model.version).toBe(second.version);
  });

  it('reloads when a link beside the file is swapped, as Kubernetes does', async () => {
    const folder = await temporaryFolder();
    for (const [name, model] of [['v1', first] as const, ['v2', second] as const]) {
      await mkdir(join(folder, name));
      await writeModel(join(folder, name, 'model.json'), model);
    }
    await symlink('v1', join(folder, '..data'));
    await symlink(join('..data', 'model.json'), join(folder, 'model.json'));
    const { line, log } = recordLog();
    const server = await startServer({ model: join(folder, 'model.json'), log, watch: true });
    expect(server.current.model.version).toBe(first.version);
    await symlink('v2', join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    expect(await line('model reloaded')).toMatchObject({ from: first.version, to: second.version });
  });

  it('says that a bad file came, and takes the good one that follows', async () => {
    const { line, path, server } = await serveFile({ watch: true });
    await writeFile(path, '{');
    await line('reload failed: the old model stays');
    expect(server.current.model.version).toBe(first.version);
    await writeModel(path, second);
    await line('model reloaded');
    expect(server.current.model.version).toBe(second.version);
  });
});

describe('starting', () => {
  it('fails before a port is bound when there is no model', async () => {
    await expect(startServer({ model: '/nowhere/iris.json' })).rejects.toThrow(
      new InputError('/nowhere/iris.json: cannot be read: no such file or directory'),
    );
  });
});
