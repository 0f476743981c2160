import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Metadata, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeModel } from '../../src/formats/store.js';
import { encodeStatusDetails, STATUS_DETAILS_KEY } from '../../src/protocol/error-details.js';
import { type Run, runProgram, startProgram, textOf } from '../cli/run-program.js';
import {
  type ForeignServer,
  type InferRequest,
  mlserverLike,
  startForeignServer,
  tritonLike,
  typedRows,
} from '../client/foreign-server.js';
import { irisModel, mixedModel } from '../server/models.js';

let folder: string;
let iris: string;
let mixed: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-predict-'));
  iris = join(folder, 'iris.json');
  mixed = join(folder, 'mixed.json');
  await writeModel(iris, irisModel());
  await writeModel(mixed, mixedModel());
});

afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

/** `iris predict --model iris.json …` */
function predict(args: readonly string[], input?: string): Promise<Run> {
  return runProgram(['predict', '--model', iris, ...args], input === undefined ? {} : { input });
}

async function withServer<T>(server: Promise<ForeignServer>, use: (port: number) => Promise<T>): Promise<T> {
  const { kill, port } = await server;
  try {
    return await use(port);
  } finally {
    kill();
  }
}

const usage = (message: string) => `error: ${message} (see iris predict --help)`;

describe('one row on the command line', () => {
  it('is predicted with the one model of a folder', async () => {
    const models = await mkdtemp(join(folder, 'models-'));
    await writeModel(join(models, 'flowers.json'), irisModel());
    const run = await runProgram(['predict', '--model', models, '5.0', '3.6', '1.3', '0.25']);
    expect(run).toMatchObject({ code: 0, stdout: 'label\nsetosa\n' });
    expect(run.stderr).toContain(join(models, 'flowers.json'));
    await writeModel(join(models, 'more.json'), irisModel());
    expect(await runProgram(['predict', '--model', models, '5.0', '3.6', '1.3', '0.25'])).toMatchObject({
      code: 66,
      stderr: `${models}: expected one .json file in this folder, found 2\n`,
    });
  });

  it('is predicted, and which model did it is said on stderr', async () => {
    expect(await predict(['5.0', '3.6', '1.3', '0.25'])).toEqual({
      code: 0,
      stdout: 'label\nsetosa\n',
      stderr: `model: ${iris}, version ${irisModel().version} (--model)\n`,
    });
  });

  it('may have negative numbers, repeated ones and ones without a leading digit', async () => {
    const { stdout } = await predict(['-1.5', '-1.5', '-.5', '-1e0', '--json', '--explain']);
    expect(JSON.parse(stdout)[0].path).toEqual([
      {
        feature: 'petal_length',
        value: -0.5,
        threshold: 2.5,
        wentLeft: true,
        samples: 32,
        words: 'petal_length -0.5 <= 2.5',
      },
    ]);
    const other = await predict(['3', '7', '3', '2', '--json', '--explain']);
    expect(JSON.parse(other.stdout)[0].path.map(({ value }: { value: number }) => value)).toEqual([3, 2]);
  });

  it('may be given by name, in any order', async () => {
    const { stdout } = await predict([
      'petal_width=1.8',
      'sepal_length=6',
      'petal_length=-.5',
      'sepal_width=3',
      '--explain',
    ]);
    expect(stdout).toBe('label\nsetosa\n  petal_length -0.5 <= 2.5\n');
  });

  it('may have categories and missing values where the model knows them', async () => {
    const { stdout } = await runProgram(['predict', '--model', mixed, '?', 'blue', '--explain', '--probabilities']);
    expect(stdout).toBe(
      'label  probability_a  probability_b\n' +
        'a      0.8000         0.2000\n' +
        '  colour not in {green, red}: blue\n' +
        '  size missing: goes left\n',
    );
  });

  it.each([
    [[], 2, usage('expected either values or --file, found neither')],
    [['1', '--file', '-'], 2, usage('expected either values or --file, found both')],
    [['5', '3', '1'], 2, usage('expected 4 values (sepal_length, sepal_width, petal_length, petal_width), found 3')],
    [['5', '3', '1', '1', '--port', '1'], 2, usage('--port: expected none beside --model, found "1"')],
    [['5', '3', '?', '1'], 65, 'petal_length: expected a value, as none was missing in training, found a missing one'],
    [['--file', 'gone.csv'], 66, 'gone.csv: expected a file, found none'],
  ])('%j ends with %i', async (args, code, line) => {
    const result = await predict(args);
    expect([result.code, result.stdout, result.stderr.trim().split('\n').at(-1)]).toEqual([code, '', line]);
  });

  it('is refused by a model with another hash', async () => {
    const { code, stderr } = await predict(['5', '3', '1', '1', '--expect-model', '00']);
    const message = `${iris}: expected a model whose hash begins with 00, found ${irisModel().sha256}\n`;
    expect([code, stderr]).toEqual([65, message]);
  });
});

