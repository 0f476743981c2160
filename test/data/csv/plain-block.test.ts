import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CellGrammar } from '../../../src/data/cells.js';
import type { BlockTask } from '../../../src/data/csv/block-task.js';
import { CellScanner } from '../../../src/data/csv/cell-scanner.js';
import { BlockReader, parseWithCsvParse } from '../../../src/data/csv/parse-block.js';
import { PlainTable, scanPlainBlock as scanBlock } from '../../../src/data/csv/plain-block.js';
import type { DateReading } from '../../../src/data/date-cells.js';
import { writtenRows } from '../../../src/data/written-row.js';

const DATE: DateReading = { order: 'ymd', part: 'year' };

const scanner = new CellScanner();
const scanPlainBlock = (task: BlockTask) => scanBlock(task, scanner);

function taskOf(text: string, some: Partial<BlockTask> = {}): BlockTask {
  const bytes = Buffer.from(text);
  const lineEnds = text.match(/\r\n|\n|\r/g)?.length ?? 0;
  return {
    block: {
      bytes,
      quoted: text.includes('"'),
      firstLine: 1,
      lineCount: lineEnds + (/[\r\n]$/.test(text) ? 0 : 1),
    },
    source: 't.csv',
    delimiter: ',',
    columnCount: 3,
    trailing: 0,
    grammar: {},
    header: false,
    cells: false,
    wanted: [
      { index: 2, asText: false },
      { index: 0, asText: false },
    ],
    ...some,
  };
}

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer({ min: -5, max: 5 }).map(String),
  fc.constantFrom(
    '1.50',
    '007',
    '+1',
    ' 2 ',
    '-0',
    '1e3',
    '12345678901234567890',
    '9007199254740993',
    '+9007199254740992',
    '9007199254740993.0',
    '9e18',
  ),
);
const missing = fc.constantFrom('', 'NA', ' ', '?', '-9');
const text = fc.constantFrom('red', 'blue', ' red', 'grün', '0x1', '1e999', '1.2.3', 'Infinity', '\u00a01');
const column = fc.constantFrom(
  number,
  fc.oneof(number, missing),
  text,
  fc.oneof(missing, text),
  fc.oneof(number, text),
);
const end = fc.constantFrom('\n', '\n', '\n', '\r\n', '\r', '\n\n', '\r\n\r\n');
const table = fc
  .tuple(
    column,
    column,
    column,
    fc.array(end, { minLength: 1, maxLength: 12 }),
    fc.boolean(),
    fc.constantFrom(',', ';'),
    fc.constantFrom('', '', '', '\n', '\r\n'),
  )
  .chain(([a, b, c, ends, last, delimiter, first]) =>
    fc.tuple(
      fc.array(fc.tuple(a, b, c), { minLength: ends.length, maxLength: ends.length }),
      fc.constant({ ends, last, delimiter, first }),
    ),
  )
  .map(([rows, { ends, last, delimiter, first }]) => {
    const lines = rows.map((cells, i) => cells.join(delimiter) + (last && i === rows.length - 1 ? '' : ends[i]));
    return { text: first + lines.join(''), delimiter };
  });

