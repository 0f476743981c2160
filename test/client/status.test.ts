import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { errorFromStatus, retryDelayMs } from '../../src/client/status.js';
import { RequestError, UnavailableError } from '../../src/errors.js';

function failed(code: status, details = 'reason'): ServiceError {
  return Object.assign(new Error(`${code} ${details}`), { code, details, metadata: new Metadata() });
}

describe('a gRPC status as an error of ours', () => {
  it.each([
    'INVALID_ARGUMENT',
    'NOT_FOUND',
    'ALREADY_EXISTS',
    'PERMISSION_DENIED',
    'FAILED_PRECONDITION',
    'OUT_OF_RANGE',
    'UNIMPLEMENTED',
    'UNAUTHENTICATED',
    'RESOURCE_EXHAUSTED',
  ] as const)('%s blames the request', (name) => {
    const error = errorFromStatus(failed(status[name]), 'h:1', '5 s');
    expect(error).toBeInstanceOf(RequestError);
    expect(error.message).toBe(`h:1: ${name}: reason`);
  });

  it.each(['UNAVAILABLE', 'INTERNAL', 'UNKNOWN', 'DATA_LOSS', 'ABORTED', 'CANCELLED'] as const)(
    '%s blames the server',
    (name) => {
      const error = errorFromStatus(failed(status[name]), 'h:1', '5 s');
      expect(error).toBeInstanceOf(UnavailableError);
      expect(error.message).toBe(`h:1: ${name}: reason`);
    },
  );

  it('tells of a deadline how long was waited', () => {
    const error = errorFromStatus(failed(status.DEADLINE_EXCEEDED, 'Deadline exceeded after 5.0s'), 'h:1', '5 s');
    expect(error).toEqual(new UnavailableError('h:1: no answer within 5 s'));
  });

  it('says that nothing listens instead of what the sockets said', () => {
    const details = 'No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: ';
    const error = errorFromStatus(failed(status.UNAVAILABLE, details), 'h:1', '5 s');
    expect(error.message).toBe('h:1: UNAVAILABLE: no server listens there');
  });
});

describe('another try', () => {
  it('is made for a server that went away, after the pause that is due', () => {
    expect(retryDelayMs(failed(status.UNAVAILABLE), 70)).toBe(70);
    expect(retryDelayMs(failed(status.CANCELLED), 70)).toBe(70);
  });

  it.each(['INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'INTERNAL', 'RESOURCE_EXHAUSTED'] as const)(
    'is not made after %s',
    (name) => {
      expect(retryDelayMs(failed(status[name]), 70)).toBeUndefined();
    },
  );
});
