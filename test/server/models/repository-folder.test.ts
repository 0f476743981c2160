import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/ground/errors.js';
import { listModels, listVersions } from '../../../src/server/models/repository-folder.js';
import { ModelFolder } from './folder.js';

const LATER_MS = 10_000;

const list = (folder: ModelFolder, last?: Awaited<ReturnType<typeof listVersions>>) =>
  listVersions(folder.path, 'wine', false, last, Date.now() + LATER_MS);

describe('the folder of a model', () => {
  it('is read again only once its times are others, its files are looked at each time', async () => {
    const folder = new ModelFolder({ 'wine/1.json': 'a', 'wine/aliases': 'old 1.json' });
    const first = (await list(folder))!;
    const second = (await list(folder, first))!;
    expect(second).toEqual(first);
    expect(second.names!.entries).toBe(first.names!.entries);
    expect(second.aliases).toBe(first.aliases);
    appendFileSync(join(folder.path, 'wine/1.json'), 'b');
    appendFileSync(join(folder.path, 'wine/aliases'), '\nnew 1.json');
    const third = (await list(folder, second))!;
    expect(third.names!.entries).toBe(first.names!.entries);
    expect(third.files[0]!.stamp).not.toBe(first.files[0]!.stamp);
    expect([...third.aliases.keys()]).toEqual(['old', 'new']);
  });

  it.each([
    ['a file that comes', (path: string) => writeFileSync(join(path, '2.json'), 'a'), ['1.json', '2.json']],
    ['a file that goes', (path: string) => rmSync(join(path, '1.json')), []],
    ['a file that is renamed', (path: string) => renameSync(join(path, '1.json'), join(path, '10.json')), ['10.json']],
  ])('is read again for %s', async (_, change, files) => {
    const folder = new ModelFolder({ 'wine/1.json': 'a' });
    const first = await list(folder);
    change(join(folder.path, 'wine'));
    expect((await list(folder, first))!.files.map(({ file }) => file)).toEqual(files);
  });

  it('is read again while it is as new as its times are coarse', async () => {
    const folder = new ModelFolder({ 'wine/1.json': 'a' });
    expect((await listVersions(folder.path, 'wine', false))!.names).toBe(undefined);
  });

  it('can be one whose link is swapped, as Kubernetes swaps a ConfigMap', async () => {
    const folder = new ModelFolder({ 'wine/..one/1.json': 'a', 'wine/..two/1.json': 'b' });
    const path = join(folder.path, 'wine');
    symlinkSync('..one', join(path, '..data'));
    symlinkSync('..data/1.json', join(path, '1.json'));
    const first = (await list(folder))!;
    symlinkSync('..two', join(path, '..next'));
    renameSync(join(path, '..next'), join(path, '..data'));
    const second = (await list(folder, first))!;
    expect(second.files.map(({ file }) => file)).toEqual(['1.json']);
    expect(second.files[0]!.stamp).not.toBe(first.files[0]!.stamp);
  });

  it('may have a hundred entries, and is none where it is a file', async () => {
    const folder = new ModelFolder({ wine: 'a file' });
    expect(await list(folder)).toBe(undefined);
    folder.remove('wine');
    mkdirSync(join(folder.path, 'wine'));
    for (let file = 0; file <= 100; file++) writeFileSync(join(folder.path, 'wine', `${file}.json`), '');
    await expect(list(folder)).rejects.toThrow(/wine: expected at most 100 entries, found more$/);
    await expect(list(folder)).rejects.toBeInstanceOf(InputError);
  });
});

describe('a folder of models', () => {
  it('has a folder for each, in the order of their names', async () => {
    const folder = new ModelFolder({ 'm10/1.json': '', 'm9/1.json': '', '.git/x': '', 'read me/x': '', 'm1.json': '' });
    expect(await listModels(folder.path)).toEqual({ names: ['m9', 'm10'], refused: ['read me'] });
  });
});
