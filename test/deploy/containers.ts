import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'vitest';
import { ROOT } from '../e2e/cli.js';
import { output, run } from '../interop/tools.js';
import type { Container } from './manifests.js';
import { until } from './prometheus.js';

/** As test/image builds it: the second build takes the layers of the first. */
export const IMAGE = 'iris:test';

export function docker(...args: string[]): Promise<string> {
  return output('docker', args).then((stdout) => stdout.trim());
}

export async function buildImage(): Promise<void> {
  const build = spawn('docker', ['build', '--quiet', '--tag', IMAGE, ROOT], { stdio: ['ignore', 'ignore', 'inherit'] });
  expect((await once(build, 'close'))[0]).toBe(0);
}

/** A container of a pod, in the engine. */
export interface Running {
  readonly id: string;
  /** Where the port of the container is published, on loopback. */
  port(containerPort: number): Promise<string>;
}

/** What a container wrote on stderr, as servers log. It has to run, or there would be nothing to wait for. */
export async function logOf(id: string): Promise<string> {
  const { stderr } = await run('docker', ['logs', id]);
  expect({ running: await docker('inspect', '--format', '{{.State.Running}}', id), stderr }).toMatchObject({
    running: 'true',
  });
  return stderr;
}

/**
 * Starts what a kubelet would, and resolves once it is ready: the container's arguments and variables, as its user, without privileges, with its limit of
 * memory.
 *
 * @param folder what is mounted read-only at `mountPath`
 */
export async function startContainer(
  { args, env = [], ports, resources, securityContext }: Container,
  { folder, mountPath, user }: { folder: string; mountPath: string; user: string },
): Promise<Running> {
  const { limits } = resources;
  expect(securityContext).toMatchObject({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true });
  const options = [
    ...['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--user', user],
    ...['--memory', limits.memory.replace('Mi', 'm'), '--volume', `${folder}:${mountPath}:ro`],
    ...env.flatMap(({ name, value }) => ['--env', `${name}=${value}`]),
    ...ports.flatMap(({ containerPort }) => ['--publish', `127.0.0.1::${containerPort}`]),
  ];
  const id = await docker('run', '--detach', ...options, IMAGE, ...args);
  await until(async () => (await logOf(id)).includes('"msg":"ready"'));
  return {
    id,
    port: async (containerPort) => (await docker('port', id, `${containerPort}/tcp`)).split(':').at(-1)!,
  };
}
