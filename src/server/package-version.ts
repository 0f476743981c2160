import { readFileSync } from 'node:fs';

/** The version of this package, from the package.json that is above src/ and above dist/. */
export function packageVersion(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
