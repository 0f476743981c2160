import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { quote } from '../../../src/server/calls/refusal.js';
import { irisModel } from '../models.js';
import { flower, recordLog, TestClient } from '../serving.js';
import { invalid, matrix, outputs, rows, serveHttp } from './calling.js';
import { sendRaw, statusOf } from './raw-request.js';

const { version } = irisModel();

describe('an error over HTTP', () => {
  it.each([
    ['/v2/models/wine', 'expected model "iris", found "wine"'],
    ['/v2/models/wine/ready', 'expected model "iris", found "wine"'],
    ['/v2/models/iris/versions/1/ready', `expected version ${version} of model "iris", found "1"`],
  ])('is 404 at %s', async (path, error) => {
    const { get } = await serveHttp();
    expect(await get(path)).toMatchObject({ status: 404, json: { error, reason: 'MODEL_NOT_FOUND' } });
  });

  it('is 404 for an infer call to another model, too', async () => {
    const { infer } = await serveHttp();
    expect(await infer({ inputs: [matrix] }, '/v2/models/wine/infer')).toMatchObject({ status: 404 });
    expect(await infer({ inputs: [matrix] }, '/v2/models/iris/versions/0/infer')).toMatchObject({ status: 404 });
  });

  it('is 404 where nothing is, and 405 with the methods that are allowed', async () => {
    const { get, origin } = await serveHttp();
    expect(await get('/')).toMatchObject({ status: 404, json: { error: 'GET /: nothing is there' } });
    expect(await get('/v2/nothing', { method: 'POST' })).toMatchObject({ status: 404 });
    const wrong = await get('/v2/models/iris/infer');
    expect(wrong).toMatchObject({
      status: 405,
      json: { error: '/v2/models/iris/infer: expected POST, found GET' },
    });
    expect(wrong.headers.get('allow')).toBe('POST');
    const deleted = await fetch(`${origin}/v2/health/ready`, { method: 'DELETE' });
    expect([deleted.status, deleted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it.each([
    ['no shape', { ...matrix, shape: undefined }, 'inputs[0].shape', 'expected an array, found none'],
    ['a shape of text', { ...matrix, shape: ['3', 4] }, 'inputs[0].shape[0]', 'expected an integer, found "3"'],
    ['half a row', { ...matrix, shape: [0.5, 4] }, 'inputs[0].shape[0]', 'expected an integer, found 0.5'],
    ['a row too few', { ...matrix, shape: [2, 4] }, 'inputs[0].data', 'expected 8 elements, found 12'],
    [
      'a column too many',
      { ...matrix, shape: [3, 5] },
      'inputs[0].shape[1]',
      'expected 4, the number of features, found 5',
    ],
    [
      'nested rows that differ',
      { ...matrix, data: [rows[0], [1], rows[2]] },
      'inputs[0].data[1]',
      'expected an array of 4, found 1 elements',
    ],
    ['nested rows too few', { ...matrix, data: [rows[0]] }, 'inputs[0].data', 'expected 3 rows, found 1'],
    [
      'a number in text',
      { ...matrix, data: [...rows.flat().slice(1), '5'] },
      'inputs[0].data[11]',
      'expected a number or null, found "5"',
    ],
    [
      'an object for a number',
      { ...matrix, data: [{ valueOf: 1, toString: 1 }] },
      'inputs[0].data[0]',
      'expected a number or null, found an object',
    ],
    [
      'a fraction for an integer',
      { ...matrix, datatype: 'INT32' },
      'inputs[0].data[1]',
      'expected an integer that INT32 has, within 2^53, found 3.6',
    ],
    [
      'an integer out of range',
      { ...matrix, datatype: 'INT8', data: [128] },
      'inputs[0].data[0]',
      'expected an integer that INT8 has, within 2^53, found 128',
    ],
    [
      'an integer that a number cannot hold',
      { ...matrix, datatype: 'INT64', data: [2 ** 53] },
      'inputs[0].data[0]',
      'expected an integer that INT64 has, within 2^53, found 9007199254740992',
    ],
    [
      'a negative UINT64',
      { ...matrix, datatype: 'UINT64', data: [-1] },
      'inputs[0].data[0]',
      'expected an integer that UINT64 has, within 2^53, found -1',
    ],
    [
      'null for an integer',
      { ...matrix, datatype: 'INT32', data: [null] },
      'inputs[0].data[0]',
      'expected an integer that INT32 has, within 2^53, found null',
    ],
    [
      'another datatype',
      { ...matrix, datatype: 'BF16' },
      'inputs[0].datatype',
      'expected FP64, FP32, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, BOOL, FP16, found "BF16"',
    ],
    [
      'a number for a BOOL',
      { ...matrix, datatype: 'BOOL', data: [true, false, 1, ...rows.flat().slice(3)] },
      'inputs[0].data[2]',
      'expected true or false, found 1',
    ],
    [
      'FP16, which JSON has not',
      { ...matrix, datatype: 'FP16' },
      'inputs[0].data',
      'expected raw contents, as FP16 has no typed ones',
    ],
    [
      'a missing value where training had none',
      { ...matrix, data: [...rows.flat().slice(0, 11), null] },
      'inputs[0]',
      'row 2: petal_width: expected a value, as none was missing in training, found a missing one',
    ],
    [
      'a number beyond all',
      '{"inputs":[{"name":"features","datatype":"FP64","shape":[1,4],"data":[1,1,1e999,1]}]}',
      'inputs[0]',
      'row 0: petal_length: expected a finite number, found Infinity',
    ],
    ['no inputs', '{}', 'inputs', 'expected an array, found none'],
    ['an input that is none', '{"inputs":[7]}', 'inputs[0]', 'expected an object, found 7'],
    ['a list for the request', '[]', 'request', 'expected an object, found an array'],
    ['a number for the id', JSON.stringify({ id: 7, inputs: [matrix] }), 'id', 'expected a string, found 7'],
    [
      'an output without a name',
      JSON.stringify({ inputs: [matrix], outputs: [{}] }),
      'outputs[0].name',
      'expected a string, found none',
    ],
    [
      'an unknown output',
      JSON.stringify({ inputs: [matrix], outputs: [{ name: 'x' }] }),
      'outputs[0].name',
      'expected label, class_index, probabilities, leaf, decision_path, contributions, found "x"',
    ],
  ])('is 400 with the path of the field for %s', async (_, input, field, description) => {
    const { infer } = await serveHttp();
    const { json, status } = await infer(typeof input === 'string' ? input : { inputs: [input] });
    expect(status).toBe(400);
    expect(json.details).toContainEqual({ field, description });
    expect(json.reason).toBe('INVALID_REQUEST');
    expect(json.error).toContain(`${field}: ${description}`);
  });

  it.each([
    ['text', 'hello'],
    [
      'NaN, which JSON does not have',
      '{"inputs":[{"name":"features","datatype":"FP64","shape":[1,4],"data":[NaN,1,1,1]}]}',
    ],
    ['nothing', ''],
  ])('is 400 for a body of %s', async (_, body) => {
    const { infer } = await serveHttp();
    const { json, status } = await infer(body);
    expect([status, json.details[0].field]).toEqual([400, 'request']);
    expect(json.error).toMatch(/^request: expected JSON in UTF-8: /);
  });

  it('is 400 for an id of more than 64 KiB', async () => {
    const { infer } = await serveHttp();
    const description = 'expected at most 65536 bytes, found 65537';
    expect(await infer({ id: 'i'.repeat(65_537), inputs: [matrix] })).toMatchObject({
      status: 400,
      json: invalid({ field: 'id', description }),
    });
    expect(await infer({ id: 'i'.repeat(65_536), inputs: [matrix] })).toMatchObject({ status: 200 });
  });

  it.each([
    [
      'inputs',
      `{"inputs":[${'{},'.repeat(100_000)}{}]}`,
      'at most 100000 inputs, outputs and raw contents, found more',
    ],
    [
      'elements of BYTES',
      `{"inputs":[{"name":"x","datatype":"BYTES","shape":[1],"data":[${'"",'.repeat(1_000_000)}""]}]}`,
      'at most 1000000 elements of BYTES, found more',
    ],
    [
      'arrays',
      `[${'[],'.repeat(500_000)}[]]`,
      'at most 500000 arrays, objects and members of objects, found more: data need not be nested',
    ],
    ['levels', '['.repeat(100_000), 'at most 32 levels of arrays and objects, found more'],
  ])('is 400 for more %s than there is room or time for', async (_, body, limit) => {
    const { infer } = await serveHttp();
    const description = `expected ${limit}`;
    expect(await infer(body)).toMatchObject({ status: 400, json: invalid({ field: 'request', description }) });
  });

  it('is 404 for another model before anything of the body is looked at', async () => {
    const { get } = await serveHttp({ maxMessageBytes: 1024 });
    const headers = { 'content-type': 'application/json' };
    const post = (path: string) => get(path, { method: 'POST', body: 'no JSON'.repeat(1000), headers });
    expect((await post('/v2/models/wine/infer')).json.reason).toBe('MODEL_NOT_FOUND');
    expect((await post('/v2/models/iris/versions/0/infer')).json.reason).toBe('MODEL_NOT_FOUND');
    expect((await post('/v2/models/iris/infer')).json.reason).toBe('MESSAGE_TOO_LARGE');
  });

  it('is 400 for bytes that are no UTF-8', async () => {
    const { get } = await serveHttp();
    const body = Buffer.from([0x22, 0xff, 0x22]);
    expect(await get('/v2/models/iris/infer', { method: 'POST', body })).toMatchObject({ status: 400 });
  });

  it.each(['br', 'identity, zstd', 'gzip, gzip', '__proto__'])(
    'is 415 with what is taken for a body that is %s',
    async (encoding) => {
      const { get } = await serveHttp();
      const headers = { 'content-encoding': encoding };
      const refused = await get('/v2/models/iris/infer', { method: 'POST', body: '{}', headers });
      expect(refused).toMatchObject({
        status: 415,
        json: {
          error: `Content-Encoding: expected gzip or deflate, or a body that is not compressed, found "${encoding}"`,
          reason: 'UNKNOWN_COMPRESSION',
        },
      });
      expect(refused.headers.get('accept-encoding')).toBe('gzip, deflate');
    },
  );

  it('takes bodies that say they are not encoded, however they say it', async () => {
    const { get } = await serveHttp();
    for (const encoding of ['', 'identity', 'Identity, identity']) {
      const headers = { 'content-encoding': encoding, 'content-type': 'application/json' };
      const answer = await get('/v2/models/iris/infer', { method: 'POST', body: '{}', headers });
      expect(answer.json.error).toContain('inputs');
    }
  });

  it('comes before a client that waits for leave has sent its body', async () => {
    const { server } = await serveHttp();
    const head = (path: string, fields: string) =>
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nConnection: close\r\n${fields}\r\n\r\n`;
    const json = 'Content-Type: application/json\r\nContent-Length: ';
    for (const [path, fields, status] of [
      ['/v2/models/wine/infer', `${json}2`, 404],
      ['/v2/models/iris/infer', `${json}999999999`, 413],
      ['/v2/models/iris/infer', 'Content-Type: text/plain\r\nContent-Length: 2', 415],
      ['/v2', 'Content-Length: 2', 405],
    ] as const) {
      expect(statusOf(await sendRaw(server.httpPort!, head(path, fields)))).toBe(status);
    }
    expect(await sendRaw(server.httpPort!, `${head('/v2/models/iris/infer', `${json}2`)}{}`)).toMatch(
      /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 400 /,
    );
  });

  it.each([
    ['what curl -d says', 'application/x-www-form-urlencoded'],
    ['text, which a page of another origin may send', 'text/plain;charset=UTF-8'],
    ['a form', 'multipart/form-data; boundary=x'],
    ['a type that begins like JSON', 'application/jsonp'],
  ])('is 415 for a body of %s', async (_, type) => {
    const { get } = await serveHttp();
    const body = JSON.stringify({ inputs: [matrix] });
    const send = () => get('/v2/models/iris/infer', { method: 'POST', body, headers: { 'content-type': type } });
    const expected = 'expected application/json, or application/octet-stream for binary data';
    expect(await send()).toMatchObject({
      status: 415,
      json: { error: `Content-Type: ${expected}, found ${quote(type)}`, reason: 'UNSUPPORTED_TYPE' },
    });
  });

  it.each([
    'application/json; charset=utf-8',
    'Application/JSON',
    'application/vnd.kserve+json',
    'application/octet-stream',
    '',
  ])('is none for JSON of the type %j', async (type) => {
    const { origin } = await serveHttp();
    const body = JSON.stringify({ inputs: [matrix] });
    const call = request(`${origin}/v2/models/iris/infer`, {
      method: 'POST',
      headers: type === '' ? {} : { 'content-type': type },
    }).end(body);
    const [response] = await once(call, 'response');
    response.resume();
    expect(response.statusCode).toBe(200);
  });

  it('is 400 for more rows than one call may have', async () => {
    const { infer } = await serveHttp({ maxBatchRows: 2 });
    const description = "expected at most 2 rows, this server's maxBatchRows, found 3";
    expect(await infer({ inputs: [matrix] })).toMatchObject({
      status: 400,
      json: invalid({ field: 'inputs[0].shape[0]', description }),
    });
  });

  it('is 413 for a body that is too large, whether or not its size is announced', async () => {
    const { get } = await serveHttp({ maxMessageBytes: 1024 });
    const limit = "expected a body of at most 1024 bytes, this server's maxMessageBytes";
    const body = ' '.repeat(1025);
    const refused = (found: string) => ({
      status: 413,
      json: { error: `${limit}, found ${found}`, reason: 'MESSAGE_TOO_LARGE' },
    });
    expect(await get('/v2/models/iris/infer', { method: 'POST', body })).toMatchObject(refused('1025'));
    const stream = new Blob([body]).stream();
    const chunked = { method: 'POST', body: stream, duplex: 'half' } as RequestInit;
    expect(await get('/v2/models/iris/infer', chunked)).toMatchObject(refused('more'));
  });

  it('is 413 for an answer that would be too large, also where only its text is', async () => {
    const { infer } = await serveHttp({ maxMessageBytes: 1024 });
    const many = (count: number) => ({ ...matrix, shape: [count, 4], data: Array(count * 4).fill(1) });
    const error =
      "the reply would be larger than 1024 bytes, this server's maxMessageBytes: ask for fewer rows or outputs";
    const tooLarge = { status: 413, json: { error, reason: 'REPLY_TOO_LARGE' } };
    expect(await infer({ inputs: [many(60)] })).toMatchObject(tooLarge);
    // 25 rows are 1000 bytes over gRPC.
    expect(await infer({ inputs: [many(25)] })).toMatchObject(tooLarge);
    expect(await infer({ inputs: [many(60)], outputs: outputs('leaf') })).toMatchObject({ status: 200 });
  });

  it('is 429 with Retry-After while there are too many calls', async () => {
    const { infer, server } = await serveHttp({ maxConcurrentCalls: 1 });
    const stream = new TestClient(server.address).stream('iris', 'PredictIrisSpeciesStream');
    stream.write(flower);
    await once(stream, 'data');
    const refused = await infer({ inputs: [matrix] });
    const error = "expected at most 1 calls at once, this server's maxConcurrentCalls: try again later";
    expect(refused).toMatchObject({ status: 429, json: { error, reason: 'TOO_MANY_CALLS' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    stream.on('error', () => {}).cancel();
  });

  it('is 500 with a request id, which the log has too, and nothing else for a bug', async () => {
    const { line, log } = recordLog();
    const answerInto = () => {
      throw new Error('secret');
    };
    const { infer } = await serveHttp({ log, instrument: (classifier) => ({ ...classifier, answerInto }) });
    const { json, status } = await infer({ inputs: [matrix] });
    const { requestId } = await line('internal error');
    expect(status).toBe(500);
    expect(json).toEqual({ error: `internal error, request id ${requestId}`, reason: 'INTERNAL', requestId });
  });

  it('is the same for a bug in a page', async () => {
    const { line, log } = recordLog();
    const site = () => {
      throw new Error('secret');
    };
    const { get } = await serveHttp({ log, http: { port: 0, site } });
    const { json, status } = await get('/');
    const { requestId } = await line('internal error');
    expect(status).toBe(500);
    expect(json).toEqual({ error: `internal error, request id ${requestId}`, reason: 'INTERNAL', requestId });
  });
});
