import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iris, ROOT } from '../e2e/cli.js';
import { decodeDetails, encode } from './messages.js';
import { call, frame, type Outcome, paths } from './raw-call.js';
import { batchOf, flower, startTarget, type Target } from './target.js';

/** Every row of the table of status codes, as it stands on the wire: docs/protocol.md. */

const folder = mkdtempSync(join(tmpdir(), 'iris-abuse-statuses-'));
let target: Target;
let wine: Target;
beforeAll(async () => {
  const model = join(folder, 'wine.json');
  const data = join(ROOT, 'test/fixtures/reference/wine.csv');
  const { code, stderr } = await iris(['train', '--data', data, '--out', model]);
  expect(code, stderr).toBe(0);
  [target, wine] = await Promise.all([
    startTarget(['--max-batch-rows', '1000', '--max-message-bytes', '100000', '--max-concurrent-calls', '1']),
    startTarget(['--model', model, '--name', 'wine'], new Map()),
  ]);
});
afterAll(async () => {
  await Promise.all([target.stop(), wine.stop()]);
  rmSync(folder, { recursive: true });
});

const batch = (change: object, rowCount = 1) =>
  frame(encode('inference.ModelInferRequest', { ...batchOf(rowCount), ...change }));
const features = { name: 'features', datatype: 'FP64', shape: [1, 4] };
const flowerFrame = frame(encode('ml.IrisPredictRequest', flower));

const rows: readonly [situation: string, path: string, body: Buffer, code: string, reason: string, field?: string][] = [
  ['an unknown model', paths.infer, batch({ model_name: 'wine' }), 'NOT_FOUND', 'MODEL_NOT_FOUND'],
  ['an unknown version', paths.infer, batch({ model_version: '0' }), 'NOT_FOUND', 'MODEL_NOT_FOUND'],
  [
    'an unknown name in a health check',
    paths.health,
    frame(encode('grpc.health.v1.HealthCheckRequest', { service: 'x' })),
    'NOT_FOUND',
    'SERVICE_NOT_FOUND',
  ],
  [
    'a wrong name',
    paths.infer,
    batch({ inputs: [{ ...features, name: 'x' }] }),
    'INVALID_ARGUMENT',
    'INVALID_REQUEST',
    'inputs[0].name',
  ],
  [
    'a wrong type',
    paths.infer,
    batch({ inputs: [{ ...features, datatype: 'BF16' }] }),
    'INVALID_ARGUMENT',
    'INVALID_REQUEST',
    'inputs[0].datatype',
  ],
  [
    'a wrong shape',
    paths.infer,
    batch({ inputs: [{ ...features, shape: [1, 5] }] }),
    'INVALID_ARGUMENT',
    'INVALID_REQUEST',
    'inputs[0].shape[1]',
  ],
  [
    'a wrong size',
    paths.infer,
    batch({ raw_input_contents: [Buffer.alloc(31)] }),
    'INVALID_ARGUMENT',
    'INVALID_REQUEST',
    'raw_input_contents[0]',
  ],
  [
    'NaN where training had none',
    paths.infer,
    batch({ raw_input_contents: [Buffer.alloc(32, 0xff)] }),
    'INVALID_ARGUMENT',
    'INVALID_REQUEST',
    'inputs[0]',
  ],
  [
    'an unknown output',
    paths.infer,
    batch({ outputs: [{ name: 'x' }] }),
    'INVALID_ARGUMENT',
    'INVALID_REQUEST',
    'outputs[0].name',
  ],
  [
    'an absent measurement',
    paths.predict,
    frame(encode('ml.IrisPredictRequest', { ...flower, petal_width: 0 })),
    'INVALID_ARGUMENT',
    'INVALID_REQUEST',
    'petal_width',
  ],
  [
    'an infinite measurement',
    paths.predict,
    frame(encode('ml.IrisPredictRequest', { ...flower, sepal_width: Infinity })),
    'INVALID_ARGUMENT',
    'INVALID_REQUEST',
    'sepal_width',
  ],
  [
    'bytes that are no message',
    paths.predict,
    frame(Buffer.alloc(7, 0xff)),
    'INVALID_ARGUMENT',
    'INVALID_REQUEST',
    'request',
  ],
  [
    'too many rows',
    paths.infer,
    batch({ inputs: [{ ...features, shape: [1001, 4] }] }),
    'INVALID_ARGUMENT',
    'INVALID_REQUEST',
    'inputs[0].shape[0]',
  ],
  ['too many bytes', paths.infer, frame(Buffer.alloc(100_001)), 'RESOURCE_EXHAUSTED', 'MESSAGE_TOO_LARGE'],
  [
    'a reply that would be too large',
    paths.infer,
    batch({ outputs: [{ name: 'decision_path' }] }, 1000),
    'RESOURCE_EXHAUSTED',
    'REPLY_TOO_LARGE',
  ],
];

