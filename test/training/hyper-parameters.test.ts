import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundledIrisPath } from '../../src/data/bundled.js';
import { readDataset } from '../../src/data/read-dataset.js';
import { trainModel } from '../../src/evaluation/train-model.js';
import { verifyModel } from '../../src/evaluation/verify-model.js';
import { parseModel, serializeModel } from '../../src/formats/iris-json/format.js';
import type { ParameterRange, ParameterRow } from '../../src/ground/parameter-table.js';
import {
  HYPER_PARAMETERS,
  type HyperParameterName,
  hyperParameterTable,
  TREE_PARAMETERS,
} from '../../src/model/hyper-parameters.js';
import { recordSection } from '../../src/report/html/record.js';
import { markup } from '../../src/report/markup.js';
import { ENGINE_NAMES, type EngineName, engines } from '../../src/training/engines.js';
import { defaultsOf } from '../../src/training/parameters.js';
import { iris, ROOT } from '../e2e/cli.js';

const table: Readonly<Record<string, ParameterRow>> = hyperParameterTable;
const dataset = await readDataset(bundledIrisPath());

function values(range: ParameterRange): string {
  if (range.kind === 'choice') return range.choices.map((choice) => `\`${choice}\``).join(', ');
  if (range.kind === 'class weights') return `\`${range.rules}\`, or a map of numbers above ${range.above}`;
  if (range.kind === 'integer') return `whole numbers from ${range.least}${range.orNull ? '; null' : ''}`;
  const bound = range.below === undefined ? '' : `, below ${range.below}`;
  return `numbers from ${range.least}${bound}${range.orAuto ? ', or `auto`' : ''}`;
}

it('the table of hyper-parameters in the docs is that of the source', async () => {
  const text = await readFile(join(ROOT, 'docs/library.md'), 'utf8');
  const found = /<!-- hyper-parameters: .*-->\n.*\n\|---.*\n([\s\S]*?)<!-- hyper-parameters end -->/.exec(text)?.[1];
  const cell = (engine: EngineName, name: HyperParameterName) => {
    const isHonoured = [...engines[engine].trainer.honours, 'seed', 'holdout'].includes(name);
    return isHonoured ? String(defaultsOf(engine)[name]) : '–';
  };
  const rows = HYPER_PARAMETERS.map((name) => {
    const { range, words } = table[name]!;
    const cells = ENGINE_NAMES.map((engine) => cell(engine, name));
    return `| \`${name}\` | ${cells.join(' | ')} | ${values(range)} | ${words} |\n`;
  });
  expect(found).toBe(rows.join(''));
});

/** A value that is not the default, as it is asked for, recorded, and shown in a report. */
function another({ default: usual, range }: ParameterRow): { asked: unknown; recorded: unknown; shown: string } {
  if (range.kind === 'class weights') {
    const asked = new Map([['versicolor', 2]]);
    return { asked, recorded: [1, 2, 1], shown: 'setosa 1, versicolor 2, virginica 1' };
  }
  const asked =
    range.kind === 'choice'
      ? range.choices.find((choice) => choice !== usual)
      : range.least + (range.kind === 'integer' ? 2 : 0.125);
  return { asked, recorded: asked, shown: String(asked) };
}

const rows = Object.entries(table).map(([name, row]) => ({ name, row }));

describe('every row of the table of hyper-parameters', () => {
  it('is a flag of iris train, which its help describes', async () => {
    const { stdout } = await iris(['train', '--help'], { env: { OCLIF_COLUMNS: '400' } });
    for (const { name, row } of rows) {
      const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      expect(stdout).toMatch(new RegExp(`\\n +--${flag}=\\S+ +(\\[.*\\] )?${row.words}`));
    }
  });

  it.each(rows)('is recorded, written, read, shown and used again: $name', async ({ name, row }) => {
    const { asked, recorded, shown } = another(row);
    expect(asked).not.toBe(row.default);
    const engine = TREE_PARAMETERS.includes(name as HyperParameterName) ? 'cart' : 'forest';
    const { model } = await trainModel(dataset, { ...defaultsOf(engine), [name]: asked });
    const text = serializeModel(model);
    expect(JSON.parse(text).provenance.training).toMatchObject({ [name]: recorded });
    const read = parseModel(Buffer.from(text), 'm.json');
    expect(read.provenance.training).toEqual(model.provenance.training);
    expect(markup`${recordSection(read)!.content}`.markup).toMatch(
      new RegExp(`<dt>${row.label}</dt>\\s*<dd>${shown}</dd>`),
    );
    expect(await verifyModel(read, text, dataset)).toEqual({ verified: true, differences: [] });
  });
});
