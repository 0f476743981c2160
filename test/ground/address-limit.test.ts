import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { tableWriter, temporaryFolder } from '../data/fixture.js';

const write = tableWriter(temporaryFolder());
const library = new URL('../../dist/index.js', import.meta.url).href;

/** Prints how many memories a process asks for that reads a table, and its rows. */
const SCRIPT = `
  const { Memory } = WebAssembly;
  let asked = 0;
  WebAssembly.Memory = class extends Memory { constructor(size) { asked++; super(size); } };
  const { readDataset } = await import(${JSON.stringify(library)});
  const { rowCount } = await readDataset(process.argv[1], { jobs: 1 });
  console.log(asked, rowCount);`;

function memoriesOf(path: string, limit: string): string {
  const command = `ulimit -v ${limit} && exec "$0" --input-type=module -e "$1" "$2"`;
  const { stderr, stdout } = spawnSync('sh', ['-c', command, process.execPath, SCRIPT, path], { encoding: 'utf8' });
  return stdout.trim() || stderr;
}

describe.skipIf(process.platform !== 'linux')('a process that may have so many addresses', () => {
  const path = write(`x,y\n${'1.25,a\n2.5,b\n'.repeat(500_000)}`);

  it('asks V8 for no more memories than it needs to read a file', () => {
    expect(memoriesOf(path, '60000000')).toBe('1 1000000');
  });

  it('asks for several where there is no limit', () => {
    expect(memoriesOf(path, 'unlimited')).toBe('4 1000000');
  });
});
