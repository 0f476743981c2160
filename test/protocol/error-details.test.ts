import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { decodeStatusDetails, encodeStatusDetails, type RpcStatus } from '../../src/protocol/error-details.js';

/** The messages as the published .proto files of google.rpc have them. */
const { root } = protobuf.parse(
  `
  syntax = "proto3";
  package google.rpc;
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message Duration { int64 seconds = 1; int32 nanos = 2; }
  message RetryInfo { Duration retry_delay = 1; }
  message ErrorInfo { string reason = 1; string domain = 2; map<string, string> metadata = 3; }
  message BadRequest {
    message FieldViolation { string field = 1; string description = 2; }
    repeated FieldViolation field_violations = 1;
  }
  message LocalizedMessage { string locale = 1; string message = 2; }
`,
  { keepCase: true },
);

const type = (name: string) => root.lookupType(`google.rpc.${name}`);

function decodeElsewhere(bytes: Buffer) {
  const status = type('Status').toObject(type('Status').decode(bytes));
  const details = (status['details'] ?? []).map(({ type_url, value }: { type_url: string; value: Uint8Array }) => {
    const name = type_url.replace('type.googleapis.com/google.rpc.', '');
    return [name, type(name).toObject(type(name).decode(value), { longs: Number })];
  });
  return { code: status['code'], message: status['message'], details: Object.fromEntries(details) };
}

describe('status details', () => {
  it('are google.rpc.Status to any other program', () => {
    const bytes = encodeStatusDetails({
      code: 3,
      message: 'größe: expected 4',
      details: {
        violations: [{ field: 'inputs[0].shape[1]', description: 'expected 4, found 5' }],
        retryDelayMs: 1250,
        info: { reason: 'INVALID_REQUEST', metadata: { model: 'iris' } },
      },
    });
    expect(decodeElsewhere(bytes)).toEqual({
      code: 3,
      message: 'größe: expected 4',
      details: {
        BadRequest: { field_violations: [{ field: 'inputs[0].shape[1]', description: 'expected 4, found 5' }] },
        RetryInfo: { retry_delay: { seconds: 1, nanos: 250_000_000 } },
        ErrorInfo: { reason: 'INVALID_REQUEST', domain: 'iris', metadata: { model: 'iris' } },
      },
    });
  });

  it('come back as they were sent', () => {
    const status = fc.record<RpcStatus>({
      code: fc.integer({ min: 1, max: 16 }),
      message: fc.string({ unit: 'binary' }),
      details: fc.record(
        {
          violations: fc.array(fc.record({ field: fc.string(), description: fc.string({ unit: 'binary' }) }), {
            minLength: 1,
          }),
          retryDelayMs: fc.nat(),
          info: fc.record(
            {
              reason: fc.string(),
              domain: fc.string().filter((domain) => domain !== 'iris'),
              metadata: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
            },
            { requiredKeys: ['reason', 'metadata'] },
          ),
        },
        { requiredKeys: [] },
      ),
    });
    fc.assert(
      fc.property(status, (sent) => {
        expect(decodeStatusDetails(encodeStatusDetails(sent))).toEqual(sent);
      }),
    );
  });

  it('of other types are left out', () => {
    const other = {
      type_url: 'type.googleapis.com/google.rpc.LocalizedMessage',
      value: type('LocalizedMessage').encode({ locale: 'de', message: 'nein' }).finish(),
    };
    const foreign = { type_url: 'type.example.com/ErrorInfo', value: Buffer.from([1, 2, 3]) };
    const bytes = type('Status')
      .encode({ code: 5, message: 'no', details: [other, foreign] })
      .finish();
    expect(decodeStatusDetails(bytes)).toEqual({ code: 5, message: 'no', details: {} });
  });

  it('that are no message are undefined', () => {
    expect(decodeStatusDetails(Buffer.from([0x12, 200]))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array(), (noise) => {
        decodeStatusDetails(noise);
      }),
    );
  });
});
