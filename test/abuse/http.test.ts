import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encode } from './messages.js';
import { expectRightFlower, rightAnswer } from './oracle.js';
import { Random } from './random.js';
import { call, frame, inParallel, paths } from './raw-call.js';
import { Tally } from './tally.js';
import { flowerOf, measurement, startTarget, type Target } from './target.js';

/** The REST form, the metrics port and several workers under the same treatment. Two workers: twice the memory and more. */
const MAX_RESIDENT_MB = 1000;

let target: Target;
let http: string;
let metrics: string;
beforeAll(async () => {
  target = await startTarget(['--http-port', '0', '--metrics-port', '0', '--workers', '2']);
  http = `http://127.0.0.1:${/"httpPort":(\d+)/.exec(target.log())![1]}`;
  metrics = `http://${/"metrics":"([^"]+)"[^\n]*"msg":"ready"/.exec(target.log())![1]}`;
});
afterAll(() => target.stop());

const INFER = '/v2/models/iris/infer';
const rowsOf = (rowCount: number) =>
  Array.from({ length: rowCount }, (_, n) => Array.from({ length: 4 }, (_, feature) => measurement(n, feature)));
const question = (rows: readonly (readonly number[])[]) => ({
  inputs: [{ name: 'features', datatype: 'FP64', shape: [rows.length, 4], data: rows.flat() }],
});

async function post(
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const type = { 'content-type': 'application/json' };
  const response = await fetch(`${http}${INFER}`, {
    method: 'POST',
    body: body as string,
    headers: { ...type, ...headers },
  });
  return { status: response.status, text: await response.text() };
}

interface Answer {
  readonly model_version: string;
  readonly outputs: readonly { readonly name: string; readonly data: readonly unknown[] }[];
}

function expectRight(rows: readonly (readonly number[])[], text: string): void {
  const answer = JSON.parse(text) as Answer;
  const right = rows.map((row) => rightAnswer(target.models.get(answer.model_version), row));
  const data = (name: string) => answer.outputs.find((output) => output.name === name)?.data;
  expect(data('label')).toEqual(right.map(({ label }) => label));
  expect(data('class_index')).toEqual(right.map((each) => each.class));
}

/** REST, gRPC and the probes answer; every worker is the one it was at the start. */
async function expectSound(): Promise<void> {
  const rows = rowsOf(100);
  const { status, text } = await post(JSON.stringify(question(rows)));
  expect(status, text).toBe(200);
  expectRight(rows, text);
  expect((await fetch(`${metrics}/readyz`)).status).toBe(200);
  expect(await (await fetch(`${metrics}/metrics`)).text()).toContain('grpc_server_handled_total');
  expect(target.log()).not.toMatch(/worker (replaced|ended|died)/);
  await target.expectSound(MAX_RESIDENT_MB);
}

async function judge(tally: Tally, body: string | Buffer, headers: Record<string, string> = {}): Promise<void> {
  const { status, text } = await post(body, headers);
  expect([200, 400, 404, 413, 415], text.slice(0, 300)).toContain(status);
  if (status !== 200) expect(typeof JSON.parse(text).error).toBe('string');
  tally.add(status === 200 ? 'answered' : `refused with ${status}`);
}

