import { once } from 'node:events';
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { CallGate } from '../../../src/server/calls/gate.js';
import type { MethodCodec, MethodOptions } from '../../../src/server/grpc/methods.js';
import { unary } from '../../../src/server/grpc/unary-method.js';
import { flower, startServer, TestClient } from '../serving.js';
import { shareOf } from '../shares.js';

const codec: MethodCodec<string, string> = {
  path: '/test/Echo',
  requestDeserialize: (bytes) => {
    if (bytes.length === 0) throw new RangeError('index out of range');
    return bytes.toString();
  },
  responseSerialize: (text) => {
    if (text === 'unwritable') throw new TypeError('cannot be encoded');
    return Buffer.from(text);
  },
};

interface Answered {
  readonly code?: status;
  readonly details?: string;
}

/** Runs a unary handler by hand and collects every answer that it gives. */
async function answers(request: string, answer: (request: string) => string | Promise<string>) {
  const gate = new CallGate();
  const share = shareOf({ calls: 1 });
  const bugs: unknown[] = [];
  const options: MethodOptions = { gate, reportBug: (error) => bugs.push(error) };
  const given: (Answered | string)[] = [];
  const { handler } = unary(codec, options, answer);
  (handler as (call: unknown) => void)({
    request: Buffer.from(request),
    context: { share },
    end: (outcome: Buffer | Answered) => given.push(Buffer.isBuffer(outcome) ? String(outcome) : outcome),
  });
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  const free = gate.enter(share) === undefined;
  return { bugs, free, given };
}

const boom = new Error('boom');

describe('a unary answer', () => {
  it.each([
    ['returned', () => 'yes'],
    ['promised', async () => 'yes'],
  ])('is given once when it is %s', async (_, answer) => {
    expect(await answers('x', answer)).toEqual({ bugs: [], free: true, given: ['yes'] });
  });

  it.each([
    [
      'throws',
      () => {
        throw boom;
      },
    ],
    [
      'rejects',
      async () => {
        throw boom;
      },
    ],
  ])('is one INTERNAL without detail when the handler %s', async (_, answer) => {
    const { bugs, free, given } = await answers('x', answer);
    expect(given).toMatchObject([{ code: status.INTERNAL }]);
    expect((given[0] as Answered).details).toMatch(/^internal error, request id [0-9a-f-]{36}$/);
    expect(bugs).toEqual([boom]);
    expect(free).toBe(true);
  });

  it.each([
    ['returned', () => 'unwritable'],
    ['promised', async () => 'unwritable'],
  ])('is one INTERNAL when what was %s cannot be encoded', async (_, answer) => {
    const { bugs, free, given } = await answers('x', answer);
    expect(given).toMatchObject([{ code: status.INTERNAL }]);
    expect(bugs).toEqual([new TypeError('cannot be encoded')]);
    expect(free).toBe(true);
  });

  it('is INVALID_ARGUMENT when the request cannot be decoded, and no bug', async () => {
    const { bugs, free, given } = await answers('', () => 'yes');
    expect(given).toMatchObject([
      {
        code: status.INVALID_ARGUMENT,
        details: 'request: expected a request of /test/Echo, found 0 bytes that are none',
      },
    ]);
    expect(bugs).toEqual([]);
    expect(free).toBe(true);
  });
});

describe('the gate', () => {
  it('takes so many calls at once and gives places back', () => {
    const gate = new CallGate();
    const share = shareOf({ calls: 2 });
    expect([gate.enter(share), gate.enter(share)]).toEqual([undefined, undefined]);
    expect(gate.enter(share)).toMatchObject({ reason: 'TOO_MANY_CALLS' });
    gate.leave(share);
    expect(gate.enter(share)).toBeUndefined();
  });

  it('takes none once it is closed', () => {
    const gate = new CallGate();
    gate.close();
    const message = 'the server is shutting down: ask another one';
    expect(gate.enter(shareOf())).toMatchObject({ reason: 'DRAINING', message });
  });

  it('is passed by streams too', async () => {
    const { address } = await startServer({ maxConcurrentCalls: 1 });
    const client = new TestClient(address);
    const first = client.stream('iris', 'PredictIrisSpeciesStream');
    first.on('error', () => {}).write(flower);
    await once(first, 'data');
    const [error] = await once(client.stream('iris', 'PredictIrisSpeciesStream'), 'error');
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    first.cancel();
  });
});
