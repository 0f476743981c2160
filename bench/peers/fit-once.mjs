/** One fit in a process of its own, for its peak memory. Arguments: see the first line. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [dist, valuesFile, labelsFile, rowCountText, featureCountText, jobs] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(join(dist, path)).href);
const { cartTrainer } = await load('training/cart/engine.js');
const { defaultParameters } = await load('training/parameters.js');

const rowCount = Number(rowCountText);
const featureCount = Number(featureCountText);
const labels = new Int32Array(readFileSync(labelsFile).buffer.slice(0, 4 * rowCount));
const columns = readColumns();
const dataset = {
  source: 'bench',
  target: 'class',
  features: columns.map((values, i) => ({ name: `f${i}`, kind: 'number', values })),
  classes: Array.from({ length: labels.reduce((a, b) => Math.max(a, b)) + 1 }, (_, c) => `c${c}`),
  labels: Uint16Array.from(labels),
  rowCount,
  lines: new Uint32Array(0),
  warnings: [],
};
const rows = Uint32Array.from({ length: rowCount }, (_, row) => row);
await cartTrainer.fit(dataset, rows, defaultParameters, null, { jobs: Number(jobs) });
// Not resourceUsage(): that counts what the process was before it became this program.
console.log(Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024);

/** Columns as `readDataset` gives them. The file is row-major: it is read in pieces, never in memory as a whole. */
function readColumns() {
  const file = openSync(valuesFile, 'r');
  const columns = Array.from({ length: featureCount }, () => new Float64Array(new SharedArrayBuffer(8 * rowCount)));
  const chunk = new Float32Array(4096 * featureCount);
  for (let row = 0; row < rowCount; ) {
    const read = readSync(file, chunk) / (4 * featureCount);
    for (let i = 0; i < read; i++)
      for (let f = 0; f < featureCount; f++) columns[f][row + i] = chunk[i * featureCount + f];
    row += read;
  }
  closeSync(file);
  return columns;
}
