import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import config from '../vitest.config.js';
import { ROOT } from './e2e/cli.js';

const folder = join(ROOT, '.github/workflows');
const steps = readdirSync(folder).flatMap((name) =>
  [...readFileSync(join(folder, name), 'utf8').matchAll(/uses: (.+)$/gm)].map(([, action]) => ({
    name,
    action: action!,
  })),
);

describe('the workflows', () => {
  it.each(steps)('$name names the very commit of $action', ({ action }) => {
    expect(action).toMatch(/^\.\/|@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('use one version of each action', () => {
    const versions = new Map<string, Set<string>>();
    for (const { action } of steps) {
      const [name, version = ''] = action.split('@');
      versions.set(name!, (versions.get(name!) ?? new Set()).add(version));
    }
    expect([...versions].filter(([, found]) => found.size > 1)).toEqual([]);
  });
});

describe('.ci/run', () => {
  const script = readFileSync(join(ROOT, '.ci/run'), 'utf8');
  const kinds = (config.test!.projects as { test: { name: string } }[]).map(({ test }) => test.name);

  it.each(kinds)('runs the tests of the kind %s', (kind) => {
    const command =
      kind === 'node' ? /^npm test$/m : new RegExp(`^npx --no-install vitest run --project ${kind}$`, 'm');
    expect(script).toMatch(command);
  });
});
