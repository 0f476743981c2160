import { fileURLToPath } from 'node:url';
import { packageFile } from '../ground/package-files.js';

/** The path of the iris table that comes with the package; right from `src/data` and from `dist/data` alike. */
export function bundledIrisPath(): string {
  return fileURLToPath(packageFile('../data/iris.csv'));
}