describe('a table of rows', () => {
  const table =
    'id,petal_width,petal_length,species,sepal_width,sepal_length\n"a,1",0.2,1.4,setosa,3,5\nb,2.5,6,virginica,3,6\n';

  it('has its columns found by name and kept, its target ignored', async () => {
    const expected =
      'id,petal_width,petal_length,species,sepal_width,sepal_length,label\n' +
      '"a,1",0.2,1.4,setosa,3,5,setosa\n' +
      'b,2.5,6,virginica,3,6,virginica\n';
    const plain = await file('rows.csv', table);
    const zipped = await file('rows.csv.gz', gzipSync(table));
    expect((await predict(['--file', plain, '--format', 'csv'])).stdout).toBe(expected);
    expect((await predict(['--file', zipped, '--format', 'csv'])).stdout).toBe(expected);
    expect((await predict(['--file', '-', '--format', 'csv'], table)).stdout).toBe(expected);
  });

  it.each([
    [
      'sepal_length,sepal_width,petal_length,petal_width\n1,1,1,1\n1,1,x,1\n1,1,1,1\n',
      'setosa',
      ':3: petal_length: expected a number, found "x"',
    ],
    [
      'sepal_length,sepal_width,petal_length,petal_width\n1,1,1,1\n1,1,,1\n1,1,1,1\n',
      'setosa',
      ':3: petal_length: expected a value, as none was missing in training, found a missing one',
    ],
    ['sepal_length,sepal_width,petal_length,petal_width\n1,1,1,1\n1,1,1\n', 'setosa', ':3: expected 4 cells, found 3'],
    [
      'sepal_length,sepal_width,petal_length\n1,1,1\n',
      '',
      ': expected the feature "petal_width", found the columns sepal_length, sepal_width, petal_length',
    ],
  ])('%j is bad data, after what is right', async (text, label, message) => {
    const path = await file('bad.csv', text);
    const { code, stderr, stdout } = await predict(['--file', path, '--format', 'csv']);
    const written = label === '' ? '' : `${text.split('\n').slice(0, 2).join(',label\n')},${label}\n`;
    expect([code, stdout, stderr.trim().split('\n').at(-1)]).toEqual([65, written, `bad.csv${message}`]);
    const json = await predict(['--file', path, '--json']);
    expect([json.code, JSON.parse(json.stdout)]).toEqual([65, { error: { exit: 65, message: `bad.csv${message}` } }]);
  });

  it('of many requests comes back whole and in order, from a server too', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `${i},3,${i % 5},1`);
    const path = await file('big.csv', `sepal_length,sepal_width,petal_length,petal_width\n${lines.join('\n')}\n`);
    const result = await withServer(startForeignServer(mlserverLike), (port) =>
      runProgram(['predict', '--port', String(port), '--file', path, '--format', 'csv']),
    );
    expect(result.code).toBe(0);
    expect(result.stdout.trimEnd().split('\n').slice(1)).toEqual(
      lines.map((line, i) => `${line},${i % 5 <= 2 ? 0 : 1}`),
    );
  });

  it('survives a server that restarts in the middle with another model, and says so', async () => {
    const lines = Array.from({ length: 40_000 }, (_, i) => `${i},3,${i % 5},1`);
    const path = await file('restart.csv', `sepal_length,sepal_width,petal_length,petal_width\n${lines.join('\n')}\n`);
    let second: Promise<ForeignServer> | undefined;
    const answer = async (version: string, request: InferRequest) => ({
      ...(await mlserverLike.infer(request)),
      model_version: version,
    });
    const first: ForeignServer = await startForeignServer({
      ...mlserverLike,
      infer(request) {
        // Four are under way at once: the sixth is asked when the first answers were taken.
        if (first.requests.length < 6) return answer('1', request);
        first.kill();
        second ??= startForeignServer({ ...mlserverLike, infer: (next) => answer('2', next) }, { port: first.port });
        return new Promise(() => {});
      },
    });
    const args = ['predict', '--port', String(first.port), '--file', path, '--format', 'jsonl', '--timeout', '60s'];
    const { code, stderr, stdout } = await runProgram(args);
    (await second!).kill();
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(rows.map(({ input }) => Object.values(input).join())).toEqual(lines);
    expect(rows.map(({ label }) => Number(label))).toEqual(lines.map((_, i) => (i % 5 <= 2 ? 0 : 1)));
    expect(new Set(rows.map(({ modelVersion }) => modelVersion))).toEqual(new Set(['1', '2']));
    expect(stderr).toContain('warning: the model changed from version 1 to 2\n');
  });

  it('stops quietly when nobody reads its output any more', async () => {
    const lines = Array.from({ length: 50_000 }, () => '1,3,1,1');
    const path = await file('long.csv', `sepal_length,sepal_width,petal_length,petal_width\n${lines.join('\n')}\n`);
    const child = startProgram(['predict', '--model', iris, '--file', path]);
    const closed = once(child, 'close');
    const stderr = textOf(child.stderr!);
    await once(child.stdout!, 'data');
    child.stdout!.destroy();
    expect([(await closed)[0], (await stderr).split('\n').length]).toEqual([0, 2]);
  });
});

