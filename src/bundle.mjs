/**
 * Bundles and minifies what tsc made in dist/ in place, with shared chunks, and the declarations of each entry into one file;
 * packages stay outside. Run by `npm run bundle`. It fails on any
 * warning: a pattern that matches nothing would leave a thread's script as it was, with imports that the package lacks.
 * Why: docs/decisions/bundled-command-line.md
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { minify } from 'terser';
import { globSync } from 'tinyglobby';

const ENTRIES = globSync([
  'dist/{index,tree/index,cli/main,cli/health-probe,cli/serve-worker}.js',
  'dist/commands/*.js',
  'dist/{data,data/csv,formats}/*-worker.js',
  'dist/training/*/worker.js',
]);

const LINE_LENGTH = 300;

const { metafile, warnings } = await build({
  entryPoints: ENTRIES,
  bundle: true,
  minify: true,
  // Node prints the line of an error that nobody caught.
  lineLimit: LINE_LENGTH,
  metafile: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  outbase: 'dist',
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  allowOverwrite: true,
  logLevel: 'warning',
});
if (warnings.length > 0) process.exit(1);

/** Smaller ones are entries that hold a line or two. */
const LEAST_BYTES = 512;
/** Of a text that terser wrote in one line: such a file stays as it is. */
const LONG_LINE = 1000;
/** esbuild imports once more what a chunk's chunks import, for the order of effects, which ours do not have: Node looks for each. */
const BARE_IMPORT = /import"[./]*(chunks\/)?[\w-]+-[0-9A-Z]{8}\.js"\n?;/g;
// Both make files a twentieth smaller once more, in a few seconds.
for (const [file, { bytes }] of Object.entries(metafile.outputs)) {
  if (bytes < LEAST_BYTES) continue;
  const text = readFileSync(file, 'utf8').replace(BARE_IMPORT, '');
  writeFileSync(file, text);
  const { code } = await minify(text, {
    module: true,
    ecma: 2022,
    compress: { passes: 2 },
    format: { max_line_len: LINE_LENGTH },
  });
  if (code.split('\n').every(({ length }) => length <= LONG_LINE)) writeFileSync(file, code);
}

// Each entry gets its own declarations, and nothing that its exports do not name.
for (const entry of ['dist/index.d.ts', 'dist/tree/index.d.ts']) {
  const declarations = await rollup({ input: entry, plugins: [dts()], external: /^[^./]/ });
  await declarations.write({ file: entry });
}