describe('REST bodies', () => {
  const whole = Buffer.from(JSON.stringify({ id: 'x', ...question(rowsOf(2)) }));

  it('that are cut at every byte are refused', async () => {
    const tally = new Tally('REST body truncated at every byte');
    await inParallel(
      Array.from({ length: whole.length }, (_, end) => whole.subarray(0, end)),
      8,
      (body) => judge(tally, body),
    );
    expect(tally.of('answered')).toBe(0);
    tally.close();
    await expectSound();
  });

  it('with any byte changed, or of noise, are refused or answered', async () => {
    const tally = new Tally('REST body with bytes changed, and noise');
    const random = new Random(21);
    const bodies = Array.from({ length: 600 }, (_, n) => {
      if (n % 6 === 0) return random.bytes(random.below(400));
      const changed = Buffer.from(whole);
      changed[random.below(whole.length)] = random.below(256);
      return changed;
    });
    await inParallel(bodies, 8, (body) => judge(tally, body));
    tally.close();
    await expectSound();
  });

  it('that are hostile JSON are refused', async () => {
    const tally = new Tally('REST bodies of hostile JSON');
    const input = { name: 'features', datatype: 'FP64', shape: [1, 4], data: [5, 3, 1, 1] };
    const hostile: (string | Buffer)[] = [
      '['.repeat(1_000_000),
      '{"a":'.repeat(200_000),
      `{"inputs":[${'{},'.repeat(1_000_000)}{}]}`,
      `{"inputs":${'['.repeat(5000)}${']'.repeat(5000)}}`,
      `{"id":"${'x'.repeat(10_000_000)}"}`,
      `{"inputs":[{"name":"features","datatype":"FP64","shape":[1,4],"data":[${'1,'.repeat(4_000_000)}1]}]}`,
      `{"inputs":[{"name":"features","datatype":"FP64","shape":[1,4],"data":${'['.repeat(5000)}1${']'.repeat(5000)}}]}`,
      '{"__proto__":{"inputs":[]},"inputs":[]}',
      JSON.stringify({ inputs: Array(10_000).fill(input) }),
      JSON.stringify({ inputs: [input], outputs: Array(10_000).fill({ name: 'label' }) }),
      ...['4611686018427387904', '1e400', '-1', '1.5', 'null', '"1"'].map((size) =>
        JSON.stringify({ inputs: [input] }).replace('[1,4]', `[${size},4]`),
      ),
      ...['1e999', 'null', '"NaN"', '{}', '[[]]', 'true'].map((value) =>
        JSON.stringify({ inputs: [input] }).replace('[5,3,1,1]', `[5,3,1,${value}]`),
      ),
      Buffer.alloc(17_000_000, ' '),
    ];
    for (const body of hostile) await judge(tally, body);
    for (const length of ['-1', '0', '5', '99999999999', 'x', '1e3']) {
      await judge(tally, JSON.stringify({ inputs: [input] }), { 'inference-header-content-length': length });
    }
    expect(tally.of('answered')).toBeLessThan(4);
    tally.close(`peak ${target.resident('peak')} MB`);
    await expectSound();
  });
});

describe('the REST port and the metrics port', () => {
  it('drop noise, half requests and slow ones, and answer the others', async () => {
    const tally = new Tally('noise on the REST and metrics ports');
    const random = new Random(31);
    const starts = [
      () => random.bytes(1 + random.below(500)),
      () => Buffer.from(`POST ${INFER} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{`),
      () => Buffer.from(`POST ${INFER} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n`),
      () => Buffer.from(`GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`),
      () => Buffer.from(`GET /v2 HTTP/1.1\r\n${'a: b\r\n'.repeat(5000)}\r\n`),
      () => Buffer.from('GET /../../etc/passwd HTTP/1.1\r\nhost: x\r\n\r\n'),
      () => Buffer.from('GET /metrics HTTP/1.1\r\n'),
      () => Buffer.from('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(50)),
    ];
    await inParallel(
      Array.from({ length: 600 }, (_, n) => n),
      30,
      async (n) => {
        const { port } = new URL(n % 2 === 0 ? http : metrics);
        const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
        await once(socket, 'connect');
        socket.resume().write(starts[(n >> 1) % starts.length]!());
        setTimeout(() => socket.resetAndDestroy(), 100);
        await once(socket, 'close');
        tally.add(n % 2 === 0 ? 'at the REST port' : 'at the metrics port');
      },
    );
    tally.close();
    await expectSound();
  });

  it('answer rightly under load of both forms at once', async () => {
    const tally = new Tally('REST and gRPC load on two workers');
    const sessions = await Promise.all(Array.from({ length: 8 }, () => target.connect()));
    await inParallel(
      Array.from({ length: 2000 }, (_, n) => n),
      32,
      async (n) => {
        if (n % 2 === 0) {
          const rows = rowsOf(1 + (n % 50));
          const { status, text } = await post(JSON.stringify(question(rows)));
          expect(status, text).toBe(200);
          expectRight(rows, text);
          tally.add('REST answered rightly');
        } else {
          const request = flowerOf(n);
          const body = frame(encode('ml.IrisPredictRequest', request));
          const { code, replies } = await call(sessions[n % sessions.length]!, paths.predict, body);
          expect(code).toBe('OK');
          expectRightFlower(target.models, request, replies[0]!);
          tally.add('gRPC answered rightly');
        }
      },
    );
    for (const session of sessions) session.close();
    tally.close(`resident ${target.resident()} MB of three processes`);
    await expectSound();
  });
});
