import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { errorFromStatus, retryDelayMs } from '../../src/client/status.js';
import { RequestError, UnavailableError } from '../../src/ground/errors.js';
import { encodeStatusDetails } from '../../src/protocol/error-details.js';
import { acts } from '../arbitraries/hostile-text.js';

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

describe('what a foreign server says', () => {
  const evil = `no\nready\u001b[2J\u202e${'x'.repeat(100_000)}`;
  const shown = String.raw`no\u000aready\u001b[2J\u202exxx`;

  it('is shown on one line, acts on nothing, and ends', () => {
    const { message } = errorFromStatus(failed(status.INTERNAL, evil), 'h:1', '5 s');
    expect(message.startsWith(`h:1: INTERNAL: ${shown}`)).toBe(true);
    expect(message.length).toBeLessThan(1200);
  });

  it('is so in its details, too', () => {
    const error = failed(status.INVALID_ARGUMENT, evil);
    const violations = Array.from({ length: 100 }, () => ({ field: evil, description: evil }));
    const info = { reason: evil, metadata: { [evil]: evil } };
    error.metadata.set(
      'grpc-status-details-bin',
      encodeStatusDetails({ code: 3, message: evil, details: { violations } }),
    );
    const refused = errorFromStatus(error, 'h:1', '5 s');
    expect(refused.message.startsWith(`${shown}`)).toBe(true);
    expect(refused.message.length).toBeLessThan(20_000);
    error.metadata.set('grpc-status-details-bin', encodeStatusDetails({ code: 3, message: evil, details: { info } }));
    const { message } = errorFromStatus(error, 'h:1', '5 s');
    expect(acts(message)).toBe(false);
    expect(message.length).toBeLessThan(4000);
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
