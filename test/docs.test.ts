import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './e2e/cli.js';

const markdown = (folder: string) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
const pages = [...markdown('docs'), ...markdown('src'), 'CONTRIBUTING.md', 'README.md', 'SECURITY.md'];

/** Paths of the project in backticks, without those that are patterns. */
function pathsIn(text: string): string[] {
  return [...text.matchAll(/`((?:src|test|bench|docs|proto|bin|data|\.github)\/[\w./-]+)`/g)].map(([, path]) => path!);
}

describe('the documents', () => {
  it('name only files and folders that there are', () => {
    const named = pages.flatMap((page) => pathsIn(readFileSync(join(ROOT, page), 'utf8')).map((path) => [page, path]));
    expect(named.length).toBeGreaterThan(10);
    const gone = named.filter(
      ([, path]) => ![path!, `src/${path}`, `src/${path}.ts`].some((name) => existsSync(join(ROOT, name))),
    );
    expect(gone).toEqual([]);
  });
});
