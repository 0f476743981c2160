import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeDescriptor } from '../../src/contract/descriptor.js';
import { parseContract } from '../../src/contract/proto-text.js';
import { iris, ROOT, type RunningServer, serve } from '../e2e/cli.js';
import { cells, type Subject, subject } from './subjects.js';
import { describeWith, go, grpcurl, java, javaLibraries, newPython, output, protoc } from './tools.js';

const client = fileURLToPath(new URL('./contract_client.py', import.meta.url));
const mixed = subject('mixed');

let folder: string;
let server: RunningServer | undefined;
let proto: string;
let address: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-contract-'));
  proto = join(folder, 'mixed.proto');
  const model = mixed().table.replace('.csv', '.json');
  // A contract of another model first: its features and classes are reserved in that of this one.
  for (const args of [[`${ROOT}artifacts/iris.json`, '--name', 'mixed'], [model]]) {
    expect(await iris(['proto', ...args, '--out', proto])).toMatchObject({ code: 0, stderr: '' });
  }
  server = await serve(['--model', model, '--contract', proto]);
  address = `localhost:${server.port}`;
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true });
});

/** What a client prints for each row. */
const expected = () =>
  mixed().answers.map((answer) => ({
    label: answer.label,
    value: `MIXED_CLASS_${answer.label.toUpperCase().replaceAll(' ', '_')}`,
    shares: shares(answer),
  }));

/** The shares stand after those of the three flowers, which are gone. */
const shares = ({ shares }: Subject['answers'][number]) => [0, 0, 0, ...shares];

// That of the system has a protoc before 3.15, which knows no `optional` in proto3.
const python = newPython;
describeWith([python], `protoc of ${python.name}`, () => {
  it('makes a client of a typed contract that gets the answers of `iris predict --model`', async () => {
    const { table } = mixed();
    const { refusal, single, streamed } = JSON.parse(await output(python.command, [client, proto, address, table]));
    expect(streamed).toEqual(expected());
    expect(single).toEqual(streamed[0]);
    expect(refusal).toBe(
      'INVALID_ARGUMENT size: expected a value, as none was missing in training, found a missing one',
    );
  });

  it('makes the descriptor that reflection tells, but for the name of the file', async () => {
    const set = join(folder, 'set.binpb');
    await output(python.command, ['-m', 'grpc_tools.protoc', `-I${folder}`, `--descriptor_set_out=${set}`, proto]);
    // After the field of the set: its length in two bytes, then the file, which begins with its name.
    const made = (await readFile(set)).subarray(3);
    const ours = encodeDescriptor(parseContract(await readFile(proto, 'utf8'), proto));
    const afterName = (file: Buffer) => file.subarray(2 + file[1]!);
    expect(afterName(made).toString('hex')).toBe(afterName(ours).toString('hex'));
  });
});

describeWith([grpcurl], 'grpcurl', () => {
  const ask = (...args: string[]) => output(grpcurl.command, ['-plaintext', ...args]);

  it('finds a typed contract through reflection, and calls it', async () => {
    expect(await ask(address, 'list')).toContain('ml.mixed.MixedPredictor\n');
    expect(await ask(address, 'describe', 'ml.mixed.MixedPredictRequest')).toContain('optional string colour = 7;');
    const [[size, colour, weight] = []] = await cells(mixed());
    const row = JSON.stringify({ size, colour, ...(weight !== '' && { weight }) });
    const reply = JSON.parse(await ask('-d', row, address, 'ml.mixed.MixedPredictor/Predict'));
    const [first] = mixed().answers;
    expect(reply).toMatchObject({ className: first!.label, probabilities: shares(first!) });
  });
});

describeWith([go, protoc], 'a client in Go', () => {
  it('gets the answers of `iris predict --model` by a typed contract', async () => {
    const module = join(folder, 'go');
    await cp(fileURLToPath(new URL('./go/', import.meta.url)), module, { recursive: true });
    const options = 'module=example.com/iris-client,Mmixed.proto=example.com/iris-client/mixed';
    const plugins = ['--go_out=.', `--go_opt=${options}`, '--go-grpc_out=.', `--go-grpc_opt=${options}`];
    await output('protoc', ['-I', folder, ...plugins, 'mixed.proto'], { cwd: module });
    await output(go.command, ['build', '-o', 'client', './typed'], { cwd: module });
    expect(JSON.parse(await output(join(module, 'client'), [address, mixed().table]))).toEqual(expected());
  });
});

describeWith([java], 'a client in Java', () => {
  it('gets the answers of `iris predict --model` by a typed contract', async () => {
    const source = join(folder, 'java');
    const classes = join(folder, 'classes');
    await Promise.all([source, classes].map((path) => mkdir(path)));
    const plugin = `--plugin=protoc-gen-grpc-java=${javaLibraries}/protoc-gen-grpc-java-linux-x86_64.exe`;
    const outs = [`--java_out=${source}`, `--grpc-java_out=${source}`];
    await output(`${javaLibraries}/protoc-linux-x86_64.exe`, ['-I', folder, plugin, ...outs, 'mixed.proto']);
    const classpath = `${javaLibraries}/*`;
    const client = fileURLToPath(new URL('./java/TypedClient.java', import.meta.url));
    await output('javac', ['-nowarn', '-cp', classpath, '-sourcepath', source, '-d', classes, client]);
    const input = JSON.stringify(await cells(mixed()));
    const printed = await output(java.command, ['-cp', `${classes}:${classpath}`, 'TypedClient', address], { input });
    const { answers, refusal } = JSON.parse(printed);
    expect(answers).toEqual(expected());
    expect(refusal).toBe(
      'INVALID_ARGUMENT size: expected a value, as none was missing in training, found a missing one',
    );
  });
});