describe('a server', () => {
  it('that names no features takes a row by position only', async () => {
    await withServer(startForeignServer(tritonLike), async (port) => {
      const ask = (...args: string[]) => runProgram(['predict', '--port', String(port), ...args]);
      expect(await ask('6', '3', '4.7', '1.4', '--probabilities')).toMatchObject({
        code: 0,
        stdout: 'label  probability_0  probability_1\n1      0.2500         0.7500\n',
        stderr: `model: iris, version 3, at localhost:${port}\n`,
      });
      const byName = await ask('petal_length=1');
      expect([byName.code, byName.stderr]).toEqual([
        2,
        `model: iris, version 3, at localhost:${port}\n${usage('the server names no features: give the values in their order')}\n`,
      ]);
      const table = await file('five.csv', 'a,b,c,d,e\n1,2,3,4,5\n');
      expect((await ask('--file', table)).stderr).toContain(
        `five.csv: expected 4 columns in feature order, as the server names no features, found 5`,
      );
      const explain = await ask('6', '3', '4.7', '1.4', '--explain');
      expect([explain.code, explain.stdout]).toEqual([65, '']);
      expect(explain.stderr).toContain('decision_path: expected this output, the server does not offer it');
    });
  });

  it('that is not there is exit code 69 and one line, after one word that it is being tried', async () => {
    const { kill, port } = await startForeignServer(mlserverLike);
    kill();
    const line = `localhost:${port}: UNAVAILABLE: no server listens there`;
    expect(await runProgram(['predict', '1', '2', '3', '4', '--port', String(port), '--timeout', '1s'])).toEqual({
      code: 69,
      stdout: '',
      stderr: `${line}: trying again for up to 1s\n${line}\n`,
    });
  });

  it('that names a row in a sentence gets the line of the row that it refuses', async () => {
    const violations = [{ field: 'inputs[0]', description: 'row 999: petal_length: too long' }];
    const metadata = new Metadata();
    const details = { violations };
    metadata.set(STATUS_DETAILS_KEY, encodeStatusDetails({ code: status.INVALID_ARGUMENT, message: 'no', details }));
    const infer = (request: InferRequest) => {
      if (!typedRows(request).some((row) => row[2] === 77)) return mlserverLike.infer(request);
      throw { code: status.INVALID_ARGUMENT, details: 'no', metadata };
    };
    const path = await file('refused.csv', 'a,b,c,d\n1,2,3,4\n5,6,77,8\n9,10,11,12\n');
    await withServer(startForeignServer({ ...mlserverLike, infer }), async (port) => {
      const { code, stderr } = await runProgram(['predict', '--file', path, '--port', String(port)]);
      expect([code, stderr.split('\n').at(-2)]).toEqual([
        65,
        'refused.csv:3: inputs[0]: row 999: petal_length: too long',
      ]);
    });
  });

  it('is found on loopback also where a proxy is set', async () => {
    await withServer(startForeignServer(mlserverLike), async (port) => {
      const env = { http_proxy: 'http://127.0.0.1:1', grpc_proxy: 'http://127.0.0.1:1' };
      const result = await runProgram(['predict', '1', '2', '3', '4', '--port', String(port)], { env });
      expect([result.code, result.stdout]).toEqual([0, 'label\n1\n']);
    });
  });

  it('that never answers can be left with Ctrl-C: exit code 130', async () => {
    const asked = new EventEmitter();
    const infer = () => {
      asked.emit('asked');
      return new Promise<never>(() => {});
    };
    await withServer(startForeignServer({ ...mlserverLike, infer }), async (port) => {
      const child = startProgram(['predict', '1', '2', '3', '4', '--port', String(port), '--timeout', '10m']);
      const closed = once(child, 'close');
      const stderr = textOf(child.stderr!);
      await once(asked, 'asked');
      child.kill('SIGINT');
      expect([(await closed)[0], (await stderr).endsWith('\ninterrupted\n')]).toEqual([130, true]);
    });
  });
});
