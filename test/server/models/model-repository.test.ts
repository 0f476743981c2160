import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contractFor } from '../../../src/contract/contract.js';
import { writeContract } from '../../../src/contract/proto-text.js';
import { InputError } from '../../../src/ground/errors.js';
import type { ReloadOutcome } from '../../../src/server/models/holder.js';
import { ModelRepository, type RepositorySource } from '../../../src/server/models/model-repository.js';
import { deepModel, mixedModel } from '../models.js';
import { recordLog } from '../serving.js';
import { first, ModelFolder, second, third } from './folder.js';

async function open(folder: ModelFolder, source: Partial<RepositorySource> = {}) {
  const { lines, log } = recordLog();
  const outcomes: ReloadOutcome[] = [];
  const complete = { folder: folder.path, control: 'none', load: [], pollMs: 1, name: 'iris', ...source } as const;
  const repository = await ModelRepository.open(complete, log, (outcome) => outcomes.push(outcome));
  const versions = () => repository.models.index().map(({ name, reason, version }) => [name, version || reason]);
  return { repository, models: repository.models, versions, outcomes, lines };
}

describe('a folder of models', () => {
  it('gives every file of every model, by version, by alias, and one of each by default', async () => {
    const folder = new ModelFolder({
      'flowers/v1.json': first,
      'flowers/v2.json': second,
      'flowers/v10.json': third,
      'wine/a.json': mixedModel(),
    });
    folder.put('flowers/aliases', `# named by hand\nold v1.json\r\ncanary ${second.version}\n\n`);
    const { models } = await open(folder);
    expect([...models.names]).toEqual(['flowers', 'wine']);
    expect(models.versionsOf('flowers')).toEqual([first, second, third].map(({ version }) => version));
    const found = ['', 'old', 'canary', third.version].map((version) => models.find('flowers', version).model.version);
    expect(found).toEqual([third.version, first.version, second.version, third.version]);
    expect(models.find('wine', '').model.classes).toEqual(['a', 'b']);
    expect(models.index().map(({ aliases }) => aliases)).toEqual([['old'], ['canary'], [], []]);
  });

  it('takes files with the same content for one version, whichever of them is asked for, and keeps it under another name', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'iris/2.json': first });
    folder.put('iris/aliases', 'old 1.json\ncanary 2.json\n');
    const { models, repository } = await open(folder);
    const [only, ...others] = models.served;
    expect(others).toEqual([]);
    for (const version of ['', 'old', 'canary', first.version]) expect(models.find('iris', version)).toBe(only);
    expect(models.index().map(({ aliases }) => aliases)).toEqual([['old', 'canary']]);
    folder.put('iris/3.json', first);
    folder.remove('iris/1.json');
    folder.remove('iris/2.json');
    folder.put('iris/aliases', 'canary 3.json\n');
    await repository.reload();
    for (const version of ['', 'canary']) expect(models.find('iris', version)).toBe(only);
  });

  it('has many models in the order of their names, though small ones are read together', async () => {
    const folder = new ModelFolder({ 'm20/1.json': deepModel(2000), 'm7/1.json': '{' });
    const names = Array.from({ length: 40 }, (_, index) => `m${index}`);
    for (const name of names) if (name !== 'm20' && name !== 'm7') folder.put(`${name}/1.json`, first);
    const { lines, models, repository } = await open(folder);
    expect(repository.models.index().map(({ name }) => name)).toEqual(names);
    expect(models.served).toHaveLength(39);
    expect(models.find('m20', '').model.version).toBe(deepModel(2000).version);
    expect(lines.filter(({ msg }) => msg === 'model refused')).toMatchObject([{ model: 'm7' }]);
    folder.remove('m0');
    expect([await repository.reload(), models.get('m0')]).toEqual(['reloaded', undefined]);
  });

  it('serves the stable version by default where one is named', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'iris/2.json': second });
    folder.put('iris/aliases', `stable ${first.version.slice(0, 6)}`);
    const { models } = await open(folder);
    expect(models.current().model.version).toBe(first.version);
  });

  it('refuses by name what it does not have, and what is not loaded', async () => {
    const folder = new ModelFolder({ 'good/1.json': first, 'bad/1.json': '{}' });
    const { models } = await open(folder);
    expect(() => models.find('..', '')).toThrow('expected a model of this server, found ".."');
    expect(() => models.find('good', 'beta')).toThrow(
      `expected a version of model "good", ${first.version}, found "beta"`,
    );
    expect(() => models.find('bad', '')).toThrow(/^model "bad" is not loaded: 1.json: /);
    expect(() => models.current()).toThrow('model "iris" is not loaded, which answers this service');
  });

  it('leaves out what has no name for a model, and says so once', async () => {
    const folder = new ModelFolder({
      'iris/1.json': first,
      '..data/x/1.json': first,
      'a b/1.json': first,
      'u\u202e/1.json': first,
    });
    folder.put('README.md', 'no model');
    const { lines, models, repository } = await open(folder);
    await repository.reload();
    expect([...models.names]).toEqual(['iris']);
    expect(lines.filter(({ msg }) => msg === 'folders without a name for a model')).toEqual([
      expect.objectContaining({ names: 'a b, "u\\u202e"' }),
    ]);
  });

  it.each([
    ['a folder that is not there', {}, /cannot be read: no such file or directory/, 'none/at/all'],
    [
      'a folder without models',
      {},
      /expected at least one model, as name\/version.json, that can be served, found none$/,
      '',
    ],
    ['bad files alone', { 'iris/1.json': 'x' }, /found iris: 1.json: /, ''],
    [
      'a model without a file',
      { 'iris/readme': 'x' },
      /found iris: expected a file of a version, as version.json, found none/,
      '',
    ],
  ])('is refused at the start: %s', async (_, files: Record<string, string>, message, below) => {
    const folder = new ModelFolder(files);
    const opened = open(folder, { folder: join(folder.path, below) });
    await expect(opened).rejects.toThrow(message);
    await expect(opened).rejects.toBeInstanceOf(InputError);
  });

  it('tells nothing that stands in a file which is no JSON', async () => {
    const texts = ['token: s3cret', '{"a": s3cret}', '{"a": 1, "b": "x", "s3cret": s3cret, "c": "y"}', 's3cret'];
    const folder = new ModelFolder({ 'iris/0.json': first });
    for (const [index, text] of texts.entries()) folder.put(`iris/${index + 1}.json`, text);
    const { lines, versions } = await open(folder);
    const reasons = versions()
      .slice(1)
      .map(([, reason]) => reason);
    expect(reasons).toEqual(texts.map((_, index) => expect.stringMatching(`^${index + 1}\\.json: not JSON`)));
    expect(JSON.stringify([reasons, lines])).not.toContain('s3cret');
  });

  it('keeps what it has where files become bad, and takes each file that becomes good', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'other/1.json': second });
    const { lines, models, outcomes, repository, versions } = await open(folder, { control: 'poll' });
    folder.put('iris/1.json', '{"half": ');
    expect(await repository.reload()).toBe('failed');
    expect(repository.fileRefused).toBe(true);
    expect(models.find('iris', '').model.version).toBe(first.version);
    expect(versions()).toEqual([
      ['iris', first.version],
      ['iris', expect.stringMatching(/^1.json: /)],
      ['other', second.version],
    ]);
    // Nothing internal: callers see the index.
    expect(JSON.stringify(versions())).not.toContain(folder.path);
    expect(await repository.reload()).toBe('unchanged');
    folder.put('iris/1.json', third);
    expect(await repository.reload()).toBe('reloaded');
    expect([repository.fileRefused, versions()]).toEqual([
      false,
      [
        ['iris', third.version],
        ['other', second.version],
      ],
    ]);
    expect(outcomes).toEqual(['failed', 'reloaded']);
    expect(lines.filter(({ level }) => level >= 50)).toHaveLength(1);
    expect(lines.at(-1)).toMatchObject({ msg: 'model loaded', model: 'iris', from: first.version, to: third.version });
  });

  it('follows folders and files that come and go', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first });
    const { repository, versions } = await open(folder);
    folder.put('iris/2.json', second);
    folder.put('wine/1.json', mixedModel());
    await repository.reload();
    expect(versions()).toEqual([
      ['iris', first.version],
      ['iris', second.version],
      ['wine', mixedModel().version],
    ]);
    folder.remove('iris/2.json');
    folder.remove('wine');
    expect(await repository.reload()).toBe('reloaded');
    expect(versions()).toEqual([['iris', first.version]]);
  });

  it('reads a file again only once it has changed: the model is the same one', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first });
    const { models, repository } = await open(folder);
    const served = models.current();
    folder.put('iris/2.json', second);
    await repository.reload();
    expect(models.find('iris', first.version)).toBe(served);
    // Other bytes of the same model.
    folder.put('iris/1.json', first);
    await repository.reload();
    expect(models.find('iris', first.version)).toBe(served);
  });

  it('warns where callers of the default version have to change', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first });
    const { lines, repository } = await open(folder);
    folder.put('iris/2.json', deepModel(2));
    await repository.reload();
    expect(lines.at(-1)).toMatchObject({ level: 40, msg: 'model loaded', classes: expect.stringContaining('added') });
  });

  it('keeps the version that answered where the stable one cannot be had', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'iris/2.json': second, 'iris/aliases': 'stable 1.json' });
    const { models, repository, versions } = await open(folder);
    folder.put(
      'iris/aliases',
      'stable 3.json\nCanary 2.json\nbeta\nbeta 2.json 1.json\nbeta 2.json\nbeta 1.json\n0123456789ab 1.json',
    );
    await repository.reload();
    expect(models.current().model.version).toBe(first.version);
    expect(
      versions()
        .slice(2)
        .map(([, reason]) => reason),
    ).toEqual([
      'aliases: line 2: expected a name of up to 32 characters of a-z, 0-9, _ and -, a letter first, found "Canary"',
      'aliases: line 3: expected a name and one version, found 0 after "beta"',
      'aliases: line 4: expected a name and one version, found 2 after "beta"',
      'aliases: line 6: expected each name once, found "beta" again',
      'aliases: line 7: expected a name of up to 32 characters of a-z, 0-9, _ and -, a letter first, found "0123456789ab"',
      'aliases: stable: expected a version that is loaded, found "3.json"',
    ]);
  });

  it('serves nothing by default where the stable version was never there', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'iris/aliases': 'stable 9.json', 'other/1.json': first });
    const { models } = await open(folder);
    expect(() => models.current()).toThrow('model "iris" is not loaded');
    expect(models.find('iris', first.version).model.version).toBe(first.version);
    expect([models.stateOf('iris'), models.stateOf('other'), models.stateOf('x')]).toEqual([
      'UNAVAILABLE',
      'READY',
      undefined,
    ]);
  });

  it.each(['stable', 'stab', 'stable 1.json x', '\0\0\0 1'])(
    'keeps the version that answered where the names are cut: %j',
    async (text) => {
      const folder = new ModelFolder({ 'iris/1.json': first, 'iris/2.json': second, 'iris/aliases': 'stable 1.json' });
      const { models, repository } = await open(folder);
      folder.put('iris/aliases', text);
      await repository.reload();
      expect(models.find('iris', '').model.version).toBe(first.version);
      folder.remove('iris/aliases');
      mkdirSync(join(folder.path, 'iris/aliases'));
      await repository.reload();
      expect(models.find('iris', '').model.version).toBe(first.version);
      folder.remove('iris/aliases');
      await repository.reload();
      expect(models.find('iris', '').model.version).toBe(second.version);
    },
  );

  it('serves nothing by default where the names are cut at the start, and says that this is the reason', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'iris/2.json': '{', 'iris/aliases': 'stable' });
    const { models } = await open(folder, { control: 'explicit', load: ['iris'] });
    expect(() => models.find('iris', '')).toThrow(
      'model "iris" has no version that answers by default: aliases: line 1: expected a name and one version, found 0 after "stable"',
    );
    folder.put('iris/aliases', 'x 1.json 2\nstable 7.json');
    const { models: others } = await open(folder, { control: 'explicit', load: ['iris'] });
    expect(() => others.find('iris', '')).toThrow(
      'default: aliases: stable: expected a version that is loaded, found "7.json"',
    );
  });

  it('ends a call on the versions that it began with', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first });
    const { models, repository } = await open(folder);
    const taken: unknown[] = [];
    const context = { take: (model: unknown) => taken.push(model) && model } as never;
    const call = models.forCall(context);
    const before = call.find('iris', '');
    folder.put('iris/1.json', second);
    await repository.reload();
    expect(call.find('iris', '')).toBe(before);
    expect(models.forCall(context).find('iris', '').model.version).toBe(second.version);
    expect(taken).toHaveLength(3);
  });
});

