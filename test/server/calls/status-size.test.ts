import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeStatusDetails, type RpcStatus } from '../../../src/protocol/error-details.js';
import { fitStatus } from '../../../src/server/calls/status-size.js';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }), fc.nat(3000))
    .map(([unit, times]) => unit.repeat(times)),
);
const statuses: fc.Arbitrary<RpcStatus> = fc.record({
  code: fc.constant(3),
  message: text,
  details: fc.record(
    {
      violations: fc.array(fc.record({ field: text, description: text }), { maxLength: 20 }),
      info: fc.record({ reason: fc.constant('INVALID_REQUEST'), metadata: fc.record({ model: text, service: text }) }),
      retryDelayMs: fc.constant(100),
    },
    { requiredKeys: [] },
  ),
});

/** Every header of a refusal without ids, as HTTP/2 counts them: names, values and 32 bytes each. */
function headerListBytes(status: RpcStatus): number {
  const headers = [
    [':status', '200'],
    ['content-type', 'application/grpc+proto'],
    ['grpc-accept-encoding', 'identity,deflate,gzip'],
    ['grpc-status', '3'],
    ['grpc-message', encodeURI(status.message)],
    ['grpc-status-details-bin', encodeStatusDetails(status).toString('base64')],
  ];
  return headers.reduce((bytes, [name, value]) => bytes + name.length + value.length + 32, 0);
}

describe('the status of a refusal', () => {
  it('leaves room for ids and proxies in the 8 KiB that clients take, whatever is in it', () => {
    fc.assert(
      fc.property(statuses, (status) => {
        expect(headerListBytes(fitStatus(status))).toBeLessThan(6 * 1024);
      }),
    );
  });

  it('stays as it is where it is short', () => {
    const status: RpcStatus = {
      code: 3,
      message: 'inputs[0].name: expected features or a feature, found "größe"',
      details: {
        violations: [{ field: 'inputs[0].name', description: 'expected features or a feature, found "größe"' }],
        info: { reason: 'INVALID_REQUEST' },
      },
    };
    expect(fitStatus(status)).toEqual(status);
  });

  it('keeps every violation of a request that is all wrong, in part', () => {
    const violations = Array.from({ length: 8 }, (_, index) => ({
      field: `inputs[${index}].name`,
      description: `expected features or a feature, found "${'é'.repeat(400)}"`,
    }));
    const message = violations.map(({ description, field }) => `${field}: ${description}`).join('; ');
    const fitted = fitStatus({ code: 3, message, details: { violations } });
    expect(fitted.details.violations!.map(({ field }) => field)).toEqual(violations.map(({ field }) => field));
    for (const { description } of fitted.details.violations!) expect(description).toMatch(/^expected features .*é…$/);
    expect(fitted.message).toMatch(/^inputs\[0\]\.name: expected .*é…$/);
  });

  it('is acted on by nobody who shows it', () => {
    const fitted = fitStatus({ code: 3, message: 'a\u001b[2J\nb\ud800', details: {} });
    expect(fitted.message).toBe('a\\u001b[2J\\u000ab\\ud800');
  });
});
