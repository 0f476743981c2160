import { createServer as createHttp2, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import { afterAll, describe, it } from 'vitest';
import { iris, type Run } from '../e2e/cli.js';
import { esc, expectCleanEnd } from './clean-end.js';
import { encode, type Message } from './messages.js';
import { Random } from './random.js';
import { frame, paths } from './raw-call.js';
import { Tally } from './tally.js';

const metadata: Message = {
  name: 'iris',
  versions: ['1'],
  platform: 'x',
  inputs: [{ name: 'x', datatype: 'FP64', shape: [-1, 4] }],
  outputs: [],
};
const label = (text: string | Buffer): Message => ({
  model_name: 'iris',
  model_version: '1',
  outputs: [{ name: 'label', datatype: 'BYTES', shape: [1], contents: { bytes_contents: [Buffer.from(text)] } }],
});
const shares = (values: number[], change: Message = {}): Message => ({
  outputs: [
    {
      name: 'probabilities',
      datatype: 'FP64',
      shape: [1, values.length],
      contents: { fp64_contents: values },
      ...change,
    },
  ],
});

type Reply = (stream: ServerHttp2Stream) => void;

function answering(message: Buffer): Reply {
  return (stream) => {
    stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(frame(message));
  };
}

const asMetadata = (message: Message) => answering(encode('inference.ModelMetadataResponse', message));
const asInfer = (message: Message) => answering(encode('inference.ModelInferResponse', message));

/** Asks a server that answers the two calls of `predict` as told. */
async function predictFrom(onMetadata: Reply, onInfer: Reply, ...args: string[]): Promise<Run> {
  const sessions = new Set<{ destroy(): void }>();
  const server: Http2Server = createHttp2();
  server.on('session', (session) => sessions.add(session.on('error', () => {})));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    (headers[':path'] === paths.metadata ? onMetadata : onInfer)(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const run = await iris([
    'predict',
    '1',
    '2',
    '3',
    '4',
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--timeout',
    '3s',
    ...args,
  ]);
  for (const session of sessions) session.destroy();
  server.close();
  return run;
}

const lies: [name: string, onMetadata: Reply, onInfer: Reply, exits: readonly number[], args?: string[]][] = [
  ['noise as metadata', answering(new Random(1).bytes(300)), asInfer(label('a')), [65, 69]],
  ['noise as answer', asMetadata(metadata), answering(new Random(2).bytes(300)), [65, 69]],
  ['no outputs', asMetadata(metadata), asInfer({}), [69]],
  [
    'an output of no rows',
    asMetadata(metadata),
    asInfer({ outputs: [{ name: 'label', datatype: 'BYTES', shape: [0] }] }),
    [69],
  ],
  [
    'a million rows for one',
    asMetadata(metadata),
    asInfer(shares(Array<number>(1_000_000).fill(0), { shape: [1_000_000] })),
    [69],
  ],
  ['a shape of 2^62', asMetadata(metadata), asInfer(shares([1, 2], { shape: ['4611686018427387904', 4] })), [69]],
  ['a negative shape', asMetadata(metadata), asInfer(shares([1, 2], { shape: [-1, -2] })), [69]],
  [
    'raw contents that are cut',
    asMetadata(metadata),
    asInfer({
      outputs: [{ name: 'label', datatype: 'BYTES', shape: [1] }],
      raw_output_contents: [Buffer.from([9, 0, 0, 0, 1])],
    }),
    [69],
  ],
  [
    'another datatype',
    asMetadata(metadata),
    asInfer({ outputs: [{ name: 'label', datatype: '__proto__', shape: [1] }] }),
    [69],
  ],
  [
    'a label of numbers',
    asMetadata(metadata),
    asInfer({ outputs: [{ name: 'label', datatype: 'FP64', shape: [1], contents: { fp64_contents: [1] } }] }),
    [0, 69],
  ],
  ['shares of NaN', asMetadata(metadata), asInfer(shares([Number.NaN, Number.NaN])), [69], ['--json']],
  ['infinite shares', asMetadata(metadata), asInfer(shares([Infinity, -1, 5])), [69], ['--probabilities']],
  [
    'class names that are no JSON',
    asMetadata(metadata),
    asInfer(shares([0, 1], { parameters: { classes: { string_param: '{"a":' } } })),
    [0, 69],
  ],
  [
    'class names that are nested',
    asMetadata(metadata),
    asInfer(shares([0, 1], { parameters: { classes: { string_param: '['.repeat(100_000) } } })),
    [0, 69],
  ],
  [
    'a path that is no JSON',
    asMetadata({ ...metadata, platform: 'iris_decision_tree' }),
    asInfer({
      outputs: [
        ...(label('a')['outputs'] as object[]),
        { name: 'decision_path', datatype: 'BYTES', shape: [1], contents: { bytes_contents: [Buffer.from('{{')] } },
      ],
    }),
    [65, 69],
    ['--explain'],
  ],
  [
    'a path that is another JSON',
    asMetadata({ ...metadata, platform: 'iris_decision_tree' }),
    asInfer({
      outputs: [
        ...(label('a')['outputs'] as object[]),
        {
          name: 'decision_path',
          datatype: 'BYTES',
          shape: [1],
          contents: { bytes_contents: [Buffer.from('[null, 3, {}]')] },
        },
      ],
    }),
    [65, 69],
    ['--explain'],
  ],
  ['no share at all', asMetadata(metadata), asInfer(shares([], { shape: [1, 0] })), [69]],
  ['shares of three whole rows', asMetadata(metadata), asInfer(shares([1, 1, 1])), [69], ['--probabilities']],
  [
    'a label that is no class',
    asMetadata(metadata),
    asInfer({
      outputs: [
        ...(label('evil')['outputs'] as object[]),
        ...(shares([0, 1], { parameters: { classes: { string_param: '["x","y"]' } } })['outputs'] as object[]),
      ],
    }),
    [69],
  ],
  [
    'equal class names',
    asMetadata(metadata),
    asInfer(shares([0, 1], { parameters: { classes: { string_param: '["x","x"]' } } })),
    [69],
  ],
  [
    'inputs without a column',
    asMetadata({ ...metadata, inputs: [{ name: 'x', datatype: 'FP64', shape: [-1, 0] }] }),
    asInfer(label('a')),
    [69],
  ],
  ['escape sequences as label', asMetadata(metadata), asInfer(label(esc)), [0]],
  [
    'escape sequences as class names',
    asMetadata(metadata),
    asInfer(shares([0, 1], { parameters: { classes: { string_param: JSON.stringify([esc, `${esc}2`]) } } })),
    [0],
    ['--probabilities'],
  ],
  [
    'escape sequences as class names, as CSV',
    asMetadata(metadata),
    asInfer(shares([0, 1], { parameters: { classes: { string_param: JSON.stringify(['a\u001b[2J', 'b\u009b1m']) } } })),
    [0],
    ['--probabilities', '--json'],
  ],
  [
    'escape sequences as version',
    asMetadata({ ...metadata, versions: [esc] }),
    asInfer({ ...label('a'), model_version: esc }),
    [0],
  ],
  [
    'escape sequences as input names',
    asMetadata({ ...metadata, inputs: [{ name: esc, datatype: esc, shape: [-1] }] }),
    asInfer(label('a')),
    [65],
  ],
  [
    'escape sequences as output names',
    asMetadata(metadata),
    asInfer({ outputs: [{ name: esc, datatype: esc, shape: [1] }] }),
    [69],
  ],
  [
    'escape sequences as status',
    asMetadata(metadata),
    (stream) => stream.respond({ 'grpc-status': '3', 'grpc-message': encodeURIComponent(esc) }, { endStream: true }),
    [65],
  ],
  [
    'a status that is none',
    asMetadata(metadata),
    (stream) => stream.respond({ 'grpc-status': '99' }, { endStream: true }),
    [65, 69],
  ],
  [
    'details that are noise',
    asMetadata(metadata),
    (stream) =>
      stream.respond(
        { 'grpc-status': '3', 'grpc-status-details-bin': new Random(4).bytes(200).toString('base64') },
        { endStream: true },
      ),
    [65],
  ],
  [
    'a hundred thousand inputs',
    asMetadata({
      ...metadata,
      inputs: Array.from({ length: 100_000 }, (_, n) => ({ name: `i${n}`, datatype: 'FP64', shape: [-1] })),
    }),
    asInfer(label('a')),
    [2, 65],
  ],
  [
    'a width of 2^53',
    asMetadata({ ...metadata, inputs: [{ name: 'x', datatype: 'FP64', shape: [-1, '9007199254740991'] }] }),
    asInfer(label('a')),
    [2, 65],
  ],
  [
    'a gigabyte that is promised',
    asMetadata(metadata),
    (stream) => {
      stream.respond({ 'content-type': 'application/grpc' });
      stream.write(frame(Buffer.alloc(1000), { length: 2 ** 30 }));
    },
    [65, 69],
  ],
  [
    'an answer without an end',
    asMetadata(metadata),
    (stream) => {
      stream.respond({ 'content-type': 'application/grpc' });
      const more = () => void (!stream.destroyed && stream.write(Buffer.alloc(1_000_000), () => setTimeout(more, 5)));
      stream.write(frame(Buffer.alloc(0), { length: 200_000_000 }), more);
    },
    [65, 69],
  ],
  ['nothing at all', asMetadata(metadata), () => {}, [69]],
  [
    'a page of HTML',
    (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'text/html' });
      stream.end('<html>');
    },
    asInfer(label('a')),
    [65, 69],
  ],
];

describe('iris predict against a server that lies', () => {
  const tally = new Tally('predict against a server that lies');
  afterAll(() => tally.close());

  it.each(lies)('ends in its exit code and one line: %s', async (_, onMetadata, onInfer, exits, args = []) => {
    const run = await predictFrom(onMetadata, onInfer, ...args);
    expectCleanEnd(run, exits);
    tally.add(`exit ${run.code}`);
  });

  it('that speaks no HTTP/2 ends at its timeout', async () => {
    const noise = new Random(9);
    const server = createTcp((socket) => void socket.on('error', () => {}).write(noise.bytes(2000)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const run = await iris([
      'predict',
      '1',
      '2',
      '3',
      '4',
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--timeout',
      '1s',
    ]);
    expectCleanEnd(run, [69]);
    server.close();
    tally.add(`exit ${run.code}`);
  });
});
