import { readFileSync } from 'node:fs';
import { packageFile } from '../../ground/package-files.js';

/** The version of this package, from the package.json that is above src/ and above dist/. */
export function packageVersion(): string {
  return JSON.parse(readFileSync(packageFile('../package.json'), 'utf8')).version;
}
