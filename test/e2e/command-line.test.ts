import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iris, ROOT, serve } from './cli.js';

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const table = join(ROOT, 'data/iris.csv');
let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'iris-command-line-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

describe('a misspelt word', () => {
  it.each([
    [['trian'], 2, 'error: unknown command trian, did you mean train? (see iris --help)\n'],
    [['help', 'trian'], 2, 'error: unknown command trian, did you mean train? (see iris --help)\n'],
    [['--help', 'trian'], 2, 'error: unknown command trian, did you mean train? (see iris --help)\n'],
    [['-h', '--help', 'trian'], 2, 'error: unknown command trian, did you mean train? (see iris --help)\n'],
    [['--verison'], 2, 'error: unknown flag --verison, did you mean --version? (see iris --help)\n'],
    [['train', '--targte', 'x'], 2, 'error: unknown flag --targte, did you mean --target? (see iris train --help)\n'],
    [['train', '-data', 'x'], 2, 'error: unknown flag -data, did you mean --data? (see iris train --help)\n'],
    [['train', '-x'], 2, 'error: unknown flag -x (see iris train --help)\n'],
  ])('%j is answered with what may be meant', async (args, code, stderr) => {
    expect(await iris(args, { cwd })).toEqual({ code, stdout: '', stderr });
  });

  it('is answered so for a column', async () => {
    const { code, stderr } = await iris(['train', '-d', table, '-t', 'specie'], { cwd });
    expect(code).toBe(65);
    expect(stderr).toMatch(/: expected the target "specie", found the columns .*, species; did you mean species\?\n$/);
  });
});

describe('compiled code', () => {
  it('is kept in the folder for caches, where Node can', async () => {
    const caches = join(cwd, 'caches');
    const env = { XDG_CACHE_HOME: caches, NODE_COMPILE_CACHE: undefined };
    expect((await iris(['--version'], { cwd, env })).code).toBe(0);
    expect(existsSync(join(caches, 'iris'))).toBe('enableCompileCache' in module);
  });

  it('is not kept, without a word, where that folder cannot be', async () => {
    const run = await iris(['--version'], { cwd, env: { XDG_CACHE_HOME: table, NODE_COMPILE_CACHE: undefined } });
    expect([run.code, run.stderr]).toEqual([0, '']);
  });
});

describe('the usual flags', () => {
  it.each([['-v'], ['--version'], ['version']])('%s says the version', async (flag) => {
    const { code, stdout } = await iris([flag]);
    expect([code, stdout.split(' ')[0]]).toEqual([0, `iris-grpc/${version}`]);
  });

  it.each([[['-h']], [['--help']], [['help']], [['--help', '--json']], [[]]])('%j lists the commands', async (args) => {
    const { code, stdout } = await iris(args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ +train +Train a decision tree on a table\.$/m);
  });

  it.each([[['train', '-h']], [['help', 'train']], [['help', 'train', '-h']], [['-h', 'train']]])(
    '%j helps with one',
    async (args) => {
      expect((await iris(args)).stdout).toBe((await iris(['train', '--help'])).stdout);
    },
  );

  it('are one letter where they are long on other commands', async () => {
    const train = await iris(['train', '-d', table, '-t', 'species', '-o', 'model.json'], { cwd });
    expect([train.code, train.stderr]).toEqual([0, '']);
    const evaluate = await iris(['evaluate', '-m', 'model.json', '-d', table], { cwd });
    expect([evaluate.code, evaluate.stderr]).toEqual([0, 'model: model.json (--model)\n']);
    const predict = await iris(['predict', '-m', 'model.json', '5', '3.6', '1.3', '0.25'], { cwd });
    expect([predict.code, predict.stdout]).toEqual([0, 'label\nsetosa\n']);
    expect((await iris(['verify', 'model.json', '-d', table], { cwd })).code).toBe(0);
    expect((await iris(['serve', '-m', 'model.json', '-p', '0', '--check'], { cwd })).code).toBe(0);
    const server = await serve(['-m', 'model.json'], { cwd });
    expect((await iris(['predict', '-p', String(server.port), '5', '3.6', '1.3', '0.25'])).stdout).toBe(
      'label\nsetosa\n',
    );
    expect((await iris(['health', '-p', String(server.port)])).code).toBe(0);
    expect(await server.stop()).toBe(0);
  });
});

