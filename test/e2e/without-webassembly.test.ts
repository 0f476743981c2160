import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const RUN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** More than the command takes, and less than V8 sets aside for a memory of WebAssembly. */
const FEW_ADDRESSES_KB = 8 << 20;

it('trains the same model of a large table where Node has no WebAssembly, or no memory for it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'iris-jitless-'));
  try {
    const rows = Array.from({ length: 9000 }, (_, i) => `${(i * 7) % 97},${i % 2}`);
    writeFileSync(join(folder, 't.csv'), `a,y\n${rows.join('\n')}\n`);
    const train = (out: string, limit: string, ...flags: string[]) => {
      const command = [process.execPath, ...flags, RUN, 'train', '--data', 't.csv', '--out', out];
      execFileSync('sh', ['-c', `${limit} exec "$@"`, 'sh', ...command], { cwd: folder, stdio: 'pipe' });
      return readFileSync(join(folder, out), 'utf8');
    };
    const usual = train('usual.json', '');
    expect(train('jitless.json', '', '--jitless')).toBe(usual);
    expect(train('limited.json', `ulimit -v ${FEW_ADDRESSES_KB};`)).toBe(usual);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
