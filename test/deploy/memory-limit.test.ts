import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { encode } from '../abuse/messages.js';
import { expectRightBatch, expectRightFlower, readModels } from '../abuse/oracle.js';
import { paths } from '../abuse/raw-call.js';
import { batchOf, flowerOf, irisModel } from '../abuse/target.js';
import { iris } from '../e2e/cli.js';
import { describeWith } from '../interop/tools.js';
import { buildImage, docker, IMAGE, logOf } from './containers.js';
import { until } from './prometheus.js';
import { engine } from './tools.js';

describeWith([engine], 'a container at its limit of memory', () => {
  const models = readModels(irisModel);
  let id: string | undefined;

  beforeAll(buildImage);
  afterEach(async () => {
    if (id) await docker('rm', '--force', id);
    id = undefined;
  });

  /** Asks `count` times, `lanes` at a time on four connections; resolves with the codes of all calls. */
  async function ask(limit: string, count: number, lanes: number, path: string, request: Request): Promise<string[]> {
    const memory = ['--memory', limit, '--memory-swap', limit]; // no swap
    id = await docker('run', '--detach', '--read-only', ...memory, ...CHECKED, '--publish', '127.0.0.1::50052', IMAGE);
    await until(async () => (await logOf(id!)).includes('"msg":"ready"'));
    const address = await docker('port', id, '50052/tcp');
    const clients = Array.from({ length: 4 }, () => new Client(address, credentials.createInsecure(), ownConnection));
    const codes: string[] = [];
    let next = 0;
    const lane = async (client: Client): Promise<void> => {
      while (next < count) {
        const { bytes, check } = request(next++);
        const reply = await unary(client, path, bytes);
        if (reply instanceof Error) codes.push(status[reply.code]!);
        else {
          check(reply);
          codes.push('OK');
        }
      }
    };
    await Promise.all(Array.from({ length: lanes }, (_, index) => lane(clients[index % 4]!)));
    for (const client of clients) client.close();
    return codes;
  }

  async function expectAlive(name: string, codes: readonly string[]): Promise<void> {
    const answered = codes.filter((code) => code === 'OK').length;
    const peak = await docker('exec', id!, 'grep', 'VmHWM', '/proc/1/status');
    process.stderr.write(`${name}: ${codes.length} calls, ${answered} answered, the others refused; ${peak}\n`);
    expect(codes.filter((code) => code !== 'OK' && code !== 'RESOURCE_EXHAUSTED')).toEqual([]);
    expect(answered).toBeGreaterThan(0);
    const state = '{{.State.Running}} {{.State.OOMKilled}} {{.RestartCount}}';
    expect(await docker('inspect', '--format', state, id!)).toBe('true false 0');
    await until(async () => (await docker('inspect', '--format', '{{.State.Health.Status}}', id!)) === 'healthy');
    const port = (await docker('port', id!, '50052/tcp')).split(':').at(-1)!;
    expect((await iris(['health', '--port', port])).stdout.trim()).toBe('SERVING');
  }

  it('answers or refuses small calls with 64 MB, and is not killed', async () => {
    const codes = await ask('64m', 30_000, 64, paths.predict, (n) => {
      const flower = flowerOf(n);
      return {
        bytes: encode('ml.IrisPredictRequest', flower),
        check: (reply) => expectRightFlower(models, flower, reply),
      };
    });
    await expectAlive('64 MB', codes);
  });

  it('answers or refuses batches with 128 MB, and is not killed', async () => {
    const bytes = encode('inference.ModelInferRequest', batchOf(20_000));
    let checked = 0;
    const codes = await ask('128m', 1000, 32, paths.infer, () => ({
      bytes,
      check: (reply) => {
        if (checked++ % 20 === 0) expectRightBatch(models, bytes, reply); // the same answer as all others
      },
    }));
    await expectAlive('128 MB', codes);
  });
});

/** The image's own check of health, a second process in the container, more often than it comes. */
const CHECKED = ['--health-interval', '1s'];

type Request = (n: number) => { readonly bytes: Buffer; readonly check: (reply: Buffer) => void };

const ownConnection = { 'grpc.use_local_subchannel_pool': 1, 'grpc.enable_http_proxy': 0 };

function unary(client: Client, path: string, bytes: Buffer): Promise<Buffer | ServiceError> {
  const same = (message: Buffer) => message;
  return new Promise((resolve) => {
    const deadline = Date.now() + 30_000;
    client.makeUnaryRequest(path, same, same, bytes, { deadline }, (error, reply) => resolve(error ?? reply!));
  });
}
