/**
 * Bundles what tsc made in dist/ in place, with shared chunks; packages stay outside. Run by `npm run bundle`. It fails on any
 * warning: a pattern that matches nothing would leave a thread's script as it was, with imports that the package lacks.
 * Why: docs/decisions/bundled-command-line.md
 */
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
