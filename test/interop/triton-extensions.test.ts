import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { subject } from './subjects.js';
import { describeWith, newPython, output, perfAnalyzer, pytriton } from './tools.js';

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const iris = subject('iris', ['--http-port', '0']);
const mixed = subject('mixed', ['--http-port', '0']);

describeWith([newPython], 'tritonclient, over gRPC and HTTP', () => {
  interface Found {
    readonly halves: readonly (readonly number[][])[];
    readonly bools: readonly (readonly number[][])[];
    readonly classes: readonly (readonly string[])[];
    readonly refused: Readonly<Record<string, readonly [code: string, message: string] | null>>;
    readonly config: unknown;
    readonly statistics: unknown;
    readonly described: unknown;
    readonly raw: readonly string[];
    readonly compressed: Readonly<Record<string, readonly string[]>>;
  }
  let found: Promise<{ readonly grpc: Found; readonly http: Found }> | undefined;
  const ask = () => {
    const { address, http, table } = iris();
    const args = [script('./triton_extensions_client.py'), address, http, table];
    found ??= output(newPython.command, args).then((printed) => JSON.parse(printed));
    return found;
  };
  const transports = ['grpc', 'http'] as const;

  it.each(transports)('gets the same of FP16 and of BOOL as of the same numbers in FP64: %s', async (transport) => {
    const { bools, halves } = (await ask())[transport];
    for (const [narrow, wide] of [halves, bools]) expect(narrow).toEqual(wide);
    expect(halves[0]).toHaveLength(150);
  });

  it.each(transports)('gets the most probable classes as Triton writes them: %s', async (transport) => {
    const { classes } = (await ask())[transport];
    const labels = ['setosa', 'versicolor', 'virginica'];
    const expected = iris().answers.map(({ shares }) =>
      [0, 1, 2]
        .sort((a, b) => shares[b]! - shares[a]! || a - b)
        .slice(0, 2)
        .map((index) => `${shares[index]!.toFixed(6)}:${index}:${labels[index]}`),
    );
    expect(classes).toEqual(expected);
  });

  it('gets the config and the statistics over gRPC', async () => {
    const { config, statistics } = (await ask()).grpc;
    expect(config).toMatchObject({
      config: {
        name: 'iris',
        platform: 'iris_decision_tree',
        backend: 'iris',
        max_batch_size: 100_000,
        input: [{ name: 'features', data_type: 'TYPE_FP64', dims: ['4'] }],
        model_transaction_policy: {},
      },
    });
    expect(statistics).toMatchObject({
      model_stats: [
        {
          name: 'iris',
          // 150 rows twice, two rows twice, 150 rows.
          inference_count: '454',
          execution_count: '5',
          inference_stats: {
            success: { count: '5', ns: expect.stringMatching(/^\d+$/) },
            compute_infer: { count: '5' },
          },
          batch_stats: [
            { batch_size: '2', compute_infer: { count: '2' } },
            { batch_size: '150', compute_infer: { count: '3' } },
          ],
        },
      ],
    });
  });

  it('gets the config and the statistics over HTTP, which count both', async () => {
    const { config, statistics } = (await ask()).http;
    expect(config).toMatchObject({
      name: 'iris',
      max_batch_size: 100_000,
      input: [{ data_type: 'TYPE_FP64', dims: [4] }],
    });
    // As over gRPC, twice, and 150 rows five times.
    expect(statistics).toMatchObject({ model_stats: [{ inference_count: 1658, execution_count: 15 }] });
  });

  it('learns over HTTP what the server and the model are', async () => {
    expect((await ask()).http.described).toMatchObject({
      live: true,
      ready: true,
      modelReady: true,
      otherReady: false,
      server: {
        name: 'iris',
        extensions: [
          'binary_tensor_data',
          'classification',
          'model_configuration',
          'model_repository',
          'model_repository(unload_dependents)',
          'statistics',
        ],
      },
      model: { name: 'iris', inputs: [{ name: 'features', datatype: 'FP64', shape: [-1, 4] }] },
      sameByVersion: true,
    });
  });

  it('reads the reply to a body without JSON', async () => {
    expect((await ask()).http.raw).toEqual(iris().answers.map(({ label }) => label));
  });

  it('compresses requests and has replies compressed, over HTTP', async () => {
    const labels = iris().answers.map(({ label }) => label);
    const { compressed } = (await ask()).http;
    const ways = ['gzip True', 'gzip False', 'deflate True', 'deflate False'];
    expect(compressed).toEqual(Object.fromEntries(ways.map((way) => [way, labels])));
  });

  it.each([
    ['grpc', 'StatusCode.UNIMPLEMENTED', 'SystemSharedMemoryRegister'],
    ['http', '501', '/v2/systemsharedmemory/region/a/register'],
  ] as const)('is refused what is not offered, by name: %s', async (transport, code, memory) => {
    const { refused } = (await ask())[transport];
    expect(refused).toEqual({
      'system memory': [
        code,
        `${memory}: this server has no system shared memory: send the contents of tensors with the request`,
      ],
      'CUDA memory': [code, expect.stringContaining('no CUDA shared memory')],
      trace: [code, expect.stringContaining('no trace settings')],
      log: [code, expect.stringContaining('no log settings')],
    });
  });

  it('sends numbers as binary contents and texts in the JSON', async () => {
    const { answers, http, table } = mixed();
    const printed = await output(newPython.command, [script('./triton_mixed_client.py'), http, table]);
    expect(JSON.parse(printed)).toEqual({
      labels: answers.map(({ label }) => label),
      shares: answers.map(({ shares }) => shares),
    });
  });
});

describeWith([pytriton], 'ModelClient of nvidia-pytriton', () => {
  it.each(['grpc', 'http'] as const)(
    'gets the answers of `iris predict --model` by the config: %s',
    async (transport) => {
      const { address, answers, http, table } = iris();
      const url = `${transport}://${transport === 'grpc' ? address : http}`;
      const found = JSON.parse(await output(pytriton.command, [script('./pytriton_client.py'), url, table]));
      expect(found).toEqual({
        maxBatchSize: 100_000,
        labels: answers.map(({ label }) => label),
        shares: answers.map(({ shares }) => shares),
        single: [answers[0]!.label, answers[0]!.shares],
      });
    },
  );
});

describeWith([perfAnalyzer], 'perf_analyzer', () => {
  it.each(['grpc', 'http'] as const)('measures the server in its triton mode: %s', async (transport) => {
    const { address, http } = iris();
    const folder = await mkdtemp(join(tmpdir(), 'iris-perf-'));
    const data = join(folder, 'rows.json');
    await writeFile(data, JSON.stringify({ data: [{ features: { content: [5.1, 3.5, 1.4, 0.2], shape: [4] } }] }));
    // However different its windows are: how fast the server is here is no matter.
    const windows = ['--measurement-mode', 'count_windows', '--measurement-request-count', '50', '-s', '100000'];
    const place = ['-u', transport === 'grpc' ? address : http, '-i', transport];
    const printed = await output(perfAnalyzer.command, [
      '-m',
      'iris',
      ...place,
      '-b',
      '8',
      '--input-data',
      data,
      ...windows,
    ]);
    await rm(folder, { recursive: true });
    expect(printed).toMatch(/Throughput: [1-9]/);
    expect(printed).not.toMatch(/error/i);
  });
});
