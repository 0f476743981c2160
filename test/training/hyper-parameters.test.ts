import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hyperParameterTable } from '../../src/model/hyper-parameters.js';
import { defaultsOf, engines } from '../../src/training/engines.js';
import type { ParameterRange, ParameterRow } from '../../src/tree/grow/limits.js';
import { ROOT } from '../e2e/cli.js';

function values(range: ParameterRange): string {
  if (range.kind === 'choice') return range.choices.map((choice) => `\`${choice}\``).join(', ');
  if (range.kind === 'integer') return `whole numbers from ${range.least}${range.orNull ? '; null: no bound' : ''}`;
  return `numbers from ${range.least}${range.below === undefined ? '' : `, below ${range.below}`}`;
}

it('the table of hyper-parameters in the docs is that of the source', async () => {
  const text = await readFile(join(ROOT, 'docs/library.md'), 'utf8');
  const found = /<!-- hyper-parameters: .*-->\n.*\n\|---.*\n([\s\S]*?)<!-- hyper-parameters end -->/.exec(text)?.[1];
  const { fixed } = engines['ml-cart'];
  const others = defaultsOf('ml-cart');
  const rows = Object.entries<ParameterRow<unknown>>(hyperParameterTable).map(([name, row]) => {
    const key = name as keyof typeof hyperParameterTable;
    const ofPackage = fixed.includes(key) ? 'the default only' : `default ${others[key]}`;
    return `| \`${name}\` | ${row.default} | ${values(row.range)} | ${row.words} | ${ofPackage} |\n`;
  });
  expect(found).toBe(rows.join(''));
});
