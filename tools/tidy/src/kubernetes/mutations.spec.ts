import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocument, parse } from 'yaml';
import { root } from '../workspace.ts';
import { appConfigurations, environmentProblems, type AppConfigurations } from './environment.ts';
import { build } from './kustomization.ts';
import { nameOf, type Manifest } from './manifest.ts';
import { networkProblems, reach } from './network.ts';
import { confinementProblems, drainProblems, probeProblems, volumeProblems } from './pods.ts';
import { referenceProblems } from './references.ts';
import { schemaProblems } from './schema.ts';

const folder = join(root, 'deploy/kubernetes');
const { manifests } = build(join(folder, 'overlays/production'));
const container = ['spec', 'template', 'spec', 'containers', 0];
const defaults = { delayMs: 0, timeoutMs: 30_000 };

let apps: AppConfigurations;
beforeAll(async () => {
  apps = await appConfigurations();
});

type Path = readonly (string | number)[];

/** A copy in which one place of one manifest is another; `undefined` takes it out. */
function changed(name: string, path: Path, value: unknown): Manifest[] {
  const target = manifests.find((manifest) => nameOf(manifest) === name);
  if (!target) throw new Error(`There is no ${name}.`);
  const document = parseDocument(JSON.stringify(target));
  if (value === undefined ? !document.deleteIn(path) : (document.setIn(path, value), false)) {
    throw new Error(`${name} has no ${path.join('/')}.`);
  }
  return manifests.map((manifest) => (manifest === target ? (parse(String(document)) as Manifest) : manifest));
}

const checks: Readonly<Record<string, (set: readonly Manifest[]) => string[]>> = {
  confinement: confinementProblems,
  volumes: volumeProblems,
  probes: probeProblems,
  drains: (set) => drainProblems(set, defaults),
  environment: (set) => environmentProblems(set, apps),
  references: referenceProblems,
  network: networkProblems,
};

