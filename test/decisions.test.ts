import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './e2e/cli.js';

const folder = join(ROOT, 'docs/decisions');
const pages = readdirSync(folder).filter((name) => name !== 'README.md');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** Names of the decisions that the project's own files speak of. */
function linked(): string[] {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.(ts|js|md)$/.test(path),
  );
  const files = ['Dockerfile', '.dependency-cruiser.mjs', 'bin/run.js', ...sources.map((path) => join('src', path))];
  return files.flatMap((path) => [...read(path).matchAll(/docs\/decisions\/([\w-]+\.md)/g)].map(([, name]) => name!));
}

describe('the decisions', () => {
  it('are each named by what they defend, and nothing names another', () => {
    expect([...new Set(linked())].sort()).toEqual([...pages].sort());
  });

  it('are each in the index, once', () => {
    const listed = [...read('docs/decisions/README.md').matchAll(/\]\(([\w-]+\.md)\)/g)].map(([, name]) => name!);
    expect(listed.sort()).toEqual([...pages].sort());
  });

  it.each(pages)('%s says what was chosen, what was measured and when to look again', (name) => {
    const text = read(join('docs/decisions', name));
    expect(text).toMatch(
      /^# .+\n\n.+[\s\S]+\n\n\*\*Choice\.\*\* .+[\s\S]+\n\n\*\*Measured\.\*\* .+[\s\S]+\n\n\*\*Revisit/,
    );
  });
});
