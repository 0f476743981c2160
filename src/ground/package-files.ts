/**
 * Where a file of the package is, by its path in `dist`: a worker's script, the bundled model, package.json. Code that is
 * bundled lies as deep as this file does, so both find it.
 * Why: docs/decisions/packages-are-found-from-the-root.md
 */
export function packageFile(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}
