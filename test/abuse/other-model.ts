import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { iris, ROOT } from '../e2e/cli.js';

/** A second model of the same flowers that disagrees with the first on every one: its labels are turned by one. */
export async function trainOther(folder: string): Promise<string> {
  const [header, ...rows] = readFileSync(join(ROOT, 'data/iris.csv'), 'utf8').trim().split('\n');
  const names = ['setosa', 'versicolor', 'virginica'];
  const turned = rows.map((row) => {
    const cells = row.split(',');
    const index = names.findIndex((name) => cells.at(-1)!.includes(name));
    return [...cells.slice(0, -1), `not ${names[(index + 1) % 3]}`].join(',');
  });
  const data = join(folder, 'turned.csv');
  const model = join(folder, 'turned.json');
  writeFileSync(data, `${[header, ...turned].join('\n')}\n`);
  const { code, stderr } = await iris(['train', '--data', data, '--out', model, '--max-depth', '2']);
  expect(code, stderr).toBe(0);
  return model;
}
