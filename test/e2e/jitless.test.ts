import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const RUN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

it('trains the same model of a large table where Node has no WebAssembly', () => {
  const folder = mkdtempSync(join(tmpdir(), 'iris-jitless-'));
  try {
    const rows = Array.from({ length: 9000 }, (_, i) => `${(i * 7) % 97},${i % 2}`);
    writeFileSync(join(folder, 't.csv'), `a,y\n${rows.join('\n')}\n`);
    const train = (out: string, ...flags: string[]) => {
      execFileSync(process.execPath, [...flags, RUN, 'train', '--data', 't.csv', '--out', out], {
        cwd: folder,
        stdio: 'pipe',
      });
      return readFileSync(join(folder, out), 'utf8');
    };
    expect(train('jitless.json', '--jitless')).toBe(train('usual.json'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