describe('models that calls control', () => {
  it('are in the index, and answer once they are loaded', async () => {
    const folder = new ModelFolder({ 'a/1.json': first, 'b/1.json': second });
    const { models, repository, versions } = await open(folder, { control: 'explicit', load: ['b'] });
    expect(versions()).toEqual([
      ['a', 'not loaded'],
      ['b', second.version],
    ]);
    expect(repository.fileRefused).toBe(false);
    const { control } = repository;
    await control.load('a');
    await control.unload('b');
    expect(versions()).toEqual([
      ['a', first.version],
      ['b', 'not loaded'],
    ]);
    expect(() => models.find('b', '')).toThrow('model "b" is not loaded');
    await control.unload('b');
    folder.put('c/1.json', third);
    await control.discover();
    await control.load('c');
    folder.remove('a');
    folder.remove('b');
    await control.discover();
    // What is loaded goes on without its folder.
    expect(versions()).toEqual([
      ['a', first.version],
      ['c', third.version],
    ]);
  });

  it('are all loaded at the start where that is asked for', async () => {
    const folder = new ModelFolder({ 'a/1.json': first, 'b/1.json': second });
    const { versions } = await open(folder, { control: 'explicit', load: ['*'] });
    expect(versions()).toEqual([
      ['a', first.version],
      ['b', second.version],
    ]);
  });

  it('are missed in the log where they are to be loaded at the start and have no folder', async () => {
    const folder = new ModelFolder({ 'a/1.json': first });
    const { lines } = await open(folder, { control: 'explicit', load: ['*', 'a', 'b'] });
    expect(lines.filter(({ level }) => level === 40)).toMatchObject([
      { msg: 'no folder of a model that is to be loaded', models: ['b'] },
    ]);
  });

  it('are refused by name: none that is not there, and none that leads elsewhere', async () => {
    const folder = new ModelFolder({ 'a/1.json': first });
    const { repository } = await open(folder, { control: 'explicit' });
    const { load, unload } = repository.control;
    await expect(load('x')).rejects.toThrow('expected a model of this server, found "x"');
    await expect(unload('x')).rejects.toThrow('expected a model of this server, found "x"');
    for (const name of ['', '..', '../a', 'a/../a', 'a\0', 'a\n', '.a', 'a'.repeat(129), 'ä']) {
      await expect(load(name)).rejects.toThrow(/^model_name: expected up to 128 ASCII letters/);
      await expect(unload(name)).rejects.toThrow(/^model_name: expected up to 128 ASCII letters/);
    }
  });

  it('stay as they are where a load is refused, which says why', async () => {
    const folder = new ModelFolder({ 'a/1.json': first });
    const { models, repository } = await open(folder, { control: 'explicit', load: ['a'] });
    folder.put('a/1.json', '{}');
    await expect(repository.control.load('a')).rejects.toThrow(/^model "a": 1.json: /);
    expect(models.find('a', '').model.version).toBe(first.version);
    folder.put('a/1.json', second);
    await repository.control.load('a');
    expect(models.find('a', '').model.version).toBe(second.version);
  });

  it('are not looked for at a signal, but those that are loaded are read again', async () => {
    const folder = new ModelFolder({ 'a/1.json': first, 'b/1.json': first });
    const { repository, versions } = await open(folder, { control: 'explicit', load: ['a'] });
    folder.put('a/1.json', second);
    folder.put('c/1.json', second);
    await repository.reload();
    expect(versions()).toEqual([
      ['a', second.version],
      ['b', 'not loaded'],
    ]);
  });

  it('are not controlled by calls unless that is asked for', async () => {
    const { repository } = await open(new ModelFolder({ 'a/1.json': first }));
    await expect(repository.control.load('a')).rejects.toThrow(
      'cannot load model "a": this server loads models by itself: it takes such calls where its model control is explicit',
    );
  });
});

