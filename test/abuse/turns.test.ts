import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serializeModel } from '../../src/formats/iris-json/format.js';
import { deepModel } from '../server/models.js';
import { encode, type Message } from './messages.js';
import { readModels } from './oracle.js';
import { call, frame, paths } from './raw-call.js';
import { Tally } from './tally.js';
import { startTarget, type Target } from './target.js';

const DEPTH = 50_000;
const folder = mkdtempSync(join(tmpdir(), 'iris-turns-'));
const model = join(folder, 'deep.json');

let target: Target;
let httpPort: number;
beforeAll(async () => {
  writeFileSync(model, serializeModel(deepModel(DEPTH)));
  target = await startTarget(['--model', model, '--http-port', '0', '--grace', '2s'], readModels(model));
  httpPort = Number(/"httpPort":(\d+)[^\n]*"msg":"ready"/.exec(target.log())![1]);
});
afterAll(async () => {
  await target.stop();
  rmSync(folder, { recursive: true });
});

function batch(rowCount: number, outputs: readonly string[] = []): Message {
  const values = new Float64Array(rowCount * 4).fill(DEPTH + 1);
  return {
    model_name: 'iris',
    inputs: [{ name: 'features', datatype: 'FP64', shape: [rowCount, 4] }],
    outputs: outputs.map((name) => ({ name })),
    raw_input_contents: [Buffer.from(values.buffer)],
  };
}

/** A message field: its length and its bytes after the tag. */
function field(tag: number, body: Buffer): Buffer {
  const head = [tag];
  for (let rest = body.byteLength; ; rest >>>= 7) {
    head.push(rest < 128 ? rest : (rest & 127) | 128);
    if (rest < 128) return Buffer.concat([Buffer.from(head), body]);
  }
}

function post(body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const path = '/v2/models/iris/infer';
    const asking = request({ port: httpPort, host: '127.0.0.1', method: 'POST', path, headers }, (response) => {
      response.resume().on('end', () => resolve(String(response.statusCode)));
    });
    asking.on('error', reject).end(body);
  });
}

function isLive(): Promise<boolean> {
  return new Promise((resolve) => {
    get({ port: httpPort, host: '127.0.0.1', path: '/v2/health/live' }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode === 200));
    }).on('error', () => resolve(false));
  });
}

/** Asks for health, one call after the other, until the attack is over. */
async function probe(attack: Promise<unknown>): Promise<{ answered: number; longestMs: number }> {
  let over = false;
  void attack.finally(() => {
    over = true;
  });
  let [answered, longestMs] = [0, 0];
  while (!over) {
    const begun = performance.now();
    if (await isLive()) answered++;
    longestMs = Math.max(longestMs, performance.now() - begun);
  }
  return { answered, longestMs: Math.round(longestMs) };
}

const rpc = async (message: Message | Buffer, headers = {}): Promise<string> => {
  const session = await target.connect();
  const bytes = Buffer.isBuffer(message) ? message : encode('inference.ModelInferRequest', message);
  const { code } = await call(session, paths.infer, frame(bytes), { headers, timeoutMs: 60_000 });
  session.destroy();
  return code;
};

/** What is asked → what comes of it. Each alone held up all other calls for a part of a second to minutes. */
const attacks: readonly (readonly [what: string, ask: () => Promise<string>, outcome: string])[] = [
  ['thousands of rows down a deep tree', () => rpc(batch(8000)), 'OK'],
  ['the same, with a deadline', () => rpc(batch(100_000), { 'grpc-timeout': '300m' }), 'DEADLINE_EXCEEDED'],
  ['the path of a row of a deep tree', () => rpc(batch(1, ['decision_path'])), 'OK'],
  ['the paths of many rows of a deep tree', () => rpc(batch(1000, ['decision_path'])), 'RESOURCE_EXHAUSTED'],
  ['the contributions to a row of a deep tree', () => rpc(batch(1, ['contributions'])), 'OK'],
  ['the contributions to as many rows as may be asked for', () => rpc(batch(50, ['contributions'])), 'OK'],
  [
    'sixteen million packed integers',
    () =>
      rpc(
        Buffer.concat([
          Buffer.from('0a0469726973', 'hex'),
          field(0x2a, field(0x2a, field(0x12, Buffer.alloc(16_000_000, 1)))),
        ]),
      ),
    'INVALID_ARGUMENT',
  ],
  [
    'a million texts',
    () =>
      rpc(
        Buffer.concat([
          Buffer.from('0a0469726973', 'hex'),
          field(0x2a, field(0x2a, Buffer.alloc(1_900_000, Buffer.from([0x42, 0])))),
        ]),
      ),
    'INVALID_ARGUMENT',
  ],
  [
    'flat JSON of 16 MB',
    () =>
      post(`{"inputs":[{"name":"features","datatype":"FP64","shape":[1,4],"data":[${'1.25,'.repeat(3_200_000)}1]}]}`),
    '400',
  ],
  ['JSON of objects', () => post(`{"inputs":[${'{"name":1},'.repeat(90_000)}{}]}`), '400'],
];

describe('a call that takes long', () => {
  it.each(attacks)('lets others be answered meanwhile: %s', async (what, ask, outcome) => {
    const tally = new Tally(`long calls: ${what}`);
    const attack = Promise.all([ask(), ask(), ask()]);
    const [codes, { answered, longestMs }] = await Promise.all([attack, probe(attack)]);
    for (const code of codes) {
      expect(code).toBe(outcome);
      tally.add(code);
    }
    // A loop that is held up for the whole of one call answers once or twice in each.
    expect(answered).toBeGreaterThan(10);
    tally.close(`${answered} probes answered, the slowest in ${longestMs} ms`);
  });

  it('leaves the server sound', async () => {
    expect(await isLive()).toBe(true);
    expect(await rpc(batch(1))).toBe('OK');
    expect(target.log()).not.toContain('internal error');
  });
});
