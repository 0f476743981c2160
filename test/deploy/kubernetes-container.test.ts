import { chmod, copyFile, mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { iris, ROOT } from '../e2e/cli.js';
import { describeWith } from '../interop/tools.js';
import { buildImage, docker, logOf, type Running, startContainer } from './containers.js';
import { build, type Pod, podOf, validated } from './manifests.js';
import { until } from './prometheus.js';
import { engine, kustomize, python } from './tools.js';

describeWith([engine, kustomize, python], 'the container of the production overlay', () => {
  let folder: string;
  let pod: Pod;
  let running: Running;
  let port: string;

  beforeAll(async () => {
    pod = podOf(await validated(await build('deploy/kubernetes/overlays/production')));
    folder = await mkdtemp(join(tmpdir(), 'iris-config-map-'));
    await chmod(folder, 0o755); // the container's user is not ours
    await writeVersion('..1', (path) => copyFile(`${ROOT}deploy/kubernetes/base/iris.json`, path));
    await symlink('..data/iris.json', join(folder, 'iris.json'));
    await buildImage();
    const { runAsGroup, runAsUser } = pod.spec.securityContext;
    const user = `${runAsUser}:${runAsGroup}`;
    running = await startContainer(pod.spec.containers[0], { folder, mountPath: '/models', user });
    port = await running.port(50052);
  });
  afterAll(async () => {
    if (running) await docker('rm', '--force', running.id);
    await rm(folder, { recursive: true });
  });

  /** As a kubelet updates a ConfigMap: a new folder, and the link to it replaced in one step. */
  async function writeVersion(name: string, write: (path: string) => Promise<void>): Promise<void> {
    await mkdir(join(folder, name));
    await chmod(join(folder, name), 0o755);
    await write(join(folder, name, 'iris.json'));
    await symlink(name, join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  }

  const health = async (...service: string[]) => (await iris(['health', '--port', port, ...service])).stdout.trim();
  const version = async (): Promise<string> => {
    const { stdout } = await iris(['predict', '5.0', '3.6', '1.3', '0.25', '--port', port, '--json']);
    return JSON.parse(stdout)[0].modelVersion;
  };

  it('answers its probes and its monitor', async () => {
    expect(await health()).toBe('SERVING');
    expect(await health('--service', 'liveness')).toBe('SERVING');
    const metrics = await fetch(`http://127.0.0.1:${await running.port(9090)}/metrics`);
    expect(await metrics.text()).toContain('iris_model_info');
  });

  it('reloads the model when the ConfigMap changes', async () => {
    const before = await version();
    await writeVersion('..2', async (path) => {
      expect(await iris(['train', '--seed', '7', '--out', path])).toMatchObject({ code: 0 });
      await chmod(path, 0o644);
    });
    await until(async () => (await logOf(running.id)).includes('"msg":"model reloaded"'));
    expect(await version()).not.toBe(before);
  });

  it('drains: it is live and not ready, still answers, and ends within the time of its pod', async () => {
    await docker('kill', '--signal', 'SIGTERM', running.id);
    await until(async () => (await logOf(running.id)).includes('"msg":"draining"'));
    expect(await health()).toBe('NOT_SERVING');
    expect(await health('--service', 'liveness')).toBe('SERVING');
    expect(await version()).toMatch(/^[0-9a-f]{12}$/);
    await docker('stop', '--time', String(pod.spec.terminationGracePeriodSeconds), running.id);
    expect(await docker('inspect', '--format', '{{.State.ExitCode}}', running.id)).toBe('0');
  });
});