describe('a promotion', () => {
  const served = (models: ModelRepository['models']) => models.find('iris', '').model.version;
  const opened = (folder: ModelFolder) => open(folder, { control: 'explicit', load: ['iris'] });

  it('has a version answer, by version or by name, until it is rolled back', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'iris/2.json': second, 'iris/3.json': third });
    folder.put('iris/aliases', '# ours\nstable 1.json\ncanary 2.json\n');
    const { lines, models, repository } = await opened(folder);
    const { promote, rollBack } = repository.control;
    await promote('iris', 'canary');
    expect(served(models)).toBe(second.version);
    expect(readFileSync(join(folder.path, 'iris/aliases'), 'utf8')).toBe(
      `# ours\ncanary 2.json\nstable ${second.version}\nprevious ${first.version}\n`,
    );
    await rollBack('iris');
    expect(served(models)).toBe(first.version);
    await expect(rollBack('iris')).rejects.toThrow(
      'model "iris": expected a version that a promotion replaced, found none',
    );
    await promote('iris', third.version);
    await promote('iris', third.version);
    expect([served(models), [...repository.promotions]]).toEqual([
      third.version,
      [['iris', { promoted: 2, rolledBack: 1 }]],
    ]);
    const told = lines.filter(({ msg }) => /promoted|rolled/.test(msg)).map(({ from, msg, to }) => [msg, from, to]);
    expect(told).toEqual([
      ['model promoted', first.version, second.version],
      ['model rolled back', second.version, first.version],
      ['model promoted', first.version, third.version],
    ]);
  });

  it('holds for a version that answered as the last file, once another file comes', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'iris/2.json': second });
    const { models, repository } = await opened(folder);
    await repository.control.promote('iris', second.version);
    folder.put('iris/3.json', third);
    await repository.control.load('iris');
    expect([served(models), models.versionsOf('iris').length, repository.promotions.size]).toEqual([
      second.version,
      3,
      0,
    ]);
    await expect(repository.control.rollBack('iris')).rejects.toThrow('expected a version that a promotion replaced');
  });

  it('is not rolled back while the model is not loaded', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'iris/2.json': second });
    const { repository } = await opened(folder);
    await repository.control.promote('iris', first.version);
    await repository.control.unload('iris');
    await expect(repository.control.rollBack('iris')).rejects.toThrow('model "iris" is not loaded');
  });

  it('holds for a server that starts again', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'iris/2.json': second });
    const { repository } = await opened(folder);
    await repository.control.promote('iris', first.version);
    const { models, repository: again } = await opened(folder);
    expect(served(models)).toBe(first.version);
    await again.control.rollBack('iris');
    expect(served(models)).toBe(second.version);
  });

  it('is refused where the version is not loaded, and changes nothing', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first });
    const { models, repository } = await opened(folder);
    const { promote } = repository.control;
    await expect(promote('iris', 'canary')).rejects.toThrow(/^expected a version of model "iris", .*, found "canary"$/);
    await expect(promote('iris', '')).rejects.toThrow('version: expected a version, found none');
    await expect(promote('none', 'canary')).rejects.toThrow('expected a model of this server, found "none"');
    await expect(promote('../x', 'canary')).rejects.toThrow(/^model_name: /);
    expect([served(models), existsSync(join(folder.path, 'iris/aliases'))]).toEqual([first.version, false]);
  });

  it.each([
    ['gone', (folder: ModelFolder) => folder.remove('iris/2.json')],
    ['refused', (folder: ModelFolder) => folder.put('iris/2.json', '{')],
  ])('is refused, and none is rolled back, where the file of the version is %s', async (_, spoil) => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'iris/2.json': second });
    folder.put('iris/aliases', 'stable 1.json\ncanary 2.json\nprevious 2.json\n');
    const { models, repository } = await opened(folder);
    spoil(folder);
    const { promote, rollBack } = repository.control;
    const reason = `model "iris": expected a file with version ${second.version} as it was loaded, found none: put it back, and load the model`;
    await expect(promote('iris', 'canary')).rejects.toThrow(reason);
    await expect(rollBack('iris')).rejects.toThrow(reason);
    await repository.reload();
    await expect(promote('iris', first.version)).resolves.toBeUndefined();
    expect([served(models), repository.promotions.size]).toEqual([first.version, 0]);
  });

  it('is refused where its folder cannot be written', async () => {
    const folder = new ModelFolder({ 'iris/1.json': first, 'iris/2.json': second });
    const { models, repository } = await opened(folder);
    mkdirSync(join(folder.path, 'iris/aliases'));
    await expect(repository.control.promote('iris', first.version)).rejects.toThrow(
      'model "iris": the file of the names of its versions cannot be written',
    );
    expect(served(models)).toBe(second.version);
  });
});

