import { beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { projects, root, writtenFiles } from '../workspace.ts';
import { appConfigurations, environmentProblems, secretKeys, type AppConfigurations } from './environment.ts';
import { build, type Built } from './kustomization.ts';
import { nameOf, ofKind, workloads, type Manifest } from './manifest.ts';
import { networkProblems, reach } from './network.ts';
import { confinementProblems, drainProblems, probeProblems, volumeProblems, type DrainDefaults } from './pods.ts';
import { referenceProblems } from './references.ts';
import { schemaProblems } from './schema.ts';

const folder = join(root, 'deploy/kubernetes');
const base = build(join(folder, 'base'));
const production = build(join(folder, 'overlays/production'));
const withFolders = build(join(folder, 'components/work-effort-folders'), base.manifests);
const sets: [string, Built][] = [
  ['the base', base],
  ['the production overlay', production],
  ['the base with folders of work efforts', withFolders],
];

let apps: AppConfigurations;
let defaults: DrainDefaults;
beforeAll(async () => {
  apps = await appConfigurations();
  const { variables } = apps.get('web-gateway')!.definition as unknown as {
    variables: Record<string, { default: number }>;
  };
  defaults = { delayMs: variables['DRAIN_DELAY_MS']!.default, timeoutMs: variables['DRAIN_TIMEOUT_MS']!.default };
});

/** All that is wrong with a set of manifests, the schema apart. */
function problemsOf(manifests: readonly Manifest[]): string[] {
  return [
    ...confinementProblems(manifests),
    ...volumeProblems(manifests),
    ...probeProblems(manifests),
    ...drainProblems(manifests, defaults),
    ...environmentProblems(manifests, apps),
    ...referenceProblems(manifests),
    ...networkProblems(manifests),
  ];
}

describe.each(sets)('%s', (_name, { manifests }) => {
  it.each(manifests.map((manifest) => [nameOf(manifest), manifest] as const))(
    'has %s as the schema of Kubernetes wants it, and no field beside',
    async (_manifest, manifest) => {
      expect(await schemaProblems(manifest)).toEqual([]);
    },
  );

  it('names nothing that is not there, and leaves out nothing that an app needs', () => {
    expect(problemsOf(manifests)).toEqual([]);
  });

  it('runs each app, and migrates each schema by a job', () => {
    const names = projects().flatMap(({ kind, name }) => (kind === 'apps' && name !== 'all-in-one' ? [name] : []));
    const migrated = names.filter((app) =>
      writtenFiles(join(root, 'apps', app, 'src')).some((path) => path.endsWith('/migrate.ts')),
    );
    const made = workloads(manifests).map(({ name }) => name);
    const gateway = 'StatefulSet web-gateway';
    const deployments = names.filter((app) => app !== 'web-gateway').map((app) => `Deployment ${app}`);
    const jobs = migrated.map((app) => `Job migrate-${app}`);
    expect(made.sort()).toEqual([...deployments, gateway, ...jobs].sort());
  });

  it('lets gateways and training alone out, the services with a schema alone to PostgreSQL, and all to NATS and Redis', () => {
    const probed = ['ingress http from purser/role=monitoring'];
    const clients = ['ingress http from purser/role=ingress', ...probed];
    const service = ['egress 4222', 'egress 53', 'egress 5432', 'egress 6379', ...probed];
    const job = ['egress 53', 'egress 5432'];
    expect(reach(manifests)).toEqual({
      'StatefulSet web-gateway': ['egress 4222', 'egress 443', 'egress 53', 'egress 6379', ...clients],
      ...{ 'Deployment budget': service, 'Deployment reports': service },
      'Deployment training': ['egress 4222', 'egress 443', 'egress 53', 'egress 5432', 'egress 6379', ...probed],
      ...{ 'Job migrate-budget': job, 'Job migrate-reports': job, 'Job migrate-training': job },
    });
  });

  it('holds no secret, and every key of one that it refers to is in the README, as are no others', () => {
    expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    const rows = readFileSync(join(folder, 'README.md'), 'utf8').matchAll(/^\| `(purser-[\w-]+)` +\| `([\w-]+)` +\|/gm);
    const documented = [...rows].map(([, secret, key]) => `${secret}/${key}`);
    expect(documented.sort()).toEqual(secretKeys(manifests));
  });
});

describe('deploy/kubernetes', () => {
  it('has no file that nothing builds', () => {
    const built = new Set(sets.flatMap(([, { files }]) => files).map((file) => join(file)));
    const idle = writtenFiles(folder).filter((file) => file.endsWith('.yaml') && !built.has(file));
    expect(idle).toEqual([]);
  });

  it('pins in production every image that the base names, each to a registry and a version', () => {
    const images = (manifests: readonly Manifest[]) =>
      [...new Set(workloads(manifests).map(({ container }) => container.image))].sort();
    expect(images(base.manifests)).toEqual([...apps.keys()].map((app) => `purser-${app}`).sort());
    expect(images(production.manifests)).toEqual(
      [...apps.keys()]
        .map((app) => expect.stringMatching(RegExp(`^[\\w.-]+\\.[a-z]+/.*${app}:\\d+\\.\\d+\\.\\d+$`)))
        .sort(),
    );
  });

  it('opens to clients the API and its description, and neither probes nor metrics', () => {
    const paths = ofKind(production.manifests, 'Ingress').flatMap(({ spec }) =>
      spec.rules.flatMap(({ http }) => http.paths.map(({ path }) => path)),
    );
    expect(paths.sort()).toEqual(['/api/v1', '/docs', '/openapi.json', '/v1']);
  });

  it('keeps all of it in one namespace, which refuses what is not restricted', () => {
    const [namespace] = ofKind(production.manifests, 'Namespace');
    expect(namespace?.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    const others = production.manifests.filter(({ kind }) => kind !== 'Namespace');
    expect(new Set(others.map(({ metadata }) => metadata.namespace))).toEqual(new Set([namespace?.metadata.name]));
  });
});

/** kustomize itself, where there is one of version 5 or newer: by itself, or in kubectl. */
function kustomize(): readonly string[] | undefined {
  const version = (command: string, ...args: string[]) => spawnSync(command, args, { encoding: 'utf8' }).stdout ?? '';
  if (/v(?:[5-9]|\d\d)\./.test(version('kustomize', 'version'))) return ['kustomize', 'build'];
  if (/Kustomize Version: v(?:[5-9]|\d\d)\./.test(version('kubectl', 'version', '--client')))
    return ['kubectl', 'kustomize'];
  return undefined;
}

// A second opinion on the builder, not a need of the checks: no version of Debian's has it, so CI may go without.
const program = kustomize();
const [compare, title] = program
  ? [it, 'kustomize makes the same of %s']
  : [
      it.skip,
      'kustomize makes the same of %s (skipped, needs kubectl or kustomize with version 5 or newer of kustomize)',
    ];

compare.each(['base', 'overlays/production'])(title, (path) => {
  const [command, ...args] = program!;
  const { stdout, stderr } = spawnSync(command!, [...args, join(folder, path)], { encoding: 'utf8' });
  expect(stderr).toBe('');
  // Config maps are named by their content there, and so are the references to them.
  const named = stdout.replaceAll(/(name: (?:budget|reports|training|web-gateway))-[a-z0-9]{10}$/gm, '$1');
  const theirs = parseAllDocuments(named).map((document) => document.toJS() as Manifest);
  const byName = (manifests: readonly Manifest[]) => new Map(manifests.map((manifest) => [nameOf(manifest), manifest]));
  expect(byName(theirs)).toEqual(byName(build(join(folder, path)).manifests));
});
