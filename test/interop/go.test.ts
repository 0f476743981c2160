import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT } from '../e2e/cli.js';
import { runExamples } from './examples.js';
import { subject } from './subjects.js';
import { describeWith, go, output, protoc } from './tools.js';

const source = fileURLToPath(new URL('./go/', import.meta.url));
const tlsFile = (name: string) => `${ROOT}test/fixtures/tls/${name}`;

describeWith([go, protoc], 'a client in Go', () => {
  const iris = subject('iris');
  const irisOverTls = subject('iris', ['--tls-cert', tlsFile('server.pem'), '--tls-key', tlsFile('server.key')]);
  let folder: string;
  let client: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iris-go-'));
    client = join(folder, 'client');
    await cp(source, folder, { recursive: true });
    for (const [file, name] of [
      ['iris.proto', 'iris'],
      ['open_inference.proto', 'inference'],
    ]) {
      const options = `module=example.com/iris-client,M${file}=example.com/iris-client/${name}`;
      await output(
        'protoc',
        [
          '-I',
          `${ROOT}proto`,
          '--go_out=.',
          `--go_opt=${options}`,
          '--go-grpc_out=.',
          `--go-grpc_opt=${options}`,
          file!,
        ],
        { cwd: folder },
      );
    }
    await output(go.command, ['build', '-o', client, '.'], { cwd: folder });
  });

  afterAll(() => rm(folder, { recursive: true }));

  it.each(['unary', 'stream', 'typed', 'raw', 'batches'])(
    'gets the answers of `iris predict --model` on every iris row: %s',
    async (form) => {
      const { address, answers, table } = iris();
      expect(JSON.parse(await output(client, [address, table, form]))).toEqual(answers);
    },
  );

  it('gets the same answers over TLS', async () => {
    const { address, answers, table } = irisOverTls();
    expect(JSON.parse(await output(client, [address, table, 'raw', tlsFile('ca.pem')]))).toEqual(answers);
  });

  it('does what docs/protocol.md shows', async () => {
    const { expected, printed } = await runExamples('Go', [join(source, 'go.mod'), join(source, 'go.sum')]);
    expect(printed).toEqual(expected);
  });
});
