import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './e2e/cli.js';

export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** Where npm installs it, from the root of the project: `node_modules/…`. */
  readonly path: string;
}

/** The packages that a user installs, theirs included; one may be there in several versions, and places. */
export function productionPackages(): LockedPackage[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  return Object.entries<{ version: string; dev?: boolean }>(packages)
    .filter(([path, { dev }]) => path !== '' && !dev)
    .map(([path, { version }]) => ({ name: path.split('node_modules/').at(-1)!, version, path }));
}
