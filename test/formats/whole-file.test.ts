import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const built = new URL('../../dist/formats/whole-file.js', import.meta.url).href;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iris-whole-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('leaves nothing of a file that a process ends in the middle of, and the old one as it was', () => {
  const path = join(folder, 'm.json');
  writeFileSync(path, 'old');
  const script = `
    import { readdirSync } from 'node:fs';
    import { writeWholeFile } from '${built}';
    void writeWholeFile(${JSON.stringify(path)}, 'x'.repeat(1 << 26));
    const end = () => (readdirSync(${JSON.stringify(folder)}).length > 1 ? process.exit(130) : setImmediate(end));
    end();`;
  const end = () => execFileSync(process.execPath, ['--input-type=module', '-e', script], { stdio: 'pipe' });
  expect(end).toThrow(expect.objectContaining({ status: 130 }));
  expect(readdirSync(folder)).toEqual(['m.json']);
  expect(readFileSync(path, 'utf8')).toBe('old');
});
