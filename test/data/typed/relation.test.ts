import { describe, expect, it } from 'vitest';
import { doubleQuoted, namesIn, relationOf } from '../../../src/data/typed/relation.js';

describe('the name of a table', () => {
  it.each([
    ['orders', ['orders']],
    ['sales.Orders', ['sales', 'Orders']],
    ['a."b.c".d', ['a', 'b.c', 'd']],
    ['"say ""hi"""', ['say "hi"']],
    ["x'; DROP TABLE y; --", ["x'; DROP TABLE y; --"]],
  ])('%s is %j', (table, names) => {
    expect(namesIn(table)).toEqual(names);
  });

  it.each(['', '.', 'a.', '.a', 'a..b', '"a', 'a"b"', '"a"b', '""'])('is none: %j', (table) => {
    expect(() => namesIn(table)).toThrow(
      `table: expected a name such as orders, or sales.orders, found ${JSON.stringify(table)}`,
    );
  });

  it('says the option that has it', () => {
    expect(() => namesIn('a.', 'into')).toThrow('into: expected a name such as orders');
  });
});

describe('what is read of an engine', () => {
  it('is a table, its names quoted', () => {
    expect(relationOf({ table: 's.say "hi"'.replace('say "hi"', '"say ""hi"""') }, doubleQuoted)).toEqual({
      name: 's."say ""hi"""',
      sql: '"s"."say ""hi"""',
    });
  });

  it('is a query without what ends it, whatever comment is behind it', () => {
    expect(relationOf({ query: ' SELECT 1 -- one\n; ; ' }, doubleQuoted)).toEqual({
      name: 'query',
      sql: '(SELECT 1 -- one\n) AS query',
    });
  });
});
