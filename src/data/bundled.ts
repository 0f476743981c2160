import { fileURLToPath } from 'node:url';

/** The path of the iris table that comes with the package; right from `src/data` and from `dist/data` alike. */
export function bundledIrisPath(): string {
  return fileURLToPath(new URL('../../data/iris.csv', import.meta.url));
}
