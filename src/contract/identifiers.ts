/** Names of a model as identifiers of protobuf: https://protobuf.dev/programming-guides/style/ */

/** Longer names are cut; the contract has them whole beside the identifier. */
const LONGEST = 60;

/** Words that a language for which protoc generates code keeps for itself. */
const KEYWORDS = new Set(
  `abstract and as assert async await base bool boolean break byte case catch char class const continue def default del
  delete do double elif else enum except export extends extern false final finally fixed float for foreach from func
  function global go goto if implements import in inline instanceof int interface is lambda let long map module namespace
  native new none nonlocal not null object operator or package pass private protected public raise range register return
  select self short signed sizeof static string struct super switch template this throw throws transient true try type
  typedef typeof union unsigned until using var virtual void volatile while with yield`.split(/\s+/),
);

/** What every message of C++, Go or Java has as a method of its own. */
const OF_MESSAGES = new Set(['default_instance', 'descriptor', 'proto_reflect']);

/** What every object of JavaScript has, as `nameKey` gives it: protobufjs takes a field of this name for a second one. */
const OF_OBJECTS = new Set(Object.getOwnPropertyNames(Object.prototype).map(nameKey));

/**
 * Words in lower case with `_` between them: `petal length (cm)` is `petal_length_cm`, `SepalLength` is `sepal_length`.
 * Empty where there is no letter or digit of ASCII.
 */
export function snakeCase(text: string): string {
  return text
    .slice(0, 4 * LONGEST)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/(^|[^\p{L}\p{N}])-(?=\d)/gu, '$1 minus ')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .slice(0, LONGEST)
    .replace(/^_+|_+$/g, '')
    .toLowerCase();
}

/** As `snakeCase`, beginning with a letter and no keyword. @param noun what stands before or after what may not stand alone */
export function identifier(text: string, noun: string): string {
  const snake = snakeCase(text);
  if (/^[0-9]/.test(snake)) return `${noun}_${snake}`;
  const isTaken = KEYWORDS.has(snake) || OF_MESSAGES.has(snake) || OF_OBJECTS.has(nameKey(snake));
  return isTaken ? `${snake}_${noun}` : snake;
}

/** `wine_red` is `WineRed` */
export function pascalCase(snake: string): string {
  return snake.replace(/(?:^|_)([a-z0-9])/g, (_, first: string) => first.toUpperCase());
}

/** `wine_red` is `wineRed`, as protoc makes the name in JSON. */
export function jsonName(snake: string): string {
  return snake.replace(/_(.)/g, (_, next: string) => next.toUpperCase());
}

/** Two identifiers with the same key are the same name in some language, so protoc refuses them in one message. */
function nameKey(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}

/** Identifiers of one scope, each given once. */
export class Names {
  readonly #keys: Set<string>;
  readonly #ending: string;

  /** @param ending with which some language makes a second name of each */
  constructor(taken: Iterable<string>, ending = '') {
    this.#keys = new Set(Array.from(taken, nameKey));
    this.#ending = ending;
  }

  /** The wanted identifier, or it with a number after it. */
  give(wanted: string): string {
    let name = wanted;
    for (let next = 2; this.#isTaken(nameKey(name)); next++) name = `${wanted}_${next}`;
    this.#keys.add(nameKey(name));
    return name;
  }

  #isTaken(key: string): boolean {
    const isSecond = key.endsWith(this.#ending) && this.#keys.has(key.slice(0, key.length - this.#ending.length));
    return isSecond || this.#keys.has(key) || this.#keys.has(key + this.#ending);
  }
}
