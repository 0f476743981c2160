import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { iris, ROOT } from '../e2e/cli.js';
import { describeWith, output, run } from '../interop/tools.js';
import { buildImage, docker, IMAGE, logOf } from './containers.js';
import { freePort, until } from './prometheus.js';
import { composeFolder, compose as composeTool, engine } from './tools.js';

interface Service {
  readonly cap_drop?: readonly string[];
  readonly command?: readonly string[];
  readonly read_only?: boolean;
  readonly security_opt?: readonly string[];
  readonly stop_grace_period?: string;
  readonly ports?: readonly { readonly host_ip: string; readonly target: number }[];
}

type Variables = Readonly<Record<string, string>>;

const FLOWER = ['5.0', '3.6', '1.3', '0.25'];

describeWith([composeTool], 'the compose file', () => {
  let services: Readonly<Record<string, Service>>;

  beforeAll(async () => {
    const text = await compose({ MODEL_FOLDER: '/srv/models' }, '--profile', 'tracing', 'config', '--format', 'json');
    ({ services } = JSON.parse(text));
  });

  it('is accepted, with a server, Prometheus, Grafana and, where it is asked for, a collector of spans', async () => {
    expect(Object.keys(services).sort()).toEqual(['collector', 'grafana', 'iris', 'prometheus']);
    const without = await compose({ MODEL_FOLDER: '/srv/models' }, 'config', '--services');
    expect(without.trim().split('\n').sort()).toEqual(['grafana', 'iris', 'prometheus']);
  });

  it('is refused without a folder of models, which would be another one than was meant', async () => {
    const { code, stderr } = await run(...composeCommand({}, 'config'));
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/required variable MODEL_FOLDER is missing a value: write .*deploy\/\.env/);
  });

  it('takes signed models only, together with the file for those, and needs their key', async () => {
    const both = ['--file', `${ROOT}deploy/compose.signed.yaml`, 'config', '--format', 'json'];
    const variables = { MODEL_FOLDER: '/srv/models' };
    const { stderr } = await run(...composeCommand(variables, ...both));
    expect(stderr).toMatch(/required variable VERIFY_KEY is missing a value: write /);
    const { services } = JSON.parse(await compose({ ...variables, VERIFY_KEY: '/srv/pub.pem' }, ...both));
    const bind = { create_host_path: false };
    expect(services['iris']).toMatchObject({
      environment: { IRIS_VERIFY_KEY: '/keys/pub.pem' },
      volumes: [
        { type: 'bind', source: '/srv/models', target: '/models', read_only: true, bind },
        { type: 'bind', source: '/srv/pub.pem', target: '/keys/pub.pem', read_only: true, bind },
      ],
    });
  });

  it('publishes ports on this machine only, and gives no container capabilities', () => {
    for (const { cap_drop, ports = [], security_opt } of Object.values(services)) {
      expect(ports.map(({ host_ip }) => host_ip)).not.toContain('0.0.0.0');
      expect(ports.every(({ host_ip }) => host_ip === '127.0.0.1')).toBe(true);
      expect(cap_drop).toEqual(['ALL']);
      expect(security_opt).toEqual(['no-new-privileges:true']);
    }
    expect(services['iris']?.ports?.map(({ target }) => target)).not.toContain(9090);
  });

  it('gives the server more time to stop than it takes', () => {
    const { command = [], stop_grace_period = '' } = services['iris']!;
    const grace = Number(/--grace=(\d+)s/.exec(command.join(' '))?.[1]);
    expect(Number(/^(\d+)s$/.exec(stop_grace_period)?.[1])).toBeGreaterThanOrEqual(grace + 2);
  });
});

