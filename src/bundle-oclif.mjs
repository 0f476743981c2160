/**
 * Puts the parts of oclif that run a command into one file, in place, and the licences of what that holds beside it.
 * Why: docs/decisions/commands-without-the-whole-of-oclif.md
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

/** What commands do without, in oclif or for it: help, logs, colours, flags of files, and to lay text out for a screen. */
const LEFT_OUT = new Map([
  ['@oclif/core/lib/errors/index.js', 'module.exports = require("./errors/cli");'],
  ['@oclif/core/lib/help/index.js', ''],
  ['@oclif/core/lib/logger.js', ''],
  ['@oclif/core/lib/parser/help.js', ''],
  ['@oclif/core/lib/screen.js', ''],
  // Wrapped for a terminal, a text would be lines in the middle of an error's one line.
  [
    '@oclif/core/lib/ux/list.js',
    'module.exports = (items) => items.map((parts) => parts.filter(Boolean).join("  ")).join("\\n");',
  ],
  ['@oclif/core/lib/ux/theme.js', 'exports.colorize = (color, text) => text;'],
  ['@oclif/core/package.json', 'exports.version = "";'],
  ['@oclif/core/lib/util/fs.js', ''],
  ['clean-stack/index.js', 'module.exports = (stack) => stack;'],
  ['indent-string/index.js', ''],
  ['wrap-ansi/index.js', ''],
]);

/** @type {import('esbuild').Plugin} */
const leaveOut = {
  name: 'leave-out',
  setup({ onEnd, onLoad }) {
    const left = new Set(LEFT_OUT.keys());
    onLoad({ filter: /node_modules/ }, ({ path }) => {
      const name = path.replace(/^.*[\\/]node_modules[\\/]/, '').replaceAll('\\', '/');
      const contents = LEFT_OUT.get(name);
      left.delete(name);
      return contents === undefined ? undefined : { contents, loader: 'js' };
    });
    onEnd(() => {
      if (left.size > 0) throw new Error(`oclif has no ${[...left].join(', ')} any more`);
    });
  },
};

/**
 * @param {string} file imports oclif
 * @param {string} licences the file of licences to write
 * @throws {Error} where oclif's files are others than what is left out
 */
export async function bundleOclif(file, licences) {
  const { metafile } = await build({
    entryPoints: [file],
    outfile: file,
    allowOverwrite: true,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minify: true,
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    plugins: [leaveOut],
    metafile: true,
    logLevel: 'error',
  });
  const folders = Object.keys(metafile.inputs).flatMap((input) => {
    const [folder = '', path = ''] = /^.*node_modules\/((@[^/]+\/)?[^/]+)/.exec(input) ?? [];
    return folder && ![...LEFT_OUT.keys()].some((name) => input.endsWith(`/${name}`)) ? [[path, folder]] : [];
  });
  const texts = [...new Map(folders)].sort().map(([name, folder]) => {
    return `${name}\n\n${readFileSync(`${folder}/LICENSE`, 'utf8').trim()}\n`;
  });
  writeFileSync(licences, texts.join('\n'));
}
