import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IRIS, iris, ROOT } from './cli.js';

let folder: string;
let artifact: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-bad-input-'));
  artifact = await readFile(join(ROOT, 'artifacts/iris.json'), 'utf8');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What `iris` says about a file with this content, and that it leaves nothing behind. */
async function say(name: string, content: string | Uint8Array, args: string[]) {
  await writeFile(join(folder, name), content);
  const before = await readdir(folder);
  const run = await iris(args, { cwd: folder });
  expect(await readdir(folder)).toEqual(before);
  expect(run.stdout).toBe('');
  return { code: run.code, says: run.stderr.trim() };
}

const train = (name: string, ...more: string[]) => ['train', '--data', name, '--out', 'model.json', ...more];

const better = (flags: string) =>
  `the table can be learnt from with this command:\n  iris train --data t.csv --out model.json ${flags}`;

describe('a table that cannot be trained on', () => {
  const latin1 = Buffer.from('a,y\n1,caf\xe9\n', 'latin1');
  it.each<[string, string | Uint8Array, string[], number, string]>([
    ['is empty', '', [], 65, 't.csv: expected a table, found an empty file'],
    ['has only a header', 'a,b,y\n', [], 65, 't.csv: expected rows, found only a header'],
    ['has a ragged row', 'a,b,y\n1,2,u\n1,2\n', [], 65, 't.csv:3: expected 3 cells, found 2'],
    [
      'has text in a column of numbers',
      'a,b,y\n1,2,u\n1,2,u\n1,x,v\n',
      [],
      65,
      `t.csv:4: b: expected a number, found "x"; --categorical b reads the column as text\n${better('--categorical b')}`,
    ],
    [
      'has a number in a column of text',
      'a,b,y\n1,x,u\n1,x,u\n1,7,v\n',
      [],
      65,
      `t.csv:4: b: expected text as on line 2 ("x"), found the number 7; --categorical b reads the column as text\n${better('--categorical b')}`,
    ],
    ['has a single class', 'a,y\n1,u\n2,u\n', [], 65, 't.csv: y: expected at least two classes, found only "u"'],
    [
      'lacks a target cell',
      'a,y\n1,u\n2,\n3,v\n',
      [],
      65,
      `t.csv:3: y: expected a class, found an empty cell; --drop-missing-target leaves out the rows without one\n${better('--drop-missing-target')}`,
    ],
    [
      'lacks the target column',
      'a,y\n1,u\n2,v\n',
      ['--target', 'z'],
      65,
      't.csv: expected the target "z", found the columns a, y',
    ],
    [
      'names two columns alike',
      'a,a,y\n1,2,u\n',
      [],
      65,
      't.csv:1: expected different column names, found "a" for columns 1 and 2',
    ],
    [
      'has a header of numbers',
      '5.1,3.5,1\n4.9,3,2\n',
      [],
      65,
      't.csv:1: expected column names, found only numbers; --no-header reads the line as a row',
    ],
    [
      'is not UTF-8',
      latin1,
      [],
      65,
      't.csv:2: expected UTF-8 text, found the byte 0xe9; --encoding windows-1252 reads text of Western European Windows, if it is that',
    ],
    [
      'is read with a delimiter that cannot be one',
      'a,y\n1,u\n',
      ['--delimiter', ';;'],
      2,
      `error: --delimiter: expected one character that is neither a quote nor a line end (\\t for a tab), or ' +' for runs of blanks, found ";;" (see iris train --help)`,
    ],
  ])('that %s: its line, what was expected, what was found', async (_, content, more, code, says) => {
    expect(await say('t.csv', content, train('t.csv', ...more))).toEqual({ code, says });
  });

  it('that is missing', async () => {
    expect(await say('other.csv', '', train('none.csv'))).toEqual({
      code: 66,
      says: 'none.csv: expected a file, found none',
    });
  });

  it('but a class with one row is only worth a warning', async () => {
    await writeFile(join(folder, 'rare.csv'), 'a,y\n1,u\n2,u\n3,u\n4,u\n9,v\n');
    const run = await iris(['train', '--data', 'rare.csv', '--out', 'rare.json'], { cwd: folder });
    expect(run).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('warning: rare.csv: y: the class "v" has only one row: it is trained whole\n'),
    });
    const asked = await iris(['predict', '9', '--model', 'rare.json', '--format', 'csv'], { cwd: folder });
    expect(asked.stdout).toBe('label\nv\n');
  });
});