describe('scanning a plain block', () => {
  it('gives the batch that csv-parse gives, or leaves the block to it', () => {
    let scanned = 0;
    fc.assert(
      fc.property(
        table,
        fc.boolean(),
        fc.constantFrom<CellGrammar>({}, {}, {}, { missing: ['-9', 'red'] }, { decimal: ',' }, { thousands: '.' }),
        fc.tuple(fc.boolean(), fc.boolean(), fc.constantFrom(undefined, undefined, DATE)),
        ({ text, delimiter }, header, grammar, [first, second, date]) => {
          const wanted = [
            { index: 2, asText: first },
            { index: 0, asText: second && date === undefined, date },
          ];
          const task = taskOf(text, { delimiter, header, wanted, grammar });
          const batch = scanPlainBlock(task);
          const expected = parseWithCsvParse(task);
          if (batch !== undefined) {
            scanned++;
            expect(expected).toEqual({ batches: [batch] });
          }
          expect(new BlockReader().parse(task)).toEqual(expected);
        },
      ),
      { numRuns: 5_000 },
    );
    expect(scanned).toBeGreaterThan(500);
  });

  it.each([
    ['numbers', '1,x,2\n3,y,4\n'],
    ['categories', 'red,1,2\nblue,2,3\nred,3,4'],
    ['missing numbers', ',,NA\n1,2,3\n'],
    ['words among numbers', 'NA,x,\n1,x, - \n?,x,3\n'],
    ['whole numbers beyond 2^53', '9007199254740993,x,1\n"9007199254740992",x,2\n1,x,9007199254740993.0\n'],
    ['CRLF', '1,2,3\r\n4,5,6\r\n'],
    ['quotes', '"1","x, y","a ""b"""\n2,x,c\n'],
    ['line ends in cells', '1,"x\ny","a\nb"\n2,x,c\n'],
    ['words in quotes', 'a,x,"NA"\nNA,x,NA\n'],
    ['empty lines', '\n1,2,3\n\n\n4,5,6\n'],
  ])('reads %s', (_, text) => {
    expect(scanPlainBlock(taskOf(text))).toEqual(parseWithCsvParse(taskOf(text)).batches[0]);
  });

  it.each([
    ['a quote within a cell', '1",2,3\n'],
    ['a quote that does not close', '"1,2,3\n'],
    ['text after quotes', '"1"x,2,3\n'],
    ['CR in a cell', '"1\r",2,3\n'],
    ['too few cells', '1,2,3\n1,2\n'],
    ['too many cells', '1,2,3\n1,2,3,4\n'],
    ['a line that ends in CR', '1,2,3\r4,5,6\n'],
    ['text below a number', '1,2,3\nred,2,3\n'],
    ['a number below text', 'red,2,3\n1,2,3\n'],
    ['no row', '\n\n'],
    ['an empty line that ends in CRLF', '\r\n1,2,3\n'],
  ])('leaves %s to csv-parse', (_, text) => {
    expect(scanPlainBlock(taskOf(text))).toBeUndefined();
  });

  it('gives the same of a block whatever the blocks before it were', () => {
    const cell = fc.oneof({ weight: 3, arbitrary: number }, missing, text, fc.constantFrom('"NA"', '"1"', '""', '"-"'));
    const rows = fc.array(fc.tuple(cell, number, fc.oneof(missing, number)), { minLength: 1, maxLength: 5 });
    let scanned = 0;
    fc.assert(
      fc.property(fc.array(rows, { minLength: 2, maxLength: 4 }), (blocks) => {
        const table = new PlainTable(taskOf(''));
        for (const cells of blocks) {
          const task = taskOf(cells.map((row) => `${row.join(',')}\n`).join(''));
          const expected = structuredClone(scanPlainBlock(task));
          expect(structuredClone(table.scan(task.block, scanner))).toEqual(expected);
          if (expected !== undefined) scanned++;
        }
      }),
      { numRuns: 3_000 },
    );
    expect(scanned).toBeGreaterThan(2_000);
  });

  it('keeps rows as they are written where no cell is quoted', () => {
    let kept = 0;
    fc.assert(
      fc.property(table, fc.boolean(), ({ text, delimiter }, header) => {
        const task = taskOf(text, { delimiter, header, cells: true });
        const batch = scanPlainBlock(task);
        if (batch === undefined) return;
        const written = writtenRows(batch);
        expect(written.map(({ cells }) => cells)).toEqual(parseWithCsvParse(task).batches[0]!.cells);
        for (const { cells, csv } of written) {
          if (csv === undefined) continue;
          kept++;
          expect(cells.every((cell) => cell === cell.trim())).toBe(true);
          expect(csv).toBe(cells.join(','));
        }
      }),
      { numRuns: 1_000 },
    );
    expect(kept).toBeGreaterThan(50);
  });

  it('leaves a header after an empty line that ends in CRLF to csv-parse', () => {
    expect(scanPlainBlock(taskOf('\r\na,b,c\n1,2,3\n', { header: true }))).toBeUndefined();
  });

  it.each<[string, Partial<BlockTask>]>([
    ['cells are wanted as text and some are quoted', { cells: true, block: taskOf('"1",2,3\n').block }],
    ['the delimiter is no ASCII character', { delimiter: '·' }],
  ])('leaves a block to csv-parse where %s', (_, some) => {
    expect(scanPlainBlock(taskOf('1,2,3\n', some))).toBeUndefined();
  });

  it('tells many distinct texts of a column apart', () => {
    const names = Array.from({ length: 5000 }, (_, i) => `name ${i % 2500}`);
    const task = taskOf(names.map((name) => `${name},0,1\n`).join(''));
    const column = scanPlainBlock(task)!.columns[1]!;
    expect(column.kind === 'text' && Array.from(column.codes, (code) => column.texts[code])).toEqual(names);
  });
});
