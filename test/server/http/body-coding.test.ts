import { request } from 'node:http';
import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { acceptedCoding } from '../../../src/server/http/body-coding.js';
import { invalid, matrix, outputs, rows, serveHttp } from './calling.js';

const question = Buffer.from(JSON.stringify({ inputs: [matrix], outputs: outputs('leaf') }));
const leaves = [{ name: 'leaf', datatype: 'INT32', shape: [3], data: [1, 3, 4] }];

const post = (body: Buffer, coding: string, headers: Record<string, string> = {}) => ({
  method: 'POST',
  body,
  headers: { 'content-encoding': coding, 'content-type': 'application/json', ...headers },
});

describe('a compressed body', () => {
  it.each([
    ['gzip', gzipSync(question)],
    ['x-gzip', gzipSync(question)],
    ['GZIP', gzipSync(question)],
    ['deflate', deflateSync(question)],
    ['identity, gzip', gzipSync(question)],
    // Two members, one after the other.
    ['gzip', Buffer.concat([gzipSync(question.subarray(0, 40)), gzipSync(question.subarray(40))])],
  ])('is read: %s', async (coding, body) => {
    const { get } = await serveHttp();
    const { json, status } = await get('/v2/models/iris/infer', post(body, coding));
    expect([status, json.outputs]).toEqual([200, leaves]);
  });

  it('may have binary contents: the length of the JSON is that before compression', async () => {
    const { get } = await serveHttp();
    const input = { name: 'features', datatype: 'FP64', shape: [3, 4], parameters: { binary_data_size: 96 } };
    const json = Buffer.from(JSON.stringify({ inputs: [input], outputs: outputs('leaf') }));
    const body = gzipSync(Buffer.concat([json, Buffer.from(Float64Array.from(rows.flat()).buffer)]));
    const headers = { 'inference-header-content-length': String(json.byteLength) };
    const answer = await get('/v2/models/iris/infer', post(body, 'gzip', headers));
    expect(answer.json.outputs).toEqual(leaves);
  });

  it.each([
    ['gzip', question],
    ['deflate', gzipSync(question)],
    ['gzip', gzipSync(question).subarray(0, -1)],
    ['gzip', Buffer.alloc(0)],
  ])('that is none is refused: %s', async (coding, body) => {
    const { get } = await serveHttp();
    expect(await get('/v2/models/iris/infer', post(body, coding))).toMatchObject({
      status: 400,
      json: invalid({
        field: 'request',
        description: `expected a message compressed by ${coding}, found bytes that are not`,
      }),
    });
  });

  it('is read of calls of the model repository too', async () => {
    const { get } = await serveHttp();
    const body = gzipSync('{"ready":"x"}');
    const path = '/v2/repository/index';
    expect((await get(path, post(body, 'gzip'))).json.error).toBe('ready: expected true or false, found "x"');
    expect(await get(path, post(body, 'br'))).toMatchObject({ status: 415, json: { reason: 'UNKNOWN_COMPRESSION' } });
    const error = 'expected a body of at most 16384 bytes, found a larger one';
    for (const large of [
      post(gzipSync(Buffer.alloc(1_000_000)), 'gzip'),
      post(Buffer.alloc(16_385, ' '), 'identity'),
    ]) {
      expect(await get(path, large)).toMatchObject({ status: 413, json: { error, reason: 'MESSAGE_TOO_LARGE' } });
    }
  });

  it('is not read further than a body may be long', async () => {
    const { get, infer } = await serveHttp({ maxMessageBytes: 100_000 });
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));
    expect(bomb.byteLength).toBeLessThan(100_000);
    const refused = await get('/v2/models/iris/infer', post(bomb, 'gzip'));
    expect(refused).toMatchObject({ status: 413, json: { reason: 'MESSAGE_TOO_LARGE' } });
    expect(refused.json.error).toContain('found more after decompression');
    expect((await infer({ inputs: [matrix] })).status).toBe(200);
  });
});

describe('a reply', () => {
  const many = { ...matrix, shape: [300, 4], data: Array(100).fill(rows).flat(2) };
  /** `fetch` would ask for compression, and undo it. */
  const ask = (origin: string, accepted: string | undefined, body: object) =>
    new Promise<{ coding: string | undefined; body: Buffer; length: number }>((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        ...(accepted !== undefined && { 'accept-encoding': accepted }),
      };
      const call = request(`${origin}/v2/models/iris/infer`, { method: 'POST', headers }, (answer) => {
        const pieces: Buffer[] = [];
        answer.on('data', (piece) => pieces.push(piece));
        answer.on('end', () => {
          const all = Buffer.concat(pieces);
          const coding = answer.headers['content-encoding'];
          resolve({ coding, body: all, length: Number(answer.headers['content-length']) });
        });
      });
      call.on('error', reject).end(JSON.stringify(body));
    });

  it('is compressed where that is asked for', async () => {
    const { origin } = await serveHttp();
    const body = { inputs: [many] };
    const plain = await ask(origin, undefined, body);
    expect(plain.coding).toBeUndefined();
    for (const [coding, decompress] of [['gzip', gunzipSync] as const, ['deflate', inflateSync] as const]) {
      const compressed = await ask(origin, coding, body);
      expect(compressed.coding).toBe(coding);
      expect(compressed.length).toBe(compressed.body.byteLength);
      expect(compressed.length).toBeLessThan(plain.length / 4);
      expect(decompress(compressed.body).equals(plain.body)).toBe(true);
    }
  });

  it('is not compressed where it is small', async () => {
    const { origin } = await serveHttp();
    const { body, coding } = await ask(origin, 'gzip', { inputs: [matrix] });
    expect([coding, JSON.parse(body.toString()).model_name]).toEqual([undefined, 'iris']);
  });

  it.each([
    [undefined, undefined],
    ['', undefined],
    ['br', undefined],
    ['gzip', 'gzip'],
    ['deflate, gzip', 'gzip'],
    ['gzip;q=0.2, deflate;q=0.7', 'deflate'],
    ['gzip;q=0, deflate', 'deflate'],
    ['gzip;q=0', undefined],
    ['*', 'gzip'],
    ['*, gzip;q=0', 'deflate'],
    ['identity, gzip;q=0.5', undefined],
    ['GZIP ; Q=1', 'gzip'],
    ['x-gzip', 'gzip'],
    ['gzip;q=much', undefined],
  ])('is as its reader wants it: %s', (header, coding) => {
    expect(acceptedCoding(header)).toBe(coding);
  });
});
