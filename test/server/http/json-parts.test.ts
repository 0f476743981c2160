import { describe, expect, it } from 'vitest';
import { requireFewParts } from '../../../src/server/http/json-parts.js';

const check = (text: string) => requireFewParts(Buffer.from(text));

describe('the parts of JSON', () => {
  it.each([
    ['[', 'arrays'],
    ['{}', 'objects'],
    ['"a":1,', 'members'],
  ])('are counted: %s', (part) => {
    expect(() => check(part.repeat(500_000) + ' '.repeat(500_000))).not.toThrow();
    expect(() => check(part.repeat(500_001))).toThrow(
      'request: expected at most 500000 arrays, objects and members of objects, found 500001: data need not be nested',
    );
  });

  it('are not what stands in strings, behind escaped quotes too', () => {
    expect(() => check(`"${String.raw`[{:\"\\`.repeat(300_000)}"`)).not.toThrow();
    expect(() => check(String.raw`"\\"[`.repeat(500_001))).toThrow('found 500001');
  });

  it('are not numbers and strings', () => {
    expect(() => check('1,"a",'.repeat(1_000_000))).not.toThrow();
  });
});