describeWith([composeTool, engine], 'the server of the compose file', () => {
  let environment: Record<string, string>;
  let models: string;
  let id: string;

  beforeAll(async () => {
    await buildImage();
    models = await mkdtemp(join(tmpdir(), 'iris-compose-'));
    await chmod(models, 0o755); // the container's user is not ours
    await copyFile(`${ROOT}artifacts/iris.json`, join(models, 'iris.json'));
    environment = {
      COMPOSE_PROJECT_NAME: 'iris-test',
      IMAGE,
      MODEL_FOLDER: models,
      GRPC_PORT: String(await freePort()),
      HTTP_PORT: String(await freePort()),
    };
    await compose(environment, 'up', '--detach', '--wait', 'iris');
    id = (await compose(environment, 'ps', '--quiet', 'iris')).trim();
  });
  afterAll(async () => {
    await compose(environment, 'down', '--volumes');
    await rm(models, { recursive: true });
  });

  it('is not started with a folder that is not there, and makes none', async () => {
    const missing = join(models, 'missing');
    const variables = {
      ...environment,
      COMPOSE_PROJECT_NAME: 'iris-missing',
      MODEL_FOLDER: missing,
      GRPC_PORT: '0',
      HTTP_PORT: '0',
    };
    const { code, stderr } = await run(...composeCommand(variables, 'up', '--detach', 'iris'));
    await compose(variables, 'down', '--volumes');
    expect(code).not.toBe(0);
    expect(stderr).toContain(`bind source path does not exist: ${missing}`);
    expect(existsSync(missing)).toBe(false);
  });

  const predict = async (): Promise<{ label: string; modelVersion: string }> => {
    const run = await iris(['predict', ...FLOWER, '--port', environment['GRPC_PORT']!, '--json']);
    expect(run).toMatchObject({ code: 0 });
    return JSON.parse(run.stdout)[0];
  };

  it('is healthy, answers, and bounds what it may take', async () => {
    expect(await docker('inspect', '--format', '{{.State.Health.Status}}', id)).toBe('healthy');
    expect(await predict()).toMatchObject({ label: 'setosa' });
    expect(await docker('inspect', '--format', '{{.HostConfig.Memory}} {{.HostConfig.ReadonlyRootfs}}', id)).toBe(
      `${256 * 2 ** 20} true`,
    );
  });

  it('reloads a model that is put into its folder', async () => {
    const { modelVersion } = await predict();
    const trained = await iris(['train', '--seed', '7', '--out', join(models, 'iris.json')]);
    expect(trained).toMatchObject({ code: 0 });
    await until(async () => (await logOf(id)).includes('"msg":"model reloaded"'));
    expect((await predict()).modelVersion).not.toBe(modelVersion);
  });

  it('has the metrics that Prometheus asks for under the name that it asks', async () => {
    const ask = "fetch('http://iris:9090/metrics').then((response) => response.text()).then(console.log)";
    expect(await docker('exec', id, 'node', '--eval', ask)).toContain('iris_model_reloads_total{outcome="reloaded"} 1');
  });

  it('ends without being killed', async () => {
    await compose(environment, 'stop', 'iris');
    expect(await docker('inspect', '--format', '{{.State.ExitCode}}', id)).toBe('0');
  });
});

describeWith([composeTool, engine], 'the server of the compose file with the one for signed models', () => {
  const both = ['--file', `${ROOT}deploy/compose.signed.yaml`];
  let environment: Record<string, string>;
  let folder: string;

  beforeAll(async () => {
    await buildImage();
    folder = await mkdtemp(join(tmpdir(), 'iris-signed-'));
    const models = join(folder, 'models');
    await mkdir(models);
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    await writeFile(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await writeFile(join(folder, 'pub.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
    await copyFile(`${ROOT}artifacts/iris.json`, join(models, 'iris.json'));
    const signed = await iris(['sign', join(models, 'iris.json'), '--key', join(folder, 'key.pem')]);
    expect(signed).toMatchObject({ code: 0 });
    for (const path of [folder, models]) await chmod(path, 0o755); // the container's user is not ours
    for (const name of ['models/iris.json', 'models/iris.json.sig', 'pub.pem']) await chmod(join(folder, name), 0o644);
    environment = {
      COMPOSE_PROJECT_NAME: 'iris-signed',
      IMAGE,
      MODEL_FOLDER: models,
      VERIFY_KEY: join(folder, 'pub.pem'),
      GRPC_PORT: String(await freePort()),
      HTTP_PORT: String(await freePort()),
    };
  });
  afterAll(async () => {
    await compose(environment, ...both, 'down', '--volumes');
    await rm(folder, { recursive: true });
  });

  it('serves a signed model, and keeps it where one comes that nobody signed', async () => {
    await compose(environment, ...both, 'up', '--detach', '--wait', 'iris');
    const id = (await compose(environment, ...both, 'ps', '--quiet', 'iris')).trim();
    const ask = () => iris(['predict', ...FLOWER, '--port', environment['GRPC_PORT']!]);
    const before = await ask();
    expect(before).toMatchObject({ code: 0 });
    const trained = await iris(['train', '--seed', '7', '--out', join(folder, 'models/iris.json')]);
    expect(trained).toMatchObject({ code: 0 });
    await until(async () => (await logOf(id)).includes('"msg":"reload failed: the old model stays"'));
    expect(await logOf(id)).not.toContain('"msg":"model reloaded"');
    expect(await ask()).toEqual(before);
  });
});

/** Runs `docker compose` on the file of deploy/ with these variables alone. */
function compose(variables: Variables, ...args: readonly string[]): Promise<string> {
  return output(...composeCommand(variables, ...args));
}

function composeCommand(variables: Variables, ...args: readonly string[]): [command: string, args: readonly string[]] {
  const given = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const file = `${ROOT}deploy/compose.yaml`;
  const tool = ['docker', '--config', composeFolder, 'compose', '--env-file', '/dev/null', '--file', file];
  return ['env', ['-u', 'MODEL_FOLDER', '-u', 'VERIFY_KEY', ...given, ...tool, ...args]];
}
