/** A parsed element. Text stands in `text`, in order with what is inside the children left out. */
export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: Element[];
  text: string;
}

const VOID = new Set(['meta', 'link', 'br', 'img']);
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

/**
 * Parses markup as strictly as XML would: elements closed in order, attributes quoted and unique, no stray `<` or
 * `&`. What HTML leaves unclosed is allowed; the content of `style` is text.
 */
export function parseElements(source: string): Element {
  const root: Element = { name: '#root', attributes: new Map(), children: [], text: '' };
  const stack = [root];
  let at = 0;
  while (at < source.length) {
    const top = stack[stack.length - 1];
    const tag = source.indexOf('<', at);
    top.text += decode(source.slice(at, tag < 0 ? source.length : tag));
    if (tag < 0) break;
    const end = closingBracket(source, tag);
    at = end + 1;
    const inside = source.slice(tag + 1, end);
    if (inside.startsWith('!')) continue;
    if (inside.startsWith('/')) {
      if (top.name !== inside.slice(1)) throw new Error(`expected </${top.name}>, found <${inside}> at ${tag}`);
      stack.pop();
      continue;
    }
    const element = openElement(inside);
    top.children.push(element);
    if (element.name === 'style') {
      const close = source.indexOf('</style>', at);
      element.text = source.slice(at, close);
      at = close + '</style>'.length;
    } else if (!inside.endsWith('/') && !VOID.has(element.name)) stack.push(element);
  }
  if (stack.length > 1) throw new Error(`<${stack[stack.length - 1].name}> is not closed`);
  return root;
}

function closingBracket(source: string, from: number): number {
  let quoted = false;
  for (let at = from; at < source.length; at++) {
    if (source[at] === '"') quoted = !quoted;
    else if (source[at] === '>' && !quoted) return at;
  }
  throw new Error(`no end of the tag at ${from}: ${source.slice(from, from + 40)}`);
}

function openElement(inside: string): Element {
  const match = /^([a-zA-Z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*\/?$/.exec(inside);
  if (match === null) throw new Error(`not a tag: <${inside}>`);
  const attributes = new Map<string, string>();
  for (const [, name, value] of match[2].matchAll(/([\w:-]+)="([^"<]*)"/g)) {
    if (attributes.has(name)) throw new Error(`${name} twice in <${inside}>`);
    attributes.set(name, decode(value));
  }
  return { name: match[1], attributes, children: [], text: '' };
}

function decode(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what XML cannot hold
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text))
    throw new Error(`control character in ${text}`);
  return text.replaceAll(/&([^;]{0,8};?)/g, (whole, entity: string) => {
    const character = ENTITIES[entity.replace(';', '')];
    if (character === undefined || !entity.endsWith(';')) throw new Error(`stray ${whole}`);
    return character;
  });
}

/** Every element below, in document order. */
export function descendants(element: Element): Element[] {
  return element.children.flatMap((child) => [child, ...descendants(child)]);
}

export function byName(element: Element, name: string): Element[] {
  return descendants(element).filter((found) => found.name === name);
}

export function byClass(element: Element, name: string): Element[] {
  return descendants(element).filter((found) => (found.attributes.get('class') ?? '').split(' ').includes(name));
}

/** All text of an element, that of its children included. */
export function textOf(element: Element): string {
  return element.text + element.children.map(textOf).join(' ');
}

export function childrenNamed(element: Element, name: string): Element[] {
  return element.children.filter((child) => child.name === name);
}
