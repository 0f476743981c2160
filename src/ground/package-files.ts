import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { InputError } from './errors.js';

/** Of this package: as in package.json, which a bundle does not have. */
export const VERSION = '0.1.0';

/** This module as tsc wrote it, or its source. */
const OWN_MODULE = /\/ground\/package-files\.[jt]s$/;

/** In a bundle of CommonJS a module has no URL. */
const here = import.meta.url ?? pathToFileURL(__filename).href;

/** `dist`, or the folder of the sources; null until it is looked for. */
let root: URL | null = null;

/**
 * Where a file of the package is, by its path in `dist`: a worker's script, the bundled model, package.json. The chunks
 * of the package lie as deep as this file does, so both find it. The bundle of another program finds the files of an
 * installed package.
 * Why: docs/decisions/packages-are-found-from-the-root.md
 *
 * @throws InputError in a bundle without an installed package of its version
 */
export function packageFile(path: string): URL {
  root ??= ownRoot() ?? installedRoot(here, VERSION);
  return new URL(path, root);
}

/** As `packageFile`, of a script of a thread, which its callers can do without: a URL of nothing where there is none. */
export function threadScript(path: string): URL {
  try {
    return packageFile(path);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return new URL(path, 'none:/');
  }
}

/** A chunk of the package has beside its folder a file that every package has, and no other bundle. */
function ownRoot(): URL | undefined {
  const above = new URL('../', here);
  return OWN_MODULE.test(here) || existsSync(new URL('ground/needs-node.js', above)) ? above : undefined;
}

/**
 * The root of the package in the nearest node_modules folder.
 *
 * @param bundle URL of a file
 * @throws InputError where there is none, or another version: code and scripts of threads would not fit each other
 */
export function installedRoot(bundle: string, version: string): URL {
  const place = `iris-grpc in the bundle ${bundle}: expected the package, version ${version}, in a node_modules folder above`;
  const advice = 'install it there for its files, or leave it out of the bundle';
  for (let folder = new URL('./', bundle); ; folder = new URL('../', folder)) {
    const installed = new URL('node_modules/iris-grpc/', folder);
    const manifest = new URL('package.json', installed);
    if (existsSync(manifest)) {
      const found: { version: string } = JSON.parse(readFileSync(manifest, 'utf8'));
      if (found.version === version) return new URL('dist/', installed);
      throw new InputError(`${place}, found version ${found.version}: ${advice}`);
    }
    if (folder.pathname === new URL('../', folder).pathname) throw new InputError(`${place}, found none: ${advice}`);
  }
}
