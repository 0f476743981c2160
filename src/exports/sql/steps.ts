import type { Dialect } from './dialects.js';

/** A column with its expression. */
export interface Column {
  readonly name: string;
  readonly expression: string;
}

interface Step {
  readonly columns: readonly Column[];
  /** Columns of earlier steps that are still asked for afterwards. */
  readonly kept: readonly string[];
  readonly dropped: readonly string[];
}

const list = (columns: readonly Column[]) =>
  columns.map(({ expression, name }) => `${expression} AS ${name}`).join(',\n  ');

/**
 * Columns that are computed one from another, in steps: each expression stands once, however often its name is used, and no
 * engine needs to find that out. The table is `iris_table`; names of columns have to be new ones.
 */
export class QuerySteps {
  readonly #dialect: Dialect;
  readonly #from: string;
  readonly #before: readonly string[];
  readonly #steps: Step[] = [];
  #live: readonly string[] = [];

  /**
   * @param from the table, as `iris_table`, and what it is joined with
   * @param before subqueries that this needs
   */
  constructor(dialect: Dialect, from: string, before: readonly string[] = []) {
    this.#dialect = dialect;
    this.#from = from;
    this.#before = before;
  }

  /** How the query names a column of the table. @param name quoted */
  columnOfTable(name: string): string {
    const { steps } = this.#dialect;
    if (steps.by === 'columns') return name;
    return steps.by === 'row' && steps.rows !== null ? `(iris_row).${name}` : `iris_table.${name}`;
  }

  /** @param dropped columns that nobody asks for after this step */
  add(columns: readonly Column[], dropped: readonly string[] = []): void {
    const gone = new Set(dropped);
    const kept = this.#live.filter((name) => !gone.has(name));
    this.#steps.push({ columns, kept, dropped });
    this.#live = [...kept, ...columns.map(({ name }) => name)];
  }

  /** Columns that the table may not have, in any case: what the steps compute, and by what they find rows again. */
  get ownNames(): string[] {
    const { steps } = this.#dialect;
    const row = steps.by === 'row' ? [steps.rows === null ? 'rowid' : steps.row] : [];
    return [...this.#steps.flatMap(({ columns }) => columns.map(({ name }) => name)), ...row];
  }

  /**
   * The rows of the table, all its columns and those that are selected.
   *
   * @param before subqueries that the query begins with
   * @param where a condition on the columns of the table and of the steps, where not every row is wanted
   */
  query(before: readonly string[], selected: readonly Column[], where?: string): string {
    const { end, steps } = this.#dialect;
    const condition = where === undefined ? '' : `\nWHERE ${where}`;
    const write = { columns: this.#byColumns, lateral: this.#byLateral, row: this.#byRow }[steps.by];
    const { from, rows, subqueries } = write.call(this);
    const first = [...before, ...this.#before, ...subqueries];
    const begin = first.length === 0 ? '' : `WITH ${first.join(',\n')}\n`;
    return `${begin}SELECT ${rows},\n  ${list(selected)}\nFROM ${from}${condition}${end}\n`;
  }

  #byColumns() {
    const { steps } = this.#dialect;
    if (steps.by !== 'columns') throw new TypeError(steps.by);
    const rest = (dropped: readonly string[]) => (dropped.length === 0 ? '*' : `* ${steps.except(dropped)}`);
    const subqueries = this.#steps.map(({ columns, dropped }, index) => {
      const [rows, from] = index === 0 ? ['iris_table.*', this.#from] : [rest(dropped), `iris_step_${index - 1}`];
      return `iris_step_${index} ${steps.as} (\n  SELECT ${rows},\n  ${list(columns)}\n  FROM ${from}\n)`;
    });
    return { rows: rest(this.#live), from: `iris_step_${this.#steps.length - 1}`, subqueries };
  }

  #byLateral() {
    const { steps } = this.#dialect;
    if (steps.by !== 'lateral') throw new TypeError(steps.by);
    const joined = this.#steps.map(
      ({ columns }, index) => `${steps.begin}SELECT ${list(columns)}${steps.end} AS iris_step_${index}`,
    );
    return { rows: 'iris_table.*', from: [this.#from, ...joined].join('\n'), subqueries: [] };
  }

  #byRow() {
    const { steps } = this.#dialect;
    if (steps.by !== 'row') throw new TypeError(steps.by);
    const subqueries = this.#steps.map(({ columns, kept }, index) => {
      const [row, from] =
        index === 0
          ? [`${steps.checked ?? steps.row} AS iris_row`, this.#from]
          : ['iris_row', `iris_step_${index - 1}`];
      const all = [row, ...kept].join(', ');
      return `iris_step_${index} ${steps.as} (\n  SELECT ${all},\n  ${list(columns)}\n  FROM ${from}${steps.end}\n)`;
    });
    const last = `iris_step_${this.#steps.length - 1}`;
    if (steps.rows !== null) return { rows: steps.rows, from: last, subqueries };
    return { rows: 'iris_table.*', from: `${this.#from}\nJOIN ${last} ON ${last}.iris_row = ${steps.row}`, subqueries };
  }
}