describe('the checks of deploy/kubernetes', () => {
  it.each<[check: string, manifest: string, path: Path, value: unknown, said: string]>([
    [
      'confinement',
      'Deployment budget',
      ['spec', 'template', 'spec', 'securityContext', 'runAsNonRoot'],
      false,
      'may run as root',
    ],
    [
      'confinement',
      'Deployment budget',
      ['spec', 'template', 'spec', 'securityContext', 'runAsUser'],
      0,
      "not run as the image's user",
    ],
    [
      'confinement',
      'Job migrate-reports',
      ['spec', 'template', 'spec', 'securityContext', 'seccompProfile'],
      undefined,
      'no seccomp profile',
    ],
    [
      'confinement',
      'Job migrate-budget',
      [...container, 'securityContext', 'capabilities', 'add'],
      ['NET_RAW'],
      'keeps capabilities',
    ],
    [
      'confinement',
      'StatefulSet web-gateway',
      [...container, 'securityContext', 'readOnlyRootFilesystem'],
      undefined,
      'can be written to',
    ],
    [
      'confinement',
      'StatefulSet web-gateway',
      [...container, 'securityContext', 'allowPrivilegeEscalation'],
      true,
      'may gain privileges',
    ],
    [
      'confinement',
      'Deployment reports',
      ['spec', 'template', 'spec', 'automountServiceAccountToken'],
      true,
      'mounts the token',
    ],
    [
      'confinement',
      'Deployment reports',
      ['spec', 'template', 'spec', 'serviceAccountName'],
      'nobody',
      'no service account nobody',
    ],
    [
      'confinement',
      'Deployment training',
      [...container, 'resources', 'limits', 'memory'],
      undefined,
      'no request of memory',
    ],
    ['confinement', 'Deployment training', [...container, 'resources', 'requests', 'cpu'], '4', 'no request of cpu'],
    ['volumes', 'Deployment budget', [...container, 'volumeMounts', 0, 'name'], 'date', 'there is no volume date'],
    [
      'volumes',
      'StatefulSet web-gateway',
      [...container, 'volumeMounts', 0, 'mountPath'],
      '/journal',
      'PURSER_DATA_DIR does not last',
    ],
    [
      'probes',
      'Deployment budget',
      [...container, 'readinessProbe', 'httpGet', 'path'],
      '/health',
      'does not ask for /health/ready',
    ],
    [
      'probes',
      'Deployment budget',
      [...container, 'livenessProbe', 'httpGet', 'port'],
      'metrics',
      'does not ask for /health/live',
    ],
    ['probes', 'Deployment reports', [...container, 'ports', 0, 'containerPort'], 8080, 'port 8080, not 3000'],
    [
      'drains',
      'StatefulSet web-gateway',
      ['spec', 'template', 'spec', 'terminationGracePeriodSeconds'],
      150,
      'is killed after 150000 ms',
    ],
    [
      'drains',
      'Deployment training',
      ['spec', 'template', 'spec', 'terminationGracePeriodSeconds'],
      undefined,
      'is killed after 30000 ms',
    ],
    ['drains', 'ConfigMap web-gateway', ['data', 'DRAIN_TIMEOUT_MS'], '600000', 'drains up to 630000'],
    ['drains', 'ConfigMap web-gateway', ['data', 'DRAIN_DELAY_MS'], undefined, 'before its service has noticed'],
    ['environment', 'Deployment budget', [...container, 'env', 0], undefined, 'DATABASE_URL: is not set'],
    [
      'environment',
      'StatefulSet web-gateway',
      [...container, 'env', 0, 'name'],
      'NATS_URLS',
      'knows no variable NATS_URLS',
    ],
    ['environment', 'ConfigMap reports', ['data', 'DATABASE_POOL_MAX'], 'many', 'DATABASE_POOL_MAX: read "many"'],
    [
      'environment',
      'ConfigMap reports',
      ['data', 'PURSER_SOURCE_ROOTS'],
      '/x',
      'knows no variable PURSER_SOURCE_ROOTS',
    ],
    [
      'environment',
      'ConfigMap budget',
      ['data', 'PURSER_ADMIN_KEY'],
      'x'.repeat(32),
      'PURSER_ADMIN_KEY may hold a secret',
    ],
    ['environment', 'ConfigMap budget', ['data', 'DATABASE_MIGRATE_AT_START'], undefined, 'migrates at its start'],
    [
      'environment',
      'Deployment budget',
      [...container, 'env', 0, 'valueFrom', 'secretKeyRef', 'optional'],
      true,
      'its secret is optional',
    ],
    [
      'environment',
      'Deployment budget',
      [...container, 'envFrom', 0, 'configMapRef', 'name'],
      'budgets',
      'there is no config map budgets',
    ],
    [
      'environment',
      'Job migrate-budget',
      [...container, 'command', 2],
      'apps/budget/dist/migrations.js',
      'is no migration of budget',
    ],
    ['references', 'Service web-gateway', ['spec', 'ports', 0, 'targetPort'], 'https', 'has no port https'],
    [
      'references',
      'Service web-gateway',
      ['spec', 'selector', 'app.kubernetes.io/name'],
      'gateway',
      'has 0 workloads behind it',
    ],
    [
      'references',
      'Service web-gateway',
      ['spec', 'selector'],
      { 'app.kubernetes.io/component': 'service' },
      'has 4 workloads behind it',
    ],
    [
      'references',
      'Service web-gateway-pods',
      ['spec', 'clusterIP'],
      undefined,
      'no headless service web-gateway-pods',
    ],
    [
      'references',
      'Deployment budget',
      ['spec', 'selector', 'matchLabels'],
      { 'app.kubernetes.io/name': 'budget' },
      'selects the pods of Deployment budget, Job',
    ],
    ['references', 'Deployment budget', ['spec', 'strategy', 'rollingUpdate', 'maxUnavailable'], 1, 'takes a pod away'],
    ['references', 'Deployment budget', ['spec', 'replicas'], 2, 'which its autoscaler decides'],
    [
      'references',
      'StatefulSet web-gateway',
      ['spec', 'persistentVolumeClaimRetentionPolicy', 'whenScaled'],
      'Delete',
      'throws the journals',
    ],
    ['references', 'HorizontalPodAutoscaler reports', ['spec', 'scaleTargetRef', 'name'], 'report', 'scales nothing'],
    ['references', 'HorizontalPodAutoscaler reports', ['spec', 'minReplicas'], 1, 'no two replicas'],
    [
      'references',
      'PodDisruptionBudget training',
      ['spec', 'selector', 'matchLabels', 'app.kubernetes.io/name'],
      'teaching',
      'about 0 workloads',
    ],
    [
      'references',
      'Deployment reports',
      ['spec', 'template', 'spec', 'topologySpreadConstraints', 0],
      undefined,
      'not spread by topology.kubernetes.io/zone',
    ],
    ['references', 'Ingress web-gateway', ['spec', 'rules', 0, 'http', 'paths', 0, 'path'], '/', 'is to stay inside'],
    [
      'references',
      'Ingress web-gateway',
      ['spec', 'rules', 0, 'http', 'paths', 0, 'backend', 'service', 'name'],
      'gateway',
      'leads to no port',
    ],
    ['network', 'NetworkPolicy default-deny', ['spec', 'policyTypes'], ['Ingress'], 'no policy denies'],
    [
      'network',
      'NetworkPolicy clients',
      ['spec', 'podSelector', 'matchLabels', 'app.kubernetes.io/name'],
      'gateway',
      'is about nobody',
    ],
    ['network', 'NetworkPolicy clients', ['spec', 'ingress', 0, 'from'], undefined, 'lets everybody in'],
    [
      'network',
      'NetworkPolicy providers',
      ['spec', 'egress', 0, 'to', 0, 'ipBlock', 'except', 3],
      undefined,
      'out to 169.254.0.0/16',
    ],
    [
      'network',
      'NetworkPolicy providers',
      ['spec', 'egress', 0, 'to', 1, 'ipBlock', 'except'],
      undefined,
      'out to fc00::/7',
    ],
    [
      'network',
      'NetworkPolicy monitoring',
      ['spec', 'ingress', 0, 'ports', 0, 'port'],
      'metrics',
      'has no port metrics',
    ],
  ])('of its %s see a %s with %j of %j', (check, manifest, path, value, said) => {
    expect(checks[check]!(manifests)).toEqual([]);
    expect(checks[check]!(changed(manifest, path, value))).toContainEqual(expect.stringContaining(said));
  });

  it('see a service that could reach PostgreSQL and should not', () => {
    const values = ['budget', 'reports', 'training', 'web-gateway'];
    const open = changed('NetworkPolicy postgresql', ['spec', 'podSelector', 'matchExpressions', 0, 'values'], values);
    expect(reach(open)['StatefulSet web-gateway']).toContain('egress 5432');
    expect(reach(manifests)['StatefulSet web-gateway']).not.toContain('egress 5432');
  });

  it.each<[manifest: string, path: Path, value: unknown, said: string]>([
    ['Deployment budget', ['spec', 'replica'], 2, '/spec/replica: unknown field'],
    ['Deployment budget', [...container, 'livenessProbe', 'httpGet', 'paths'], '/', '/httpGet/paths: unknown field'],
    [
      'Deployment budget',
      [...container, 'ports', 0, 'containerPort'],
      '3000',
      'containerPort: type {"type":"integer"}',
    ],
    ['Deployment budget', ['spec', 'selector'], undefined, '/spec: required'],
    [
      'Deployment budget',
      [...container, 'resources', 'limits', 'memory'],
      '512MB',
      'memory: format {"format":"quantity"}',
    ],
    ['StatefulSet web-gateway', ['spec', 'podManagementPolicy'], 'Serial', 'podManagementPolicy: enum'],
    ['PodDisruptionBudget budget', ['spec', 'maxUnavailables'], 1, '/spec/maxUnavailables: unknown field'],
  ])('hold a %s to its schema: %j', async (name, path, value, said) => {
    const manifest = changed(name, path, value).find((each) => nameOf(each) === name)!;
    expect((await schemaProblems(manifest)).join('\n')).toContain(said);
  });
});

describe('the builder of kustomizations', () => {
  const made = mkdtempSync(join(tmpdir(), 'purser-kustomization-'));
  afterAll(() => rmSync(made, { recursive: true }));

  it.each([
    ['namePrefix: new-', 'has namePrefix, which these checks can'],
    ['resources: [nothing.yaml]', 'ENOENT'],
    [
      'configMapGenerator: [{ name: budget, literals: [DRAIN_DELAY_MS] }]',
      'DRAIN_DELAY_MS of config map budget is not',
    ],
    [
      'configMapGenerator: [{ name: budget, behavior: merge, literals: [A=1] }]',
      'Nothing is there to patch: ConfigMap budget',
    ],
  ])('refuses %s, instead of leaving it out', (text, said) => {
    writeFileSync(join(made, 'kustomization.yaml'), `${text}\n`);
    expect(() => build(made)).toThrow(said);
  });

  it('refuses a patch whose target is not there', () => {
    const component = join(folder, 'components/work-effort-folders');
    expect(() => build(component)).toThrow('Nothing is there to patch: Deployment training');
  });
});
