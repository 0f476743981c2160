import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { OutputError } from '../../../src/ground/errors.js';
import { RecordFile } from '../../../src/server/telemetry/record-file.js';

const SOURCE = fileURLToPath(new URL('../../../src/server/telemetry/record-file.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'iris-record-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(at(name), 'utf8');
const line = (name: string) => `{"time":"${name}"}\n`;

async function write(name: string, lines: readonly string[], maxBytes = 1024): Promise<void> {
  const file = await RecordFile.open(at(name), maxBytes);
  await Promise.all(lines.map((text) => file.write(Buffer.from(text))));
  await file.close();
}

describe('the file of a record', () => {
  it('has its lines in order, and is for its owner alone', async () => {
    await write('new.jsonl', [line('a'), line('b') + line('c')]);
    expect(read('new.jsonl')).toBe(line('a') + line('b') + line('c'));
    expect(statSync(at('new.jsonl')).mode & 0o777).toBe(0o600);
  });

  it('goes on with what is there, without half a line that a killed process left, and takes the rights of others', async () => {
    writeFileSync(at('old.jsonl'), `${line('a')}{"time":"ha`);
    chmodSync(at('old.jsonl'), 0o644);
    await write('old.jsonl', [line('b')]);
    expect(read('old.jsonl')).toBe(line('a') + line('b'));
    expect(statSync(at('old.jsonl')).mode & 0o777).toBe(0o600);
    // Half a line longer than what is read at once, and nothing but half a line.
    writeFileSync(at('old.jsonl'), `${line('a')}{"time":"${'x'.repeat(100_000)}`);
    await write('old.jsonl', [line('c')]);
    expect(read('old.jsonl')).toBe(line('a') + line('c'));
    writeFileSync(at('old.jsonl'), '{"ti');
    await write('old.jsonl', [line('d')]);
    expect(read('old.jsonl')).toBe(line('d'));
  });

  it('becomes the older one at its size, in place of the one before: two files, none larger', async () => {
    const lines = Array.from({ length: 10 }, (_, index) => line(`${index}`.padStart(39, '0')));
    await write('full.jsonl', lines, 3 * lines[0].length);
    expect(readdirSync(folder).filter((name) => name.startsWith('full'))).toEqual(['full.jsonl', 'full.jsonl.1']);
    expect(read('full.jsonl.1')).toBe(lines.slice(6, 9).join(''));
    expect(read('full.jsonl')).toBe(lines[9]);
    expect(statSync(at('full.jsonl.1')).mode & 0o777).toBe(0o600);
  });

  it('is divided between two files where one write is larger than either, a line that is larger is alone', async () => {
    const lines = Array.from({ length: 7 }, (_, index) => line(`${index}`.padStart(39, '0')));
    const large = line('x'.repeat(500));
    const file = await RecordFile.open(at('parts.jsonl'), 3 * lines[0]!.length + 1);
    await file.write(Buffer.from(lines.join('')));
    expect([read('parts.jsonl.1'), read('parts.jsonl')]).toEqual([lines.slice(3, 6).join(''), lines[6]]);
    await file.write(Buffer.from(large + lines[0]));
    expect([read('parts.jsonl.1'), read('parts.jsonl')]).toEqual([large, lines[0]]);
    await file.close();
  });

  it('begins again where somebody moved or removed it, and where another one could not begin', async () => {
    const file = await RecordFile.open(at('gone.jsonl'), 60);
    await file.write(Buffer.from(line('a')));
    renameSync(at('gone.jsonl'), at('gone.moved'));
    await file.write(Buffer.from(line('b')));
    expect([read('gone.moved'), read('gone.jsonl')]).toEqual([line('a'), line('b')]);
    rmSync(at('gone.jsonl'));
    mkdirSync(at('gone.jsonl'));
    await expect(file.write(Buffer.from(line('c')))).rejects.toThrow(/gone\.jsonl: cannot be written: /);
    rmSync(at('gone.jsonl'), { recursive: true });
    await file.write(Buffer.from(line('d')));
    expect(read('gone.jsonl')).toBe(line('d'));
    await file.close();
  });

  it.each([
    ['another file', () => writeFileSync(at('bad'), '{"format":"iris"}'), 'another one'],
    ['a pipe', () => execFileSync('mkfifo', [at('bad')]), 'a pipe or device'],
  ])('is not %s, which stays as it is', async (_, make, found) => {
    rmSync(at('bad'), { force: true });
    make();
    const opening = RecordFile.open(at('bad'), 1024);
    await expect(opening).rejects.toThrow(
      new OutputError(`${at('bad')}: expected a file of recorded rows, or none, found ${found}`),
    );
    if (found === 'another one') expect(read('bad')).toBe('{"format":"iris"}');
  });

  it('tells why it cannot be opened', async () => {
    const path = at('none/rows.jsonl');
    await expect(RecordFile.open(path, 1024)).rejects.toThrow(
      new OutputError(`${path}: cannot be written: no such file or directory`),
    );
  });

  it.runIf(process.platform === 'linux')('loses whole lines on a full disk, and no half of one', async () => {
    // A limit of the process for the size of a file stands for a full disk: it takes a part of what is written.
    const script = `
      import { RecordFile } from ${JSON.stringify(SOURCE)};
      process.on('SIGXFSZ', () => {});
      const file = await RecordFile.open(${JSON.stringify(at('disk.jsonl'))}, 1e9);
      const line = (name) => Buffer.from(JSON.stringify({ time: name.repeat(400) }) + '\\n');
      await file.write(line('a'));
      await file.write(Buffer.concat([line('b'), line('c')])).catch(({ message }) => console.log(message));
      await file.write(line('d')).catch(({ message }) => console.log(message));
      await file.close();`;
    const outfile = at('disk.mjs');
    const stdin = { contents: script, resolveDir: folder };
    await build({ stdin, outfile, bundle: true, format: 'esm', platform: 'node', logLevel: 'error' });
    const output = execFileSync('prlimit', ['--fsize=1024', process.execPath, outfile], { encoding: 'utf8' });
    expect(output).toBe(`${at('disk.jsonl')}: cannot be written: file too large\n`);
    expect(read('disk.jsonl').split('\n')).toEqual([
      JSON.stringify({ time: 'a'.repeat(400) }),
      JSON.stringify({ time: 'd'.repeat(400) }),
      '',
    ]);
  });
});
