import { describe, expect, it } from 'vitest';
import { writeFailure } from '../../src/cli/output.js';
import { OutputError } from '../../src/ground/errors.js';

describe('a failed write', () => {
  it('is told with where and why', () => {
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { errno: -28 });
    expect(writeFailure('m.json', error)).toEqual(
      new OutputError('m.json: cannot be written: no space left on device'),
    );
    expect(writeFailure('m.json', new Error('odd')).message).toBe('m.json: cannot be written: odd');
  });
});
