import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { iris, ROOT, serve } from '../e2e/cli.js';

const cwd = mkdtempSync(join(tmpdir(), 'iris-proto-'));
const inFolder = (name: string) => join(cwd, name);
const proto = (...args: string[]) => iris(['proto', ...args], { cwd });

const ROWS = ['1,red,5,x', '2,red,6,x', '3,blue,7,y', '4,blue,8,y', '5,red,9,x', '6,blue,1,y'];
async function train(out: string, header: string): Promise<void> {
  writeFileSync(inFolder('table.csv'), `${header}\n${ROWS.join('\n')}\n`);
  const args = ['train', '--data', 'table.csv', '--out', out, '--holdout', '0'];
  expect(await iris(args, { cwd })).toMatchObject({ code: 0 });
}

beforeAll(async () => {
  cpSync(join(ROOT, 'artifacts/iris.json'), inFolder('iris.json'));
  await train('wine.json', 'size,colour,weight,kind');
  await train('later.json', 'size,hue,weight,kind');
});
afterAll(() => rmSync(cwd, { recursive: true }));

const request = (text: string) => /message \w+Request \{[^}]+\}/.exec(text)![0].match(/^ {2}(?!\/\/).+/gm);

it('prints a contract named after the model file', async () => {
  const { code, stderr, stdout } = await proto('iris.json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('\npackage ml.iris;\n\nservice IrisPredictor {\n');
  expect(request(stdout)).toEqual([
    ...['  bool explain = 1;', '  optional double sepal_length = 2;', '  optional double sepal_width = 3;'],
    ...['  optional double petal_length = 4;', '  optional double petal_width = 5;'],
  ]);
});

it('writes it over an earlier one, whose numbers and name stay', async () => {
  expect(await proto('wine.json', '--out', 'new/wine.proto')).toEqual({
    code: 0,
    stdout: 'new/wine.proto: ml.wine.WinePredictor, 3 features and 2 classes\n',
    stderr: '',
  });
  expect(await proto('later.json', '--out', 'new/wine.proto')).toEqual({
    code: 0,
    stdout: 'new/wine.proto: ml.wine.WinePredictor, 3 features and 2 classes: 1 added, 1 removed\n',
    stderr: '',
  });
  const text = readFileSync(inFolder('new/wine.proto'), 'utf8');
  expect(request(text)).toEqual([
    ...['  bool explain = 1;', '  optional double size = 2;', '  reserved 3;', '  reserved "colour";'],
    ...['  optional double weight = 4;', '  optional string hue = 5;'],
  ]);
  expect((await proto('later.json', '--out', 'new/wine.proto', '--json')).code).toBe(0);
  expect(readFileSync(inFolder('new/wine.proto'), 'utf8')).toBe(text);
});

it('says what is in it as JSON', async () => {
  const { stdout } = await proto('wine.json', '--name', 'Red Wine', '--json');
  expect(JSON.parse(stdout)).toEqual({
    service: 'ml.red_wine.RedWinePredictor',
    fields: [
      { name: 'size', kind: 'number', missing: false, identifier: 'size', number: 2, removed: false },
      { name: 'colour', kind: 'category', missing: false, identifier: 'colour', number: 3, removed: false },
      { name: 'weight', kind: 'number', missing: false, identifier: 'weight', number: 4, removed: false },
    ],
    classes: [
      { label: 'x', identifier: 'RED_WINE_CLASS_X', number: 1, removed: false },
      { label: 'y', identifier: 'RED_WINE_CLASS_Y', number: 2, removed: false },
    ],
  });
});

it.each([
  ['syntax = "proto3";\n', [], 65, 'other.proto: expected a contract that iris proto wrote, found none'],
  [
    undefined,
    ['--name', 'beer'],
    2,
    'error: --name: expected wine, as the contract in other.proto has it, found beer (see iris proto --help)',
  ],
])('refuses, and leaves the file as it is: %j', async (text, args, code, message) => {
  writeFileSync(inFolder('other.proto'), text ?? (await proto('wine.json')).stdout);
  const before = readFileSync(inFolder('other.proto'));
  const run = await proto('wine.json', '--out', 'other.proto', ...args);
  expect([run.code, run.stderr]).toEqual([code, `${message}\n`]);
  expect(readFileSync(inFolder('other.proto'))).toEqual(before);
});

it('is checked by iris serve: against the file, and the model against it', async () => {
  expect((await proto('wine.json', '--out', 'served.proto')).code).toBe(0);
  const check = (model: string, contract: string) =>
    iris(['serve', '--check', '--model', model, '--contract', contract], { cwd });
  expect(await check('wine.json', 'served.proto')).toMatchObject({ code: 0, stderr: '' });
  expect(await check('later.json', 'served.proto')).toMatchObject({
    code: 65,
    stderr:
      'later.json: expected a model that fits the contract, found other features: only the contract has colour, only the model has hue\n',
  });
  expect(await check('wine.json', 'none.proto')).toMatchObject({
    code: 66,
    stderr: 'none.proto: cannot be read: no such file or directory\n',
  });
  writeFileSync(
    inFolder('bad.proto'),
    readFileSync(inFolder('served.proto'), 'utf8').replace('double size', 'int32 size'),
  );
  expect(await check('wine.json', 'bad.proto')).toMatchObject({
    code: 65,
    stderr: 'bad.proto:24: expected the field or the value of this name, found "optional int32 size = 2;"\n',
  });
});

it('is answered by every worker, and the log names the service', async () => {
  expect((await proto('wine.json', '--out', 'served.proto')).code).toBe(0);
  const server = await serve(['--model', 'wine.json', '--workers', '2'], {
    cwd,
    env: { IRIS_CONTRACT: 'served.proto' },
  });
  const loaded = loadPackageDefinition(loadSync(inFolder('served.proto'), { enums: String })) as never as {
    ml: { wine: { WinePredictor: ServiceClientConstructor } };
  };
  try {
    expect(server.log()).toContain('"contract":"ml.wine.WinePredictor"');
    for (let connection = 0; connection < 4; connection++) {
      const client = new loaded.ml.wine.WinePredictor(`127.0.0.1:${server.port}`, credentials.createInsecure(), {
        'grpc.use_local_subchannel_pool': 1,
      });
      const call = client['Predict']!.bind(client);
      const reply = await new Promise((resolve, reject) => {
        call({ size: 1, colour: 'red', weight: 5 }, (error: unknown, reply: unknown) =>
          error ? reject(error) : resolve(reply),
        );
      });
      client.close();
      expect(reply).toMatchObject({ predictedClass: 'WINE_CLASS_X', className: 'x' });
    }
  } finally {
    await server.stop();
  }
});
