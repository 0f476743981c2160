import { wrapped } from './source-text.js';

/** A method may have 64 KiB, and so may what sets the fields of a class, 8 bytes for an item: other lists are made otherwise. */
const MOST_IN_LIST = 1000;
const MOST_IN_CLASS = 6000;
/** Characters of a constant, which may have 65 535 bytes, in lines that are joined by the compiler. */
const LONGEST_TEXT = 16_000;
/** Characters of a line. */
const LINE = 90;

type NumberType = 'boolean' | 'double' | 'int';

const READERS: Readonly<Record<NumberType, string>> = {
  boolean: '"1".equals(token)',
  double: 'Double.parseDouble(token)',
  int: 'Integer.parseInt(token)',
};

/** Lists of a class: short ones as they are, while there is room; others of texts from classes of their own, of numbers from texts. */
export class Lists {
  #inClass = 0;
  #joins = false;
  readonly #classes: string[] = [];
  readonly #read = new Set<NumberType>();

  texts(type: 'String' | 'String[]', name: string, items: readonly string[]): string {
    if (this.#hasRoom(items.length)) return list(type, name, items);
    const parts: string[] = [];
    for (let start = 0; start < items.length; start += MOST_IN_LIST) {
      const part = `${name}_PART_${parts.length}`;
      parts.push(`${part}.VALUES`);
      this.#classes.push(`
    private static final class ${part} {
        static final ${type}[] VALUES = {
${wrapped(items.slice(start, start + MOST_IN_LIST), '            ')}        };
    }
`);
    }
    if (parts.length === 1) return `    private static final ${type}[] ${name} = ${parts[0]};\n`;
    this.#joins = true;
    return `    private static final ${type}[] ${name} = join(new ${type}[${items.length}],\n${wrapped(parts, '        ').replace(/,\n$/, ');\n')}`;
  }

  /** @param literal of a value, and its text where there is a literal of another form */
  numbers(
    type: NumberType,
    name: string,
    values: ArrayLike<number>,
    literal: (value: number) => string,
    text = literal,
  ): string {
    if (this.#hasRoom(values.length)) {
      return list(
        type,
        name,
        Array.from(values, (value) => literal(value)),
      );
    }
    this.#read.add(type);
    const texts = textsOf(Array.from(values, (value) => text(value)));
    return `    private static final ${type}[] ${name} = ${type}s(${values.length},\n${texts.join(',\n')});\n`;
  }

  #hasRoom(count: number): boolean {
    if (count > MOST_IN_LIST || this.#inClass + count > MOST_IN_CLASS) return false;
    this.#inClass += count;
    return true;
  }

  /** The classes of long lists, and what reads texts. */
  rest(): string {
    const readers = [...this.#read].sort().map(reader);
    return `${readers.join('')}${this.#joins ? JOIN : ''}${this.#classes.join('')}`;
  }
}

function list(type: string, name: string, items: readonly string[]): string {
  return `    private static final ${type}[] ${name} = {\n${wrapped(items, '        ')}    };\n`;
}

/** Constants with numbers between spaces. */
function textsOf(tokens: readonly string[]): string[] {
  const texts: string[] = [];
  let [lines, line, length] = [[] as string[], '', 0];
  const endLine = () => {
    if (line !== '') lines.push(`"${line}"`);
    length += line.length;
    line = '';
  };
  const endText = () => {
    if (lines.length > 0) texts.push(`        ${lines.join('\n        + ')}`);
    [lines, length] = [[], 0];
  };
  for (const token of tokens) {
    if (line.length + token.length + 1 > LINE) endLine();
    if (length > LONGEST_TEXT) endText();
    line += `${token} `;
  }
  endLine();
  endText();
  return texts;
}

function reader(type: NumberType): string {
  return `
    /** Long lists are texts: the code of a method, as of the static fields, may have 64 KiB only. */
    private static ${type}[] ${type}s(int count, String... texts) {
        ${type}[] all = new ${type}[count];
        int at = 0;
        for (String text : texts) {
            for (String token : text.split(" ")) {
                all[at++] = ${READERS[type]};
            }
        }
        return all;
    }
`;
}

const JOIN = `
    /** Long lists are in several classes: the code of a method, as of the static fields, may have 64 KiB only. */
    private static <T> T join(T all, Object... parts) {
        int at = 0;
        for (Object part : parts) {
            int length = java.lang.reflect.Array.getLength(part);
            System.arraycopy(part, 0, all, at, length);
            at += length;
        }
        return all;
    }
`;
