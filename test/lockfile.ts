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
  return lockedPackages((path, dev) => path !== '' && !dev);
}

/** What the image has beside them, to make spans. */
export function tracingPackages(): LockedPackage[] {
  return lockedPackages((path) => path.startsWith('node_modules/@opentelemetry/'));
}

function lockedPackages(isWanted: (path: string, dev: boolean) => boolean): LockedPackage[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  return Object.entries<{ version: string; dev?: boolean }>(packages)
    .filter(([path, { dev = false }]) => isWanted(path, dev))
    .map(([path, { version }]) => ({ name: path.split('node_modules/').at(-1)!, version, path }));
}
