import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './e2e/cli.js';
import { productionPackages } from './lockfile.js';

/** They ask for no more than that their notice comes with the code, as it does in the package's own folder. */
const ALLOWED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'CC0-1.0', 'ISC', 'MIT'];

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const manifest = JSON.parse(read('package.json'));
const page = read('docs/dependencies.md');

/** The rows of the table below a heading, as cells. */
function rowsBelow(heading: string): string[][] {
  const [, section] = page.split(`\n## ${heading}\n`);
  return [...section!.split('\n## ')[0]!.matchAll(/^\| `([^`]+)` \|(.*)\|$/gm)].map(([, name, rest]) => [
    name!,
    ...rest!.split('|').map((cell) => cell.trim()),
  ]);
}

/** @param license as in package.json: a name, or `(A OR B)` */
function isAllowed(license: unknown): boolean {
  if (typeof license !== 'string') return false;
  return license
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((name) => ALLOWED.includes(name));
}

describe('the page of dependencies', () => {
  it.each([
    ['Of the package', 'dependencies'],
    ['Optional', 'peerDependencies'],
    ['For development', 'devDependencies'],
  ])('lists under %s exactly the %s, each with a reason', (heading, kind) => {
    const rows = rowsBelow(heading);
    expect(rows.map(([name]) => name)).toEqual(Object.keys(manifest[kind]));
    expect(rows.filter(([, reason = '']) => reason.length < 10)).toEqual([]);
  });

  it('has every peer as one that may be absent', () => {
    const optional = Object.entries(manifest.peerDependenciesMeta).filter(
      ([, meta]) => (meta as { optional?: boolean }).optional,
    );
    expect(optional.map(([name]) => name)).toEqual(Object.keys(manifest.peerDependencies));
  });

  it('tells their licences', () => {
    for (const row of rowsBelow('Of the package')) {
      expect([row[0], row.at(-1)]).toEqual([row[0], JSON.parse(read(`node_modules/${row[0]}/package.json`)).license]);
    }
  });

  it('counts what a user installs', () => {
    const names = productionPackages().map(({ name, version }) => `${name}@${version}`);
    expect(page).toContain(`${new Set(names).size} packages`);
  });
});

describe('the licence', () => {
  it.each(productionPackages())('of $name $version is one of those that are allowed', ({ path }) => {
    const { license } = JSON.parse(read(`${path}/package.json`));
    expect({ license, allowed: isAllowed(license) }).toEqual({ license, allowed: true });
  });

  it.each(['GPL-3.0-only', 'MIT AND GPL-2.0', 'SEE LICENSE IN LICENSE.txt', undefined, { type: 'MIT' }])(
    'is not allowed: %o',
    (license) => {
      expect(isAllowed(license)).toBe(false);
    },
  );
});
