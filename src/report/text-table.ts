/** Columns of a text table: how each is aligned. */
export type Alignment = 'left' | 'right';

/** Rows of cells as lines of text, columns two spaces apart, the last column without spaces behind it. */
export function textTable(rows: readonly (readonly string[])[], alignments: readonly Alignment[]): string[] {
  const widths = alignments.map((_, column) => Math.max(...rows.map((row) => widthOf(row[column]))));
  return rows.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column], alignments[column]))
      .join('  ')
      .trimEnd(),
  );
}

function pad(cell: string, width: number, alignment: Alignment): string {
  const space = ' '.repeat(width - widthOf(cell));
  return alignment === 'left' ? cell + space : space + cell;
}

/** Code points, which is what most terminals give a column to. */
function widthOf(cell: string): number {
  return [...cell].length;
}
