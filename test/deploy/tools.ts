import { ROOT } from '../e2e/cli.js';
import type { Tool } from '../interop/tools.js';

/** Where test/deploy/install puts what it installs. */
export const cache = `${ROOT}node_modules/.cache/deploy`;

/** Debian has it in its package prometheus. */
export const prometheus: Tool = { name: 'Prometheus', command: 'prometheus', check: ['--version'] };

/** Debian's, from the package of the same name; outside of root's path. */
export const nginx: Tool = { name: 'nginx', command: '/usr/sbin/nginx', check: ['-v'] };
export const haproxy: Tool = { name: 'HAProxy', command: '/usr/sbin/haproxy', check: ['-v'] };

/** Makes `docker compose` the one that was installed. */
export const composeFolder = `${cache}/docker`;
export const compose: Tool = {
  name: 'Docker Compose',
  command: 'docker',
  check: ['--config', composeFolder, 'compose', 'version'],
};
/** The engine that `docker` reaches. */
export const engine: Tool = { name: 'Docker engine', command: 'docker', check: ['version', '--format', '{{.Server}}'] };

export const kustomize: Tool = { name: 'kustomize', command: `${cache}/bin/kustomize`, check: ['version'] };

/** collector/main.go. */
export const collector: Tool = {
  name: "OpenTelemetry's collector",
  command: `${cache}/bin/iris-collector`,
  check: ['--version'],
};

/** go/main.go. Nothing to read is nothing to say. */
export const podSecurity: Tool = { name: 'the check of Pod Security', command: `${cache}/bin/iris-deploy`, check: [] };

export const python: Tool = {
  name: "kubernetes-validate and KServe's client from PyPI",
  command: `${cache}/python/bin/python`,
  check: ['-c', 'import kserve, kubernetes_validate'],
};
