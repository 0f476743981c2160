import { refuseUnsupported, refuseValue } from '../foreign-value.js';
import { ELEMENT, type OnnxAttribute, type OnnxNode } from './messages.js';

/** What a node says, each attribute read once; what nobody asked for is refused at the end. */
export class Attributes {
  /** In messages. */
  readonly path: string;
  readonly #attributes: ReadonlyMap<string, OnnxAttribute>;
  readonly #asked = new Set<string>();

  constructor({ attributes, op }: OnnxNode) {
    this.path = op;
    this.#attributes = attributes;
  }

  #find(name: string): OnnxAttribute | undefined {
    this.#asked.add(name);
    return this.#attributes.get(name);
  }

  integers(name: string): readonly number[] {
    return this.#find(name)?.integers ?? [];
  }

  integer(name: string, otherwise: number): number {
    return this.#find(name)?.integer ?? otherwise;
  }

  texts(name: string): readonly string[] {
    return this.#find(name)?.texts ?? [];
  }

  text(name: string, otherwise: string): string {
    return this.#find(name)?.text ?? otherwise;
  }

  /** A list of 32-bit numbers, or a tensor where they may have 64. */
  numbers(name: string): readonly number[] {
    const list = this.#find(name)?.floats ?? [];
    const tensor = this.tensor(`${name}_as_tensor`);
    if (list.length > 0 && tensor.length > 0) {
      refuseValue(`${this.path}: ${name}`, 'a list or a tensor', 'both');
    }
    return list.length > 0 ? list : tensor;
  }

  tensor(name: string): readonly number[] {
    const found = this.#find(name)?.tensor;
    if (found === undefined || found === null) return [];
    if (found.type === ELEMENT.string) return refuseValue(`${this.path}: ${name}`, 'numbers', 'texts');
    return found.values as readonly number[];
  }

  /** So many. */
  requireLength(name: string, list: ArrayLike<unknown>, length: number): void {
    if (list.length !== length) refuseValue(`${this.path}: ${name}`, `an array of ${length}`, list);
  }

  /** @throws ArtifactError for an attribute that was not asked for */
  requireAllRead(): void {
    for (const name of this.#attributes.keys()) {
      if (!this.#asked.has(name)) refuseUnsupported(`${this.path}: the attribute ${name} is not read`);
    }
  }
}
