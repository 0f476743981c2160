import { ROOT } from '../e2e/cli.js';
import { output } from '../interop/tools.js';
import { cache, kustomize, python } from './tools.js';

/** Releases of Kubernetes whose schemas the manifests have to fit: an old one and the newest that the package has. */
const releases = ['1.33.1', '1.37.0'];

export interface Probe {
  readonly grpc?: { readonly port: number; readonly service?: string };
  readonly httpGet?: { readonly path: string; readonly port: number };
  readonly periodSeconds: number;
  readonly failureThreshold: number;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly ports: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly resources: { readonly limits: { readonly memory: string } };
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly securityContext: {
    readonly allowPrivilegeEscalation: boolean;
    readonly readOnlyRootFilesystem: boolean;
    readonly runAsUser?: number;
  };
}

export interface Pod {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly containers: readonly [Container];
    readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number };
    readonly terminationGracePeriodSeconds: number;
    readonly volumes: readonly unknown[];
  };
}

export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: unknown;
}

/** The manifests of an overlay as kustomize builds them: a stream of YAML. */
export function build(overlay: string): Promise<string> {
  return output(kustomize.command, ['build', `${ROOT}${overlay}`]);
}

/** Manifests that fit the schemas of all releases; otherwise it fails. */
export async function validated(yaml: string): Promise<readonly Manifest[]> {
  const script = `${ROOT}test/deploy/validate.py`;
  const lines = await output(python.command, [script, `${cache}/crds`, ...releases], { input: yaml });
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** What one manifest specifies. */
export function specOf<Spec>(manifests: readonly Manifest[], kind: string, name = 'iris'): Spec {
  const found = manifests.find(({ kind: other, metadata }) => other === kind && metadata.name === name);
  if (!found) throw new Error(`no ${kind} ${name}`);
  return found.spec as Spec;
}

/** The pods of the deployment. */
export function podOf(manifests: readonly Manifest[]): Pod {
  return specOf<{ template: Pod }>(manifests, 'Deployment').template;
}
