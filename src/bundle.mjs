/**
 * Bundles and minifies what tsc made in dist/ in place, with shared chunks, and takes out the declarations that no entry
 * reaches; packages stay outside. Run by `npm run bundle`. It fails on any
 * warning: a pattern that matches nothing would leave a thread's script as it was, with imports that the package lacks.
 * Why: docs/decisions/bundled-command-line.md
 */
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { globSync } from 'tinyglobby';

const ENTRIES = globSync([
  'dist/{index,tree/index,cli/main,cli/health-probe,cli/serve-worker}.js',
  'dist/commands/*.js',
  'dist/{data,data/csv,formats}/*-worker.js',
  'dist/training/*/worker.js',
]);

const { warnings } = await build({
  entryPoints: ENTRIES,
  bundle: true,
  minify: true,
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

const reached = new Set();
const waiting = globSync('dist/{index,tree/index,ground/needs-node}.d.{ts,cts}');
for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
  if (reached.has(file)) continue;
  reached.add(file);
  const imports = readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*['"](\.[^'"]+)\.(c?)js['"]/g);
  for (const [, path, common] of imports) waiting.push(join(dirname(file), `${path}.d.${common}ts`));
}
for (const file of globSync('dist/**/*.d.{ts,cts}')) if (!reached.has(file)) rmSync(file);
