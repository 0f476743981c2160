import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './e2e/cli.js';

const text = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');

describe('docs/architecture.md', () => {
  it('is short', () => {
    expect(text.split(/\s+/).filter((word) => word !== '').length).toBeLessThan(900);
  });

  it('sends whoever adds something to places that there are', () => {
    const table = /## To add X, touch Y\n([\s\S]*?)\n\n[^-\n]/.exec(text)![1]!;
    const named = [...table.matchAll(/`([\w./-]+)`/g)].map(([, path]) => path!);
    expect(named.length).toBeGreaterThan(10);
    const places = (path: string) => [path, join('src', path), join('src', `${path}.ts`)];
    expect(named.filter((path) => !places(path).some((place) => existsSync(join(ROOT, place))))).toEqual([]);
  });
});
