import { chmod, copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { iris, ROOT } from '../e2e/cli.js';
import { describeWith, output } from '../interop/tools.js';
import { buildImage, docker, logOf, type Running, startContainer } from './containers.js';
import { type Container, type Manifest, specOf, validated } from './manifests.js';
import { engine, python } from './tools.js';

interface RuntimeSpec {
  readonly annotations: Readonly<Record<string, string>>;
  readonly supportedModelFormats: readonly { readonly name: string; readonly version: string }[];
  readonly protocolVersions: readonly string[];
  readonly containers: readonly [Container];
}

interface ServiceSpec {
  readonly predictor: {
    readonly model: Partial<Container> & {
      readonly modelFormat: { readonly name: string };
      readonly protocolVersion: string;
    };
  };
}

/** KServe gives pods no other time than Kubernetes does. */
const POD_SECONDS_TO_END = 30;

/**
 * The container that KServe 0.20 makes of a runtime and a service: arguments one after the other, the rest of the model's
 * container over that of the runtime, then placeholders, then one variable; beside it those of Kubernetes for KServe's
 * Service. See MergeRuntimeContainers, ReplacePlaceholders (inferenceservice/utils) and buildPredictorResources.
 */
function containerOf(runtime: RuntimeSpec, { predictor }: ServiceSpec, name: string): Container {
  const { args = [], ports = [] } = predictor.model;
  const [base] = runtime.containers;
  const merged: Container = { ...base, args: [...base.args, ...args], ports };
  const replaced: Container = JSON.parse(JSON.stringify(merged).replaceAll('{{.Name}}', name));
  const links = { IRIS_PREDICTOR_PORT: 'tcp://10.0.0.1:80', IRIS_PREDICTOR_SERVICE_HOST: '10.0.0.1' };
  const variables = { INFERENCE_SERVICE_NAME: name, ...links };
  return {
    ...replaced,
    env: [...(replaced.env ?? []), ...Object.entries(variables).map(([name, value]) => ({ name, value }))],
  };
}

describeWith([python, engine], 'a model under KServe', () => {
  let runtime: RuntimeSpec;
  let service: ServiceSpec;
  let folder: string;
  let running: Running;
  let rows: number[][];
  let expected: string[];

  beforeAll(async () => {
    const read = async (file: string): Promise<readonly Manifest[]> =>
      validated(await readFile(`${ROOT}deploy/kserve/${file}`, 'utf8'));
    runtime = specOf(await read('cluster-serving-runtime.yaml'), 'ClusterServingRuntime');
    service = specOf(await read('inference-service.yaml'), 'InferenceService');
    folder = await mkdtemp('/var/tmp/iris-kserve-');
    await chmod(folder, 0o755); // the container's user is not ours
    // KServe keeps the name that a model has where it comes from.
    await copyFile(`${ROOT}artifacts/iris.json`, join(folder, 'flowers-7.json'));
    await buildImage();
    const table = (await readFile(`${ROOT}data/iris.csv`, 'utf8')).trimEnd().split('\n').slice(1);
    rows = table.map((line) => line.split(',').slice(0, 4).map(Number));
    const local = await iris(['predict', '--model', folder, '--file', `${ROOT}data/iris.csv`, '--json']);
    expected = (JSON.parse(local.stdout) as { label: string }[]).map(({ label }) => label);
    const container = containerOf(runtime, service, 'flowers');
    const user = `${container.securityContext.runAsUser}:0`;
    running = await startContainer(container, { folder, mountPath: '/mnt/models', user });
  });
  afterAll(async () => {
    if (running) await docker('rm', '--force', running.id);
    await rm(folder, { recursive: true });
  });

  it('is for what the model files say they are', async () => {
    const { format, version } = JSON.parse(await readFile(`${ROOT}artifacts/iris.json`, 'utf8'));
    expect(runtime.supportedModelFormats).toContainEqual(
      expect.objectContaining({ name: format, version: String(version) }),
    );
    expect(runtime.supportedModelFormats.map(({ name }) => name)).toContain(service.predictor.model.modelFormat.name);
    expect(runtime.protocolVersions).toContain(service.predictor.model.protocolVersion);
  });

  it("answers KServe's own client over gRPC and REST, typed and binary", async () => {
    const script = `${ROOT}test/deploy/kserve_client.py`;
    const address = `127.0.0.1:${await running.port(9000)}`;
    const url = `http://127.0.0.1:${await running.port(8080)}`;
    const told = await output(python.command, [script, 'flowers', address, url], { input: JSON.stringify(rows) });
    const good = { live: true, ready: true, modelReady: true, typed: expected, raw: expected };
    expect(JSON.parse(told)).toEqual({
      grpc: { ...good, unknownModelReady: 'NOT_FOUND' },
      rest: { ...good, unknownModelReady: false, refused: 400 },
    });
    expect(expected).toHaveLength(150);
  });

  it('passes the probes of the runtime', async () => {
    const [{ livenessProbe, readinessProbe, startupProbe }] = runtime.containers;
    for (const { httpGet } of [startupProbe, readinessProbe, livenessProbe]) {
      const response = await fetch(`http://127.0.0.1:${await running.port(httpGet!.port)}${httpGet!.path}`);
      expect(response.status).toBe(200);
    }
  });

  it('has metrics where the annotations say, and takes no variable of KServe for its own', async () => {
    const { 'prometheus.kserve.io/path': path, 'prometheus.kserve.io/port': port } = runtime.annotations;
    const ask = `fetch('http://127.0.0.1:${port}${path}').then((response) => response.text()).then(console.log)`;
    expect(await docker('exec', running.id, 'node', '--eval', ask)).toContain('iris_model_info{name="flowers"');
    const log = await logOf(running.id);
    expect(log).toContain('"msg":"ready"');
    expect(log).not.toContain('PREDICTOR');
  });

  it('drains and ends before its pod is killed', async () => {
    const [{ args }] = runtime.containers;
    const grace = args.find((arg) => arg.startsWith('--grace='));
    expect(Number(/\d+/.exec(grace!)?.[0])).toBeLessThanOrEqual(POD_SECONDS_TO_END - 2);
    await docker('stop', '--time', String(POD_SECONDS_TO_END), running.id);
    expect(await docker('inspect', '--format', '{{.State.ExitCode}}', running.id)).toBe('0');
  });
});
