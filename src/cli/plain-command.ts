import { existsSync, readFileSync } from 'node:fs';
import type { Configuration } from './base-command.js';
import { beforeDashes } from './before-dashes.js';

/**
 * A command line that only runs a command. oclif's configuration is for help, for versions and for what is misspelt.
 * Why: docs/decisions/commands-without-the-whole-of-oclif.md
 *
 * @param root URL of a script of the package, in a folder beside `dist`
 * @returns what runs it; undefined where that is left to oclif
 */
export function plainCommand([name = '', ...argv]: readonly string[], root: string): (() => Promise<void>) | undefined {
  const file = new URL(`../dist/commands/${name}.js`, root);
  // A file system may make no difference between train and Train.
  if (!/^[a-z]+$/.test(name) || asksForHelp(argv) || !existsSync(file)) return undefined;
  return async () => {
    const { default: PlainCommand } = await import(file.href);
    PlainCommand.id = name;
    await PlainCommand.run(argv, new PlainConfiguration(root));
  };
}

function asksForHelp(argv: readonly string[]): boolean {
  return beforeDashes(argv).some((word) => word === '--help' || word === '-h');
}

class PlainConfiguration implements Configuration {
  readonly bin = 'iris';
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Read where they are asked for. */
  get commands(): Configuration['commands'] {
    const manifest = new URL('../oclif.manifest.json', this.#root);
    return Object.values(JSON.parse(readFileSync(manifest, 'utf8')).commands);
  }
}