describe('environment variables', () => {
  it('are named beside flags where they are meant', async () => {
    const { code, stderr } = await iris(['serve', '--tls-cert', 'a.pem'], { cwd, env: { IRIS_WORKERS: '2' } });
    expect([code, stderr]).toEqual([
      2,
      'error: --tls-cert: expected --tls-key as well, found none (see iris serve --help)\n',
    ]);
  });

  it.each([
    [
      { IRIS_ALLOWED_HOSTS: 'b ad!' },
      'error: IRIS_ALLOWED_HOSTS: expected names without scheme and port, found "b ad!" (see iris serve --help)',
    ],
    [{ IRIS_LISTEN_PORT: 'x' }, 'error: IRIS_LISTEN_PORT: expected an integer from 0 to 65535, found "x"'],
    [{ IRIS_GRACE: '5' }, 'error: IRIS_GRACE: expected a duration such as 500ms, 5s or 2m, found "5"'],
    [
      { IRIS_LOG_LEVEL: 'loud' },
      'error: IRIS_LOG_LEVEL: expected fatal, error, warn, info, debug, trace or silent, found "loud" (see iris serve --help)',
    ],
    [
      { IRIS_TLS_MIN_VERSION: '9', IRIS_TLS_CERT: 'a', IRIS_TLS_KEY: 'b' },
      'error: IRIS_TLS_MIN_VERSION: expected 1.2 or 1.3, found "9" (see iris serve --help)',
    ],
    [{ IRIS_WATCH: 'maybe' }, 'error: IRIS_WATCH: expected true or false, found "maybe"'],
    [{ IRIS_EXPECT_MODEL: 'xyz' }, 'error: IRIS_EXPECT_MODEL: expected 1 to 64 hex digits, found "xyz"'],
    [
      { IRIS_TLS_CERT: 'a.pem' },
      'error: IRIS_TLS_CERT: expected IRIS_TLS_KEY as well, found none (see iris serve --help)',
    ],
  ])('with a wrong value are named, not their flags: %j', async (env, line) => {
    const { code, stderr } = await iris(['serve', '--check'], { cwd, env });
    expect(code).toBe(2);
    expect(stderr.slice(0, line.length)).toBe(line);
  });

  it.each([
    ['IRIS_MODEL', ['serve', '--check']],
    ['IRIS_MODEL', ['evaluate']],
    ['IRIS_TLS_CERT', ['serve', '--port', '0', '--tls-key', 'none.json']],
  ])('are named before a file that cannot be read: %s of %j', async (variable, args) => {
    const { code, stderr } = await iris(args, { cwd, env: { [variable]: 'none.json' } });
    expect(code).toBe(66);
    expect(stderr).toContain(`${variable}: none.json: cannot be read: `);
  });

  it('say which model it is, unless a flag does', async () => {
    const env = { IRIS_MODEL: join(ROOT, 'artifacts/iris.json') };
    expect((await iris(['evaluate'], { cwd, env })).stderr).toBe(`model: ${env.IRIS_MODEL} (IRIS_MODEL)\n`);
    const flag = await iris(['evaluate', '-m', env.IRIS_MODEL], { cwd, env: { IRIS_MODEL: 'none.json' } });
    expect([flag.code, flag.stderr]).toEqual([0, `model: ${env.IRIS_MODEL} (--model)\n`]);
    const server = await serve([], { cwd, env });
    expect(server.log()).toContain('"chosenBy":"IRIS_MODEL"');
    expect(await server.stop()).toBe(0);
  });

  it('are named where the server refuses the value', async () => {
    const { code, stderr } = await iris(['serve', '--port', '0'], { cwd, env: { IRIS_DRAIN_DELAY: '1h' } });
    expect(code).toBe(2);
    expect(stderr).toContain('error: IRIS_DRAIN_DELAY: expected less than the grace of 8000 ms');
  });

  it('are read as the flags are, and those of Kubernetes for a service are not', async () => {
    const env = {
      IRIS_ALLOWED_HOSTS: 'a.example,b.example',
      IRIS_HTTP_PORT: 'tcp://10.0.0.1:80',
      IRIS_LISTEN_PORT: '1',
      IRIS_MODLE: 'm.json',
      IRIS_NAME: 'garden',
      IRIS_PORT: 'tcp://10.0.0.1:50052',
      IRIS_REFLECTION: 'false',
      IRIS_SERVICE_HOST: '10.0.0.1',
    };
    const server = await serve([], { cwd, env });
    expect(await server.stop()).toBe(0);
    const lines = server
      .log()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const warnings = lines.filter(({ level }) => level > 30).map(({ msg }) => msg);
    expect(warnings).toEqual(['IRIS_MODLE is no variable of iris, did you mean IRIS_MODEL?']);
    const configuration = lines.find(({ msg }) => msg === 'configuration');
    expect(configuration).toMatchObject({
      allowedHosts: ['a.example', 'b.example'],
      name: 'garden',
      port: 0,
      reflection: false,
    });
    expect(configuration).not.toHaveProperty('http');
  });

  it('that nobody reads are warned of by a command, beside its result', async () => {
    const { code, stdout, stderr } = await iris(['train', '--json'], { cwd, env: { IRIS_MODLE: 'm.json' } });
    expect([code, JSON.parse(stdout).warnings]).toEqual([0, []]);
    expect(stderr).toBe('warning: IRIS_MODLE is no variable of iris, did you mean IRIS_MODEL?\n');
  });
});
