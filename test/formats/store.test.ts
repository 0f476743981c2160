import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseModel, serializeModel } from '../../src/formats/iris-json/format.js';
import { readArtifact, readModel, writeModel } from '../../src/formats/store.js';
import { ArtifactError, badOption, InputError, OutputError } from '../../src/ground/errors.js';
import { toyParts } from '../model/toy-model.js';
import { assembleTrained } from '../model/trained-parts.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-store-'));
});
afterEach(() => rm(folder, { recursive: true }));

const model = assembleTrained(toyParts());

describe('writing a model', () => {
  it('makes the folders and leaves nothing but the file, which reads back', async () => {
    const path = join(folder, 'a', 'b', 'toy.json');
    await writeModel(path, model);
    expect(await readdir(join(folder, 'a', 'b'))).toEqual(['toy.json']);
    expect(await readModel(path)).toEqual(model);
    expect(await readArtifact(path)).toEqual({ model, text: serializeModel(model) });
  });

  it('is for a file, not for a URL', async () => {
    await expect(writeModel('https://me:secret@h/m.json', model)).rejects.toThrow(
      badOption('path', 'that of a file', 'https://h/m.json', { found: 'a URL' }),
    );
  });

  it('replaces what was there', async () => {
    const path = join(folder, 'toy.json');
    await writeFile(path, 'old');
    await writeModel(path, model);
    expect(await readFile(path, 'utf8')).toBe(serializeModel(model));
  });

  it('says why it cannot, and leaves no temporary file', async () => {
    const path = join(folder, 'toy.json');
    await mkdir(path);
    await expect(writeModel(path, model)).rejects.toThrow(
      new OutputError(`${path}: expected a file or nothing, found a folder`),
    );
    expect(await readdir(folder)).toEqual(['toy.json']);
  });

  it('follows a link', async () => {
    await writeFile(join(folder, 'real.json'), 'old');
    await symlink('real.json', join(folder, 'link.json'));
    await writeModel(join(folder, 'link.json'), model);
    expect(await readFile(join(folder, 'real.json'), 'utf8')).toBe(serializeModel(model));
    expect((await readdir(folder)).sort()).toEqual(['link.json', 'real.json']);
    expect((await lstat(join(folder, 'link.json'))).isSymbolicLink()).toBe(true);
  });

  it.each([
    ['a file that is still to come', ['link.json', 'later.json']],
    ['a link to it', ['link.json', 'middle.json', 'later.json']],
    ['a folder behind it', ['link.json', 'there/later.json']],
  ])('follows a link to %s', async (_, names) => {
    for (const [index, name] of names.slice(1).entries()) await symlink(name, join(folder, names[index]));
    await writeModel(join(folder, 'link.json'), model);
    expect(await readFile(join(folder, names.at(-1)!), 'utf8')).toBe(serializeModel(model));
    expect((await lstat(join(folder, 'link.json'))).isSymbolicLink()).toBe(true);
  });

  it('says that links lead nowhere', async () => {
    const path = join(folder, 'a.json');
    await symlink('b.json', path);
    await symlink('a.json', join(folder, 'b.json'));
    await expect(writeModel(path, model)).rejects.toThrow(
      new OutputError(`${path}: cannot be written: too many symbolic links encountered`),
    );
  });

  it.skipIf(process.platform === 'win32').each([0o600, 0o640, 0o444, 0o666])(
    'keeps the mode %o of what was there',
    async (mode) => {
      const path = join(folder, 'toy.json');
      await writeFile(path, 'old');
      await chmod(path, mode);
      await writeModel(path, model);
      expect((await stat(path)).mode & 0o7777).toBe(mode);
      expect(await readModel(path)).toEqual(model);
    },
  );

  it('makes a new file with the permissions that files get here', async () => {
    await writeFile(join(folder, 'other'), '');
    await writeModel(join(folder, 'toy.json'), model);
    expect((await stat(join(folder, 'toy.json'))).mode).toBe((await stat(join(folder, 'other'))).mode);
  });

  it.runIf(process.getuid?.() === 0)('keeps the owner, where it may', async () => {
    const path = join(folder, 'toy.json');
    await writeFile(path, 'old');
    await chown(path, 12_345, 12_346);
    await writeModel(path, model);
    expect(await stat(path)).toMatchObject({ uid: 12_345, gid: 12_346 });
  });

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('says that a folder is not ours', async () => {
    await chmod(folder, 0o500);
    const path = join(folder, 'toy.json');
    await expect(writeModel(path, model)).rejects.toThrow(
      new OutputError(`${path}: cannot be written: permission denied`),
    );
    await chmod(folder, 0o700);
  });

  it.runIf(existsSync('/dev/full'))('leaves a device what it is', async () => {
    await expect(writeModel('/dev/full', model)).rejects.toThrow(
      new OutputError('/dev/full: expected a file or nothing, found a pipe or device'),
    );
  });

  it.skipIf(process.platform === 'win32')('leaves a pipe what it is', async () => {
    const path = join(folder, 'pipe.json');
    execFileSync('mkfifo', [path]);
    await expect(writeModel(path, model)).rejects.toThrow(
      new OutputError(`${path}: expected a file or nothing, found a pipe or device`),
    );
    expect((await lstat(path)).isFIFO()).toBe(true);
  });

  it.runIf(existsSync('/proc/self'))(
    'ends where the system denies that a folder exists in which it makes none',
    async () => {
      await expect(writeModel('/proc/none/toy.json', model)).rejects.toThrow(
        new OutputError('/proc/none/toy.json: cannot be written: no such file or directory'),
      );
    },
  );

  it('says that a folder cannot be made where a file is', async () => {
    await writeFile(join(folder, 'file'), '');
    const path = join(folder, 'file', 'toy.json');
    await expect(writeModel(path, model)).rejects.toThrow(
      new OutputError(`${path}: cannot be written: not a directory`),
    );
  });
});

