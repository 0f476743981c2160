import { describe, expect, it } from 'vitest';
import { listDifferences } from '../../src/evaluation/difference.js';

describe('the differences of two documents', () => {
  it('are the leaves that differ, with their paths', () => {
    const before = { a: { b: [1, 2], c: 'same' }, gone: 1 };
    const after = { a: { b: [1, 3], c: 'same' }, come: null };
    expect(listDifferences(before, after)).toEqual([
      { path: 'a.b[1]', before: 2, after: 3 },
      { path: 'gone', before: 1, after: undefined },
      { path: 'come', before: undefined, after: null },
    ]);
  });

  it.each(['constructor', 'toString', '__proto__'])('know a key %s only where it stands', (key) => {
    const withKey = JSON.parse(`{"${key}":"number"}`);
    expect(listDifferences(withKey, {})).toEqual([{ path: key, before: 'number', after: undefined }]);
    expect(listDifferences({}, withKey)).toEqual([{ path: key, before: undefined, after: 'number' }]);
  });
});