describe('a split', () => {
  it('goes by a share for the model before one for all models, and leaves out who gives an empty name', async () => {
    const folder = new ModelFolder({
      'iris/1.json': first,
      'iris/2.json': second,
      'iris/aliases': 'stable 1.json\ncanary 2.json',
    });
    const { models } = await open(folder, {
      split: [
        { alias: 'canary', share: 1e-9 },
        { model: 'iris', alias: 'canary', share: 1 },
      ],
    });
    const answerTo = (caller: string, ids?: object) => models.current({ caller, ids } as never).model.version;
    expect(answerTo('a')).toBe(second.version);
    expect(answerTo('')).toBe(first.version);
    expect(answerTo('', { requestId: 'a' })).toBe(second.version);
  });

  it('has another version answer the share of the callers that say who they are, each always the same', async () => {
    const folder = new ModelFolder({
      'iris/1.json': first,
      'iris/2.json': second,
      'iris/aliases': 'stable 1.json\ncanary 2.json',
    });
    const { models } = await open(folder, { split: [{ alias: 'canary', share: 0.2 }] });
    const answerTo = (caller?: string, requestId?: string) =>
      models.current({ caller, ids: requestId === undefined ? undefined : { requestId } } as never).model.version;
    const callers = Array.from({ length: 2000 }, (_, index) => `caller-${index}`);
    const versions = callers.map((caller) => answerTo(caller));
    const share = versions.filter((version) => version === second.version).length / callers.length;
    expect(share).toBeGreaterThan(0.16);
    expect(share).toBeLessThan(0.24);
    expect(callers.map((caller) => answerTo(caller, 'another'))).toEqual(versions);
    expect(callers.map((caller) => answerTo(undefined, caller))).toEqual(versions);
    expect(models.find('iris', '').model.version).toBe(first.version);
    expect(models.find('iris', second.version, { caller: 'x' } as never).model.version).toBe(second.version);
  });

  it('keeps callers on the new version while its share grows, and is over once that is promoted', async () => {
    const folder = new ModelFolder({
      'iris/1.json': first,
      'iris/2.json': second,
      'iris/aliases': 'stable 1.json\ncanary 2.json',
    });
    const sides = async (share: number) => {
      const { models } = await open(folder, {
        split: [
          { model: 'other', alias: 'canary', share: 1 },
          { alias: 'canary', share },
        ],
      });
      const callers = Array.from({ length: 200 }, (_, index) => `${index}`);
      return callers.filter((caller) => models.current({ caller } as never).model.version === second.version);
    };
    const [few, many] = [await sides(0.1), await sides(0.5)];
    expect(many).toEqual(expect.arrayContaining(few));
    expect([few.length > 0, many.length > few.length, (await sides(1)).length]).toEqual([true, true, 200]);
    folder.put('iris/aliases', 'stable 2.json\ncanary 2.json');
    expect((await sides(0.1)).length).toBe(200);
  });
});

