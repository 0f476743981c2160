/**
 * Bundles and minifies what tsc made in dist/ in place, with shared chunks, and the declarations of each entry into one file;
 * packages stay outside. Run by `npm run bundle`. It fails on any
 * warning: a pattern that matches nothing would leave a thread's script as it was, with imports that the package lacks.
 * Why: docs/decisions/bundled-command-line.md
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, resolve } from 'node:path';
import { transform } from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { minify } from 'terser';
import { globSync } from 'tinyglobby';
import { bundleOclif } from './bundle-oclif.mjs';
import { sharedFiles } from './shared-files.mjs';

const COMMANDS = globSync('commands/*.js', { cwd: 'dist' });
/** Loaded in other people's programs, every few seconds, and by a thread whose start is waited for. */
const CLOSED = ['index.js', 'tree/index.js', 'cli/health-probe.js', 'data/csv/stretch-worker.js'];
const SCRIPTS = globSync(['cli/{main,serve-worker}.js', '{data/csv,formats}/*-worker.js', 'training/*/worker.js'], {
  cwd: 'dist',
});
const ENTRIES = [...CLOSED, ...SCRIPTS, ...COMMANDS];
const PACKAGES = /^[^./]/;

/** Node prints the line of an error that nobody caught. */
const LINE_LENGTH = 900;
const LONG_LINE = 1000;

await bundleOclif('dist/cli/oclif.js', 'dist/oclif-licences.txt');

const bundle = await rollup({
  input: Object.fromEntries(ENTRIES.map((file) => [file.replace(/\.js$/, ''), inDist(file)])),
  external: PACKAGES,
  // What only other modules import has no effects but for them.
  treeshake: { moduleSideEffects: (id) => ENTRIES.some((file) => inDist(file) === id) },
  onLog: (_, { message }) => {
    throw new Error(message);
  },
});
/** @type {Map<string, string> | undefined} */
let names;
const { output } = await bundle.generate({
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  // Each import of a file is looked for.
  hoistTransitiveImports: false,
  onlyExplicitManualChunks: true,
  manualChunks: (id, context) => {
    names ??= namesOfChunks(context);
    return names.get(id);
  },
});
await bundle.close();
mkdirSync('dist/chunks');

const chunks = output.flatMap((chunk) => (chunk.type === 'asset' ? [] : [[chunk.fileName, chunk.code]]));
/** A browser asks for each file of the playground. */
const pages = globSync('playground/*.js', { cwd: 'dist' }).map((file) => [file, readFileSync(inDist(file), 'utf8')]);
for (const [name, text] of [...chunks, ...pages]) {
  const { code } = await minify(text, {
    module: true,
    ecma: 2022,
    compress: { passes: 2 },
    format: { max_line_len: LINE_LENGTH },
    nameCache: sharedNames(text),
  });
  writeFileSync(join('dist', name), await inShortLines(code));
}

// Each entry gets its own declarations, and nothing that its exports do not name.
for (const entry of ['dist/index.d.ts', 'dist/tree/index.d.ts']) {
  const declarations = await rollup({ input: entry, plugins: [dts()], external: PACKAGES });
  await declarations.write({ file: entry });
}

/**
 * terser breaks no line within a text; esbuild does, but its files are a twentieth larger.
 *
 * @param {string} code
 */
async function inShortLines(code) {
  if (code.split('\n').every(({ length }) => length <= LONG_LINE)) return code;
  const lines = { minify: true, lineLimit: LINE_LENGTH, format: 'esm' };
  return (await transform(code, lines)).code;
}

/**
 * Names for a chunk's variables that other chunks share: `{a, b}` is shorter than `{a as x, b as y}`.
 *
 * @param {string} text as rollup writes it
 */
function sharedNames(text) {
  /** @type {Map<string, string>} */
  const names = new Map();
  for (const [, verb, list = ''] of text.matchAll(/^(import|export) \{ ([^}]*) \}/gm)) {
    for (const pair of list.split(', ')) {
      const [from = '', to = ''] = pair.split(' as ');
      const [own, shared] = verb === 'import' ? [to, from] : [from, to];
      // Names of two chunks can be the same one.
      if (own && shared.length <= 2 && ![...names.values()].includes(shared)) names.set(`$${own}`, shared);
    }
  }
  return { vars: { props: Object.fromEntries(names) }, props: { props: {} } };
}

/** @param {string} file */
function inDist(file) {
  return resolve('dist', file);
}

/** @param {import('rollup').ManualChunkMeta} context */
function namesOfChunks({ getModuleIds, getModuleInfo }) {
  const modules = new Map();
  const starts = [];
  for (const id of getModuleIds()) {
    const info = getModuleInfo(id);
    if (info === null || info.isExternal) continue;
    const imports = info.importedIds.filter((imported) => !isBuiltin(imported));
    modules.set(id, { imports, bytes: info.code?.length ?? 0 });
    const isCommand = COMMANDS.some((file) => inDist(file) === id);
    if (info.isEntry || info.dynamicImporters.length > 0) starts.push(isCommand ? [inDist('cli/main.js'), id] : [id]);
  }
  return sharedFiles(modules, starts, new Set(CLOSED.map(inDist)));
}