describe('a model file that cannot be trusted', () => {
  const check = ['serve', '--check', '--model', 'm.json'];

  it('because it is cut short', async () => {
    const { code, says } = await say('m.json', artifact.slice(0, 300), check);
    expect({ code, says: says.slice(0, 16) }).toEqual({ code: 65, says: 'm.json: not JSON' });
  });

  it('because it is of a newer version', async () => {
    expect(await say('m.json', artifact.replace('"version": 2', '"version": 3'), check)).toEqual({
      code: 65,
      says: 'm.json: format version 3 is newer than this program, which reads up to 2',
    });
  });

  it('because its hash is another', async () => {
    const { code, says } = await say('m.json', artifact.replace('2.45', '2.46'), check);
    expect(code).toBe(65);
    expect(says).toMatch(/^m\.json: sha256: expected [0-9a-f]{64}, the hash of the content, found "[0-9a-f]{40}…"$/);
  });

  it('because it is missing', async () => {
    expect(await say('m.txt', '', ['serve', '--check', '--model', 'none.json'])).toEqual({
      code: 66,
      says: 'none.json: cannot be read: no such file or directory',
    });
  });
});

describe('a command that cannot do what it is asked', () => {
  it.each<[string, string[], number, string]>([
    [
      'an unknown flag',
      ['train', '--max-dept', '3'],
      2,
      'error: unknown flag --max-dept, did you mean --max-depth? (see iris train --help)',
    ],
    ['an unknown command', ['tran'], 2, 'error: unknown command tran, did you mean train? (see iris --help)'],
    [
      'a port that is none',
      ['serve', '--port', '99999'],
      2,
      'error: --port: expected an integer from 0 to 65535, found "99999" (see iris serve --help)',
    ],
    [
      'a parameter out of range',
      ['train', '--max-depth', '0'],
      2,
      'error: --max-depth: expected an integer of at least 1, found "0" (see iris train --help)',
    ],
    [
      'an output that is no folder',
      ['train', '--out', 'file.txt/model.json'],
      73,
      'file.txt/model.json: cannot be written: not a directory',
    ],
  ])('because of %s', async (_, args, code, says) => {
    expect(await say('file.txt', '', args)).toEqual({ code, says });
  });

  it('because the count of values is wrong', async () => {
    const run = await iris(['predict', '1', '2', '3', '--model', join(ROOT, 'artifacts/iris.json')]);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr.trim().split('\n').at(-1)).toBe(
      'error: expected 4 values (sepal_length, sepal_width, petal_length, petal_width), found 3 (see iris predict --help)',
    );
  });

  it('because no server is there, or none that answers in time', async () => {
    const silent: Server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const flower = ['predict', '5', '3.6', '1.3', '0.25', '--host', '127.0.0.1', '--timeout', '300ms'];
    const deaf = await iris([...flower, '--port', String(port)]);
    silent.close();
    await once(silent, 'close');
    const absent = await iris([...flower, '--port', String(port)]);
    expect(deaf).toMatchObject({ code: 69, stdout: '' });
    expect(deaf.stderr).toContain(`127.0.0.1:${port}: no answer within 0.3 s`);
    expect(absent).toMatchObject({ code: 69, stdout: '' });
    expect(absent.stderr).toContain(`127.0.0.1:${port}: UNAVAILABLE: no server listens there`);
  });

  it('because its port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const run = await iris(['serve', '--port', String(port), '--log-level', 'silent']);
    taken.close();
    expect(run.code).toBe(69);
    expect(run.stderr).toBe(`127.0.0.1:${port}: expected a free address, found another program there\n`);
  });
});

describe('standard output', () => {
  const table = join(ROOT, 'data/iris.csv');
  const predict = ['predict', '--file', table, '--model', join(ROOT, 'artifacts/iris.json')];

  it('that its reader closed ends the command quietly', async () => {
    const child = spawn(process.execPath, [IRIS, ...predict], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    expect((await once(child, 'close'))[0]).toBe(0);
  });

  it.runIf(existsSync('/dev/full'))('on a full disk is exit code 73', async () => {
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [IRIS, ...predict], { stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    const [stderr, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')]);
    expect(code).toBe(73);
    expect(stderr).toMatch(/^standard output: cannot be written: no space left on device$/m);
  });
});

it('ends a failed import, as any bug of ours, with exit code 70', async () => {
  const broken = join(folder, 'broken');
  await mkdir(join(broken, 'bin'), { recursive: true });
  await copyFile(IRIS, join(broken, 'bin/run.js'));
  await writeFile(join(broken, 'package.json'), '{"type": "module"}');
  const child = spawn(process.execPath, [join(broken, 'bin/run.js'), 'train'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  expect({ code, stdout }).toEqual({ code: 70, stdout: '' });
  expect(stderr).toMatch(/^error: a bug of iris, please report it: Cannot find module .*\n$/);
});