describe('whatever happens in its folder', () => {
  const [names, files] = [
    ['a', 'b'],
    ['1.json', '2.json', '10.json'],
  ];
  const contents = [first, second, third, undefined];
  const step = fc.record({
    name: fc.constantFrom(...names),
    file: fc.constantFrom(...files),
    change: fc.constantFrom('put' as const, 'put' as const, 'remove' as const),
    content: fc.constantFrom(...contents),
    looks: fc.boolean(),
  });

  it('a server has the last whole content of each file that is there, and answers from the last file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 10 }), async (steps) => {
        const folder = new ModelFolder({ 'always/1.json': first });
        const { models, repository } = await open(folder);
        /** What lies there, and what was whole when it was looked at last. */
        const there = new Map<string, string | undefined>();
        const served = new Map<string, string | undefined>();
        const look = async () => {
          await repository.reload();
          for (const key of [...served.keys()]) if (!there.has(key)) served.delete(key);
          for (const [key, version] of there) served.set(key, version ?? served.get(key));
        };
        for (const { change, content, file, looks, name } of steps) {
          const key = `${name}/${file}`;
          if (change === 'put') {
            folder.put(key, content ?? '{"half": ');
            there.set(key, content?.version);
          } else if (there.delete(key)) folder.remove(key);
          if (looks) await look();
        }
        await look();
        for (const name of names) {
          const versions = files.flatMap((file) => served.get(`${name}/${file}`) ?? []);
          expect(models.versionsOf(name)).toEqual([...new Set(versions)]);
          if (versions.length > 0) expect(models.find(name, '').model.version).toBe(versions.at(-1));
          else expect(() => models.find(name, '')).toThrow();
        }
        const refused = [...there].filter(([, version]) => version === undefined).length;
        const shown = models.index().filter(({ reason }) => reason.includes('.json: '));
        expect(shown).toHaveLength(refused);
        expect(models.find('always', '').model.version).toBe(first.version);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a contract', () => {
  it('is one of the model that it is for: its versions fit it, others need not', async () => {
    const contract = writeContract(contractFor(first, 'iris'));
    const folder = new ModelFolder({ 'iris/1.json': first, 'iris/2.json': mixedModel(), 'mixed/1.json': mixedModel() });
    const { models, versions } = await open(folder, { contract });
    expect(versions()).toEqual([
      ['iris', first.version],
      ['iris', expect.stringMatching(/^2\.json: expected a model that fits the contract, found other /)],
      ['mixed', mixedModel().version],
    ]);
    expect([models.current().typed === undefined, models.find('mixed', '').typed]).toEqual([false, undefined]);
  });
});
