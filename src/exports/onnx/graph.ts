import type { Attribute, ElementType, GraphNode, Tensor } from './messages.js';

/** A number of a graph: the name of a value, or a constant. */
export type Term = string | number;

const CODES = { float: 1, int64: 7, bool: 9, double: 11 } as const;

/** The nodes and constants of a graph, which grows by a node at a time. Each method gives the name of what it adds. */
export class Graph {
  readonly nodes: GraphNode[] = [];
  readonly initializers: Record<string, Tensor> = {};

  /** @param output its name; default: a new one */
  add(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output = `${op}_${this.nodes.length}`,
  ): string {
    this.nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  }

  table(name: string, type: ElementType, dims: readonly number[], values: Tensor['values']): string {
    this.initializers[name] = { type, dims, values };
    return name;
  }

  /** A constant that every row has; once, however often it is asked for. */
  constant(value: number, type: ElementType = 'double'): string {
    return this.table(`${type}_${Object.is(value, -0) ? '-0' : value}`, type, [1], [value]);
  }

  /** An operation on doubles, element by element. */
  #on(op: string, terms: readonly Term[]): string {
    return this.add(
      op,
      terms.map((term) => (typeof term === 'number' ? this.constant(term) : term)),
    );
  }

  sum(a: Term, b: Term): string {
    return this.#on('Add', [a, b]);
  }

  difference(a: Term, b: Term): string {
    return this.#on('Sub', [a, b]);
  }

  product(a: Term, b: Term): string {
    return this.#on('Mul', [a, b]);
  }

  quotient(a: Term, b: Term): string {
    return this.#on('Div', [a, b]);
  }

  smaller(a: Term, b: Term): string {
    return this.#on('Min', [a, b]);
  }

  larger(a: Term, b: Term): string {
    return this.#on('Max', [a, b]);
  }

  isAbove(a: Term, b: Term): string {
    return this.#on('Greater', [a, b]);
  }

  isBelow(a: Term, b: Term): string {
    return this.#on('Less', [a, b]);
  }

  choice(condition: string, a: Term, b: Term): string {
    const [yes, no] = [a, b].map((term) => (typeof term === 'number' ? this.constant(term) : term));
    return this.add('Where', [condition, yes, no]);
  }

  cast(value: string, type: keyof typeof CODES, output?: string): string {
    return this.add('Cast', [value], { to: CODES[type] }, output);
  }

  /** The number of 32 bits that is nearest, as a double. */
  rounded(value: string): string {
    return this.cast(this.cast(value, 'float'), 'double');
  }

  /** What is added up along the second axis, one after another: this one's last place. @param count of the places */
  lastSum(values: string, count: number): string {
    const sums = this.add('CumSum', [values, this.table('second_axis', 'int64', [], [1])]);
    return this.add('Gather', [sums, this.constant(count - 1, 'int64')], { axis: 1 });
  }
}
