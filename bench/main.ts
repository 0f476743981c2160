/**
 * `npm run bench [-- name…] [--short] [--json FILE]`: one table of ratios per file of this folder. Every ratio is
 * measured in one run, sides alternating; above 1 means that ours is better. Absolute figures are for orientation.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Bench, Row } from './row.js';

const benches: Record<string, () => Promise<Bench>> = {
  cold: () => import('./cold.js'),
  ensemble: () => import('./ensemble.js'),
  fit: () => import('./fit.js'),
  forest: () => import('./forest.js'),
  models: () => import('./models.js'),
  predict: () => import('./predict.js'),
  reload: () => import('./reload.js'),
  serve: () => import('./serve.js'),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { short: { type: 'boolean', default: false }, json: { type: 'string' } },
});

function table(rows: readonly Row[]): string {
  const number = (value: number) => Number(value.toPrecision(3)).toLocaleString('en', { maximumSignificantDigits: 3 });
  const cells = [
    ['what', 'ours', 'against', 'theirs', 'unit', 'ratio', 'spread', 'goal'],
    ...rows.map(({ what, ours, peer, theirs, unit, ratio, spread, goal }) => [
      what,
      number(ours),
      peer,
      number(theirs),
      unit,
      number(ratio),
      spread.map(number).join('–'),
      goal,
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const wanted = positionals.length > 0 ? positionals : Object.keys(benches);
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  process.stderr.write(`no bench called ${unknown.join(', ')}: there are ${Object.keys(benches).join(', ')}\n`);
  process.exit(2);
}
process.stdout.write(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}\n`);
const results: Record<string, readonly Row[]> = {};
for (const name of wanted) {
  const bench = await benches[name]!();
  const rows = await bench.run({ short: values.short });
  results[name] = rows;
  process.stdout.write(`\n${bench.title}\n${table(rows)}\n`);
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
