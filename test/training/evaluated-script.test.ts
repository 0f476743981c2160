/** A program given as text (`node --input-type=module -e …`) has flags that no thread may inherit. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';

const dist = new URL('../../dist/', import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), 'iris-evaluated-'));
afterAll(() => rmSync(folder, { recursive: true }));

const program = `
  const { readDataset } = await import('${dist}data/read-dataset.js');
  const { Helper } = await import('${dist}training/beside/helper.js');
  const { createCartTrainer } = await import('${dist}training/cart/engine.js');
  const { defaultParameters } = await import('${dist}training/parameters.js');
  const dataset = await readDataset(process.argv[1], { jobs: 2 });
  const rows = Uint32Array.from(dataset.labels.keys());
  const trainer = createCartTrainer({ threadsFrom: 0 });
  const tree = await trainer.fit(dataset, rows, { ...defaultParameters, maxDepth: 1 }, null, { jobs: 2 });
  const helper = new Helper(dataset, 2);
  const sha256 = await helper.begin('csv', {}).result();
  await helper.end();
  console.log(dataset.rowCount, tree.threshold[0], sha256.length);
`;

it('reads, fits and hashes a large table on threads in a program that was given as text', async () => {
  const cells = '0.25,'.repeat(20);
  const rows = Array.from({ length: 60_000 }, (_, row) => `${cells}${row},${row < 15_000 ? 'low' : 'high'}\n`);
  const path = join(folder, 'wide.csv');
  writeFileSync(path, `${Array.from({ length: 21 }, (_, i) => `x${i}`).join(',')},y\n${rows.join('')}`);
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, path]);
  expect(stdout).toBe('60000 14999.5 64\n');
});