describe('reading a model', () => {
  it('follows a link', async () => {
    await writeModel(join(folder, 'toy.json'), model);
    await symlink('toy.json', join(folder, 'link.json'));
    expect(await readModel(join(folder, 'link.json'))).toEqual(model);
  });

  it('says that there is no such file', async () => {
    const path = join(folder, 'none.json');
    await expect(readModel(path)).rejects.toThrow(new InputError(`${path}: cannot be read: no such file or directory`));
  });

  it('says that it is a folder', async () => {
    await expect(readModel(folder)).rejects.toThrow(
      new InputError(`${folder}: cannot be read: illegal operation on a directory`),
    );
  });

  it.skipIf(process.platform === 'win32')('does not wait for what a pipe brings', async () => {
    const path = join(folder, 'pipe.json');
    execFileSync('mkfifo', [path]);
    await symlink('pipe.json', join(folder, 'link.json'));
    for (const name of [path, join(folder, 'link.json')]) {
      await expect(readModel(name)).rejects.toThrow(
        new InputError(`${name}: expected a regular file, found a pipe: write the model to a file first`),
      );
    }
  });

  it.runIf(existsSync('/dev/zero'))('reads no device, which may have no end', async () => {
    await expect(readModel('/dev/zero')).rejects.toThrow(
      new InputError('/dev/zero: expected a regular file, found a device: write the model to a file first'),
    );
  });

  it('names the file in what is wrong with it', async () => {
    const path = join(folder, 'toy.json');
    await writeFile(path, '[]');
    await expect(readModel(path)).rejects.toThrow(
      new ArtifactError('format', `${path}: expected a model, found JSON that is no object`),
    );
  });

  it('refuses a file that is too large before it parses it', async () => {
    const path = join(folder, 'toy.json');
    await writeFile(path, '{');
    await truncate(path, 300 * 1024 * 1024);
    await expect(readModel(path)).rejects.toThrow(
      new ArtifactError('too-large', `${path}: expected at most 268435456 bytes, found more`),
    );
  });
});

describe('the bundled model', () => {
  it('is refused, or the same model, whatever single byte is changed', async () => {
    const bytes = await readFile(new URL('../../artifacts/iris.json', import.meta.url));
    const sound = parseModel(bytes, 'iris.json');
    let same = 0;
    for (let at = 0; at < bytes.length; at++) {
      // Each bit in turn, so that digits become other digits and white space other white space.
      const original = bytes[at];
      bytes[at] = original ^ (1 << (at % 8));
      const found = outcome(bytes);
      if (found !== 'refused') {
        same++;
        expect(found, `byte ${at}`).toEqual(sound);
      }
      bytes[at] = original;
    }
    expect(same).toBeLessThan(bytes.length / 2);
    expect(parseModel(bytes, 'iris.json')).toEqual(sound);
  });

  it('is refused wherever it is cut off', async () => {
    const bytes = await readFile(new URL('../../artifacts/iris.json', import.meta.url));
    // The last byte is the newline, which means nothing.
    for (let length = 0; length < bytes.length - 1; length += 7) {
      expect(outcome(bytes.subarray(0, length)), `${length} bytes`).toBe('refused');
    }
  });
});

function outcome(bytes: Uint8Array) {
  try {
    return parseModel(bytes, 'iris.json');
  } catch (error) {
    expect(error).toBeInstanceOf(ArtifactError);
    return 'refused';
  }
}
