import { ArtifactError } from '../../ground/errors.js';
import { quote } from '../../ground/quote.js';
import { parseForeignJson } from '../foreign-json.js';
import {
  type ForeignObject,
  listAt,
  member,
  numbersAt,
  objectAt,
  refuseValue,
  textAt,
  wholeAt,
} from '../foreign-value.js';
import { type NpyArray, parseNpy } from './npy.js';
import { type Archive, openArchive } from './zip.js';

/**
 * A file of skops: a zip archive with the tree of an object in `schema.json`, and its arrays beside. Nothing of it is run: an
 * object is a name of a class, and its attributes.
 */
export class SkopsFile {
  readonly #archive: Archive;
  readonly root: SkopsObject;

  /** @throws ArtifactError */
  constructor(bytes: Uint8Array) {
    this.#archive = openArchive(bytes);
    const schema = parseForeignJson(this.#archive.read('schema.json'));
    this.root = new SkopsObject(this, objectAt(schema, 'schema.json'), 'the model');
  }

  array(node: ForeignObject, path: string): NpyArray {
    return parseNpy(this.#archive.read(textAt(member(node, 'file'), `${path}.file`)), path);
  }
}

/** An object of Python, as its attributes. */
export class SkopsObject {
  readonly path: string;
  readonly className: string;
  /** Where the class comes from. */
  readonly module: string;
  readonly #file: SkopsFile;
  readonly #attributes: ForeignObject;

  constructor(file: SkopsFile, node: ForeignObject, path: string) {
    this.#file = file;
    this.path = path;
    this.className = textAt(member(node, '__class__'), `${path}: class`);
    this.module = textAt(member(node, '__module__'), `${path}: module`);
    const content = objectAt(member(node, 'content'), path);
    this.#attributes = objectAt(member(content, 'content'), path);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#attributes, name);
  }

  /** A number, a text, true, false or null. */
  value(name: string): unknown {
    return plainValue(this.#node(name), this.#placeOf(name));
  }

  whole(name: string, least: number, most: number): number {
    return wholeAt(this.value(name), this.#placeOf(name), least, most);
  }

  object(name: string): SkopsObject {
    return new SkopsObject(this.#file, this.#node(name), this.#placeOf(name));
  }

  /** Lists and tuples, and arrays of objects. */
  nodes(name: string): SkopsNode[] {
    return nodesOf(this.#file, this.#node(name), this.#placeOf(name));
  }

  array(name: string): NpyArray {
    return new SkopsNode(this.#file, this.#node(name), this.#placeOf(name)).array();
  }

  /** One of an array's columns, as numbers. @param length how many there have to be */
  numbers(name: string, length?: number): ArrayLike<number> {
    return numbersAt(this.array(name).fields.get(''), this.#placeOf(name), length);
  }

  /** Whether an attribute is None. */
  isNull(name: string): boolean {
    const node = this.#node(name);
    return member(node, '__loader__') === 'JsonNode' && member(node, 'content') === 'null';
  }

  node(name: string): SkopsNode {
    return new SkopsNode(this.#file, this.#node(name), this.#placeOf(name));
  }

  #node(name: string): ForeignObject {
    return objectAt(member(this.#attributes, name), this.#placeOf(name));
  }

  #placeOf(name: string): string {
    return `${this.path}.${name}`;
  }
}

/** An element of a list. */
export class SkopsNode {
  readonly path: string;
  readonly #file: SkopsFile;
  readonly #node: ForeignObject;

  constructor(file: SkopsFile, node: ForeignObject, path: string) {
    this.#file = file;
    this.#node = node;
    this.path = path;
  }

  object(): SkopsObject {
    return new SkopsObject(this.#file, this.#node, this.path);
  }

  nodes(): SkopsNode[] {
    return nodesOf(this.#file, this.#node, this.path);
  }

  value(): unknown {
    return plainValue(this.#node, this.path);
  }

  /** Whether it is a number, a text, true, false or null. */
  isPlain(): boolean {
    return member(this.#node, '__loader__') === 'JsonNode';
  }

  /** An array of numbers, texts or records. */
  array(): NpyArray {
    if (member(this.#node, '__loader__') !== 'NdArrayNode')
      return refuseValue(this.path, 'an array', member(this.#node, '__class__'));
    if (member(this.#node, 'type') === 'numpy') return this.#file.array(this.#node, this.path);
    const values = this.nodes().map((node) => node.value());
    return { shape: [values.length], isBoolean: false, fields: new Map([['', values as string[]]]) };
  }
}

function nodesOf(file: SkopsFile, node: ForeignObject, path: string): SkopsNode[] {
  const content = listAt(member(node, 'content'), path);
  return Array.from(content, (element, index) => {
    const place = `${path}[${index}]`;
    return new SkopsNode(file, objectAt(element, place), place);
  });
}

function plainValue(node: ForeignObject, path: string): unknown {
  if (member(node, '__loader__') !== 'JsonNode') return refuseValue(path, 'a plain value', member(node, '__class__'));
  const text = textAt(member(node, 'content'), path);
  if (text === 'NaN') return Number.NaN;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ArtifactError('value', `${path}: expected JSON, found ${quote(text)}`, { cause });
  }
}