function expectStatus({ code, details, message }: Outcome, expected: string, reason: string): Record<string, unknown> {
  expect([code, message]).toEqual([expected, expect.stringMatching(/expected|would be|shutting/)]);
  const found = decodeDetails(details!);
  expect(found.details).toMatchObject({ ErrorInfo: { reason, domain: 'iris' } });
  return found.details;
}

describe('from outside, a call', () => {
  it.each(rows)('with %s ends in its status, with details', async (_, path, body, code, reason, field) => {
    const session = await target.connect();
    const details = expectStatus(await call(session, path, body), code, reason);
    if (field !== undefined) {
      const { field_violations: violations } = details['BadRequest'] as { field_violations: object[] };
      expect(violations[0]).toMatchObject({ field, description: expect.stringContaining('expected') });
    }
    session.close();
  });

  it('for iris of another model ends in FAILED_PRECONDITION', async () => {
    const session = await wine.connect();
    const outcome = await call(session, paths.predict, flowerFrame);
    expectStatus(outcome, 'FAILED_PRECONDITION', 'NOT_AN_IRIS_MODEL');
    expect(outcome.message).toContain('alcohol');
    session.close();
  });

  it('too many ends in RESOURCE_EXHAUSTED with RetryInfo', async () => {
    const session = await target.connect();
    let open: { end(): void } | undefined;
    let first = () => {};
    const begun = new Promise<void>((resolve) => {
      first = resolve;
    });
    const stream = call(session, paths.predictStream, flowerFrame, {
      end: false,
      onStream: (found) => {
        open = found;
        found.once('data', first);
      },
    });
    await begun;
    const details = expectStatus(
      await call(session, paths.predict, flowerFrame),
      'RESOURCE_EXHAUSTED',
      'TOO_MANY_CALLS',
    );
    expect(details['RetryInfo']).toMatchObject({ retry_delay: { nanos: 100_000_000 } });
    open!.end();
    expect((await stream).code).toBe('OK');
    session.close();
  });

  it('past its deadline ends in DEADLINE_EXCEEDED; one that is cancelled gives its place back', async () => {
    const session = await target.connect();
    const late = await call(session, paths.predictStream, flowerFrame, {
      end: false,
      headers: { 'grpc-timeout': '50m' },
    });
    expect(late.code).toBe('DEADLINE_EXCEEDED');
    const gone = await call(session, paths.predictStream, flowerFrame, {
      end: false,
      onStream: (stream) => setTimeout(() => stream.close(8), 20),
    });
    expect(gone.code).toBe('reset 8');
    // There is only one place.
    expect((await call(session, paths.predict, flowerFrame)).code).toBe('OK');
    session.close();
  });

  it('of a method that is not there ends in UNIMPLEMENTED', async () => {
    const session = await target.connect();
    expect((await call(session, '/ml.IrisPredictor/Train', flowerFrame)).code).toBe('UNIMPLEMENTED');
    session.close();
  });

  it('while the server drains ends in UNAVAILABLE', async () => {
    const draining = await startTarget(['--grace', '5s']);
    const session = await draining.connect();
    let open: { end(): void } | undefined;
    const stream = call(session, paths.predictStream, flowerFrame, {
      end: false,
      onStream: (found) => {
        open = found;
      },
    });
    await call(session, paths.predict, flowerFrame);
    const stopped = draining.stop();
    // The connection stays for its open stream; what was sent before the GOAWAY came is refused.
    const refused: Outcome[] = [];
    while (!draining.log().includes('"msg":"draining"')) {
      refused.push(await call(session, paths.predict, flowerFrame));
      // A call on a closed connection ends at once, before anything is read: the log needs a turn.
      await nextTurn();
    }
    for (const outcome of refused.filter(({ code }) => code === 'UNAVAILABLE'))
      expectStatus(outcome, 'UNAVAILABLE', 'DRAINING');
    expect(
      refused.map(({ code }) => code).filter((code) => !/^(OK|UNAVAILABLE|reset 7|not sent.*)$/.test(code)),
    ).toEqual([]);
    open!.end();
    expect((await stream).code).toBe('OK');
    await stopped;
  });
});
