import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseDuration } from '../../src/cli/duration.js';
import { iris, ROOT } from '../e2e/cli.js';
import { describeWith, output } from '../interop/tools.js';
import { build, type Manifest, type Pod, podOf, specOf, validated } from './manifests.js';
import { kustomize, podSecurity, python } from './tools.js';

const overlays = [
  'deploy/kubernetes/overlays/small',
  'deploy/kubernetes/overlays/production',
  'test/deploy/overlays/model-from-image',
  'test/deploy/overlays/model-from-init-container',
  'test/deploy/overlays/signed-model',
];
const read = (path: string) => readFile(`${ROOT}${path}`, 'utf8');

describe('what is written in two places', () => {
  it('is the same: the rules of Prometheus and those of its operator', async () => {
    const [, spec] = (await read('deploy/kubernetes/components/prometheus-operator/prometheus-rule.yaml')).split(
      '\nspec:\n',
    );
    const rules = await read('deploy/monitoring/rules.yaml');
    expect(spec).toBe(rules.replace(/^(?=.)/gm, '  '));
  });

  it('is the same: the model of the package and that of the ConfigMap', async () => {
    expect(await read('deploy/kubernetes/base/iris.json')).toBe(await read('artifacts/iris.json'));
  });
});

describeWith([kustomize, python, podSecurity], 'the manifests for Kubernetes', () => {
  describe.each(overlays)('%s', (overlay) => {
    let yaml: string;
    let manifests: readonly Manifest[];
    let pod: Pod;

    beforeAll(async () => {
      yaml = await build(overlay);
      manifests = await validated(yaml);
      pod = podOf(manifests);
    });

    it('builds what is recorded, and fits the schemas of two releases', async () => {
      const withoutModel = yaml.replace(/(iris\.json: \|)\n(?: {4}.*\n)+/, '$1\n    (the model)\n');
      await expect(withoutModel).toMatchFileSnapshot(`golden/${overlay.split('/').at(-1)}.yaml`);
      expect(manifests.length).toBeGreaterThan(4);
    });

    it('is in one namespace', () => {
      for (const { kind, metadata } of manifests) {
        if (kind !== 'Namespace') expect({ kind, namespace: metadata.namespace }).toEqual({ kind, namespace: 'iris' });
      }
    });

    it('is admitted at the level that its namespace enforces', async () => {
      expect(await output(podSecurity.command, [], asInput(pod))).toBe('');
      const asRoot = { ...pod, spec: { ...pod.spec, securityContext: { runAsUser: 0 } } };
      expect(await output(podSecurity.command, [], asInput(asRoot))).toContain('runAsNonRoot != true');
    });

    it('gives a pod more time to end than its server takes', () => {
      const { containers, terminationGracePeriodSeconds } = pod.spec;
      const [graceS, drainS] = [secondsOf(containers[0].args, 'grace'), secondsOf(containers[0].args, 'drain-delay')];
      // A worker that has not ended a second after the grace is killed, and the log has three tenths.
      expect(terminationGracePeriodSeconds).toBeGreaterThanOrEqual(graceS + 2);
      const { livenessProbe, readinessProbe } = containers[0];
      // The drain delay is longer than a load balancer that asks as the readiness probe does takes to notice.
      expect(drainS).toBeGreaterThanOrEqual(readinessProbe.periodSeconds);
      // From the drain delay on the port takes no connection: the liveness probe has to bear that until the end.
      expect(livenessProbe.periodSeconds * livenessProbe.failureThreshold).toBeGreaterThan(graceS - drainS);
    });

    it('probes the port that the server has', () => {
      const [{ livenessProbe, ports, readinessProbe, startupProbe }] = pod.spec.containers;
      const port = ports.find(({ name }) => name === 'grpc')?.containerPort;
      expect([startupProbe, readinessProbe, livenessProbe].map(({ grpc }) => grpc)).toEqual([
        { port },
        { port },
        { port, service: 'liveness' },
      ]);
    });

    it('lets services, policies and monitors find the pods and their ports', () => {
      const { labels } = pod.metadata;
      const names = pod.spec.containers[0].ports.map(({ name }) => name);
      for (const service of ['iris', 'iris-headless']) {
        const { ports, selector } = specOf<ServiceSpec>(manifests, 'Service', service);
        expect(labels).toMatchObject(selector);
        for (const { targetPort } of ports) expect(names).toContain(targetPort);
      }
      const { ingress, podSelector } = specOf<NetworkPolicySpec>(manifests, 'NetworkPolicy');
      expect(labels).toMatchObject(podSelector.matchLabels);
      expect(ingress.flatMap(({ ports }) => ports.map(({ port }) => port)).sort()).toEqual(names.toSorted());
    });
  });

  it('give the model, its signature and a key to a server that takes no other', async () => {
    const overlay = 'test/deploy/overlays/signed-model';
    const yaml = await build(overlay);
    const { containers, volumes } = podOf(await validated(yaml)).spec;
    expect(containers[0].env).toEqual([{ name: 'IRIS_VERIFY_KEY', value: '/keys/pub.pem' }]);
    // The hash in the name of the key's map makes a new key a rollout: keys are read at the start alone.
    expect(volumes).toEqual([
      { name: 'keys', configMap: { name: expect.stringMatching(/^iris-keys-\w{10}$/) } },
      { name: 'model', configMap: { name: 'iris-model' } },
    ]);
    expect(yaml).toMatch(/ {2}iris\.json: \|\n[\s\S]*? {2}iris\.json\.sig: \|\n/);
    const folder = await mkdtemp(join(tmpdir(), 'iris-signed-'));
    try {
      await copyFile(`${ROOT}deploy/kubernetes/base/iris.json`, join(folder, 'iris.json'));
      await copyFile(`${ROOT}${overlay}/iris.json.sig`, join(folder, 'iris.json.sig'));
      const check = ['serve', '--check', '--model', join(folder, 'iris.json')];
      expect(await iris([...check, '--verify-key', `${ROOT}${overlay}/pub.pem`])).toMatchObject({ code: 0 });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('name every field of the deployment in docs/operations.md', async () => {
    const page = await read('docs/operations.md');
    const fields = await read('deploy/kubernetes/base/deployment.yaml');
    const settings = [...fields.matchAll(/^[ -]+(\w+):/gm)].map(([, name]) => name!);
    const wanted = settings.filter((name) => !structure.has(name));
    expect(wanted.filter((name) => !page.includes(`\`${name}`))).toEqual([]);
    expect(wanted).toContain('terminationGracePeriodSeconds');
  });
});

/** What gives a deployment its shape, or belongs to a setting that is named. */
const structure = new Set(
  `name labels selector matchLabels template metadata spec containers image ports containerPort volumes configMap args
   type rollingUpdate topologyKey maxSkew whenUnsatisfiable labelSelector mountPath readOnly resources
   grpc port service periodSeconds timeoutSeconds failureThreshold cpu memory drop`.split(/\s+/),
);

interface ServiceSpec {
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly targetPort: string }[];
}

interface NetworkPolicySpec {
  readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly ingress: readonly { readonly ports: readonly { readonly port: string }[] }[];
}

function asInput(pod: unknown): { input: string } {
  return { input: JSON.stringify(pod) };
}

function secondsOf(args: readonly string[], flag: string): number {
  const given = args.find((arg) => arg.startsWith(`--${flag}=`));
  if (given === undefined) throw new Error(`no --${flag}`);
  return parseDuration(given.slice(flag.length + 3)) / 1000;
}
