/** A small validator of JSON Schema 2020-12: the keywords that our schemas use, and an error for any other. */

type Schema = { readonly [keyword: string]: unknown };

/** @returns one line per violation, with the place as a JSON pointer; none for a valid value */
export function violations(root: Schema, value: unknown, schema: Schema = root, place = ''): string[] {
  return Object.entries(schema).flatMap(([keyword, expected]) => {
    if (['$schema', '$defs', 'title', 'description'].includes(keyword)) return [];
    const check = KEYWORDS[keyword];
    if (check === undefined) throw new Error(`the schema keyword ${keyword} is not known here`);
    return check({ root, schema, value, place }, expected as never);
  });
}

interface Context {
  readonly root: Schema;
  readonly schema: Schema;
  readonly value: unknown;
  readonly place: string;
}

type Check = (context: Context, expected: never) => string[];

const KEYWORDS: Readonly<Record<string, Check>> = {
  $ref: ({ root, value, place }, reference: string) => {
    const definition = (root['$defs'] as Record<string, Schema>)[reference.replace('#/$defs/', '')];
    return violations(root, value, definition, place);
  },
  additionalProperties: ({ root, schema, value, place }, expected: boolean | Schema) => {
    const known = Object.keys((schema['properties'] as object | undefined) ?? {});
    return entriesOf(value).flatMap(([key, item]) => {
      if (known.includes(key)) return [];
      return expected === false
        ? [`${place}/${key}: unexpected`]
        : violations(root, item, expected as Schema, `${place}/${key}`);
    });
  },
  anyOf: ({ root, value, place }, expected: Schema[]) => {
    const found = expected.map((schema) => violations(root, value, schema, place));
    return found.some((lines) => lines.length === 0) ? [] : found.flat();
  },
  enum: ({ value, place }, expected: unknown[]) =>
    expected.includes(value) ? [] : [`${place}: not one of ${expected}`],
  items: ({ root, value, place }, expected: Schema) =>
    Array.isArray(value) ? value.flatMap((item, index) => violations(root, item, expected, `${place}/${index}`)) : [],
  maximum: ({ value, place }, expected: number) => (Number(value) > expected ? [`${place}: above ${expected}`] : []),
  minimum: ({ value, place }, expected: number) => (Number(value) < expected ? [`${place}: below ${expected}`] : []),
  pattern: ({ value, place }, expected: string) =>
    typeof value !== 'string' || new RegExp(expected, 'us').test(value) ? [] : [`${place}: does not match ${expected}`],
  properties: ({ root, value, place }, expected: Record<string, Schema>) =>
    entriesOf(value).flatMap(([key, item]) =>
      Object.hasOwn(expected, key) ? violations(root, item, expected[key], `${place}/${key}`) : [],
    ),
  propertyNames: ({ root, value, place }, expected: Schema) =>
    entriesOf(value).flatMap(([key]) => violations(root, key, expected, `${place}/${key}`)),
  required: ({ value, place }, expected: string[]) =>
    expected.filter((key) => !Object.hasOwn(value as object, key)).map((key) => `${place}/${key}: missing`),
  type: ({ value, place }, expected: string | string[]) => {
    const found = [expected].flat().some((type) => isOfType(value, type));
    return found ? [] : [`${place}: not of type ${expected}`];
  },
};

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}
