import type { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvSource } from '../../../src/data/csv/source.js';
import { writtenRows } from '../../../src/data/written-row.js';
import { inPieces } from '../fixture.js';

interface Line {
  readonly cells: string[];
  readonly line: number;
}

/** The names and records of a text that comes in pieces. */
async function records(text: string, pieceBytes = 1 << 16, header = true) {
  const table = await csvSource('-', { header, stdin: inPieces(Buffer.from(text), pieceBytes) }).open(1);
  const lines: Line[] = [];
  for await (const batch of table.batches([], { cells: true })) {
    for (const [row, { cells }] of writtenRows(batch).entries())
      lines.push({ cells: [...cells], line: batch.places[row]! });
  }
  return { columns: table.columns, lines };
}

/** A second reader of RFC 4180, one character after another, with nothing but LF and CRLF as line ends. */
function referenceRead(text: string): Line[] {
  const found: Line[] = [];
  let [cells, cell, quoted, line, begin]: [string[], string, boolean, number, number] = [[], '', false, 1, 1];
  for (let i = 0; i < text.length; i++) {
    const rest = text.slice(i);
    if (quoted && rest.startsWith('""')) [cell, i] = [`${cell}"`, i + 1];
    else if (rest.startsWith('"')) quoted = !quoted;
    else if (!quoted && rest.startsWith(',')) [cells, cell] = [[...cells, cell], ''];
    else if (!quoted && /^\r?\n/.test(rest)) {
      if (rest.startsWith('\r')) i++;
      line++;
      found.push({ cells: [...cells, cell], line: begin });
      [cells, cell, begin] = [[], '', line];
    } else {
      if (rest.startsWith('\n')) line++;
      cell += text[i];
    }
  }
  return found;
}

const characters = fc.constantFrom('a', '"', ',', '\n', '\r\n', ' ', 'é', '\u{1f600}', '1', ';');
const cell = fc.array(characters, { maxLength: 5 }).map((parts) => parts.join(''));
const table = fc
  .integer({ min: 1, max: 4 })
  .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 }));

function writeCsv(rows: readonly (readonly string[])[], lineEnd: string): string {
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  return rows
    .map((row) => row.map((text) => (/[",\r\n]/.test(text) || text === '' ? quote(text) : text)).join(',') + lineEnd)
    .join('');
}

/** A stream that is closed before its end also emits an error. */
const closed = (stream: Readable) =>
  stream.closed ? undefined : new Promise<void>((resolve) => stream.once('close', () => resolve()));

describe('reading records', () => {
  it('gives back every table that was written, with the lines on which its rows begin', async () => {
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.constantFrom('\n', '\r\n'),
        fc.integer({ min: 1, max: 9 }),
        async (rows, lineEnd, pieceBytes) => {
          const text = writeCsv(rows, lineEnd);
          const { lines } = await records(text, pieceBytes, false);
          expect(lines.map(({ cells }) => cells)).toEqual(rows);
          expect(lines).toEqual(referenceRead(text));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('counts lines past empty ones and past line ends in cells, however they are written', async () => {
    const text = '\nx,y\r\n\r\n"1\r\n\r\n2",a\n\n\n3,"\n"\n4,b\r5,"\r"\r6,c';
    const { columns, lines } = await records(text);
    expect(columns).toEqual(['x', 'y']);
    expect(lines.map(({ cells, line }) => [cells[0], line])).toEqual([
      ['1\r\n\r\n2', 4],
      ['3', 9],
      ['4', 11],
      ['5', 12],
      ['6', 14],
    ]);
  });

  it('keeps a row of empty cells', async () => {
    expect((await records('x,y\n,\n')).lines).toEqual([{ cells: ['', ''], line: 2 }]);
  });

  it('names columns by their header, without the spaces around it', async () => {
    expect((await records(' a ,"b,c",é\n1,2,3\n')).columns).toEqual(['a', 'b,c', 'é']);
    expect((await records('a,b\n1,2\n', 9, false)).columns).toEqual(['column_1', 'column_2']);
  });

  it('stops reading its input when it is left early', async () => {
    const text = `x,y\n${'1,a\n'.repeat(300_000)}`;
    const stdin = inPieces(Buffer.from(text), 1 << 16);
    const table = await csvSource('-', { stdin, jobs: 1 }).open(1);
    for await (const batch of table.batches([], { cells: true })) {
      expect(writtenRows(batch)[0]!.cells).toEqual(['1', 'a']);
      break;
    }
    await closed(stdin);
  });

  it('stops reading its input when it is closed without being read', async () => {
    const stdin = inPieces(Buffer.from(`x,y\n${'1,a\n'.repeat(300_000)}`), 1 << 16);
    const table = await csvSource('-', { stdin, jobs: 1 }).open(1);
    await table.close();
    await closed(stdin);
  });
});
