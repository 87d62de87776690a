import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../workspace.ts';
import { imageVariables } from './image.ts';
import { ofKind, workloads, type EnvironmentVariable, type Manifest, type Workload } from './manifest.ts';

interface Variable {
  readonly secret: boolean;
  readonly required: boolean;
  readonly type: string;
}

interface Definition {
  readonly variables: Readonly<Record<string, Variable>>;
}

/** The configuration that an app declares, and the function that would read it at the app's start. */
export interface AppConfiguration {
  readonly definition: Definition;
  /** @throws Error naming every variable that is missing or bad */
  readonly load: (environment: Readonly<Record<string, string>>) => Readonly<Record<string, unknown>>;
}

export type AppConfigurations = ReadonlyMap<string, AppConfiguration>;

/** The configurations of all apps that run as processes of their own, from their sources. */
export async function appConfigurations(): Promise<AppConfigurations> {
  const { loadConfig } = (await import(join(root, 'libs/config/src/index.ts'))) as {
    loadConfig: (definition: Definition, environment: Readonly<Record<string, string>>) => Record<string, unknown>;
  };
  const apps = readdirSync(join(root, 'apps')).filter((app) => app !== 'all-in-one');
  const entries = apps.map(async (app) => {
    const exported = (await import(join(root, `apps/${app}/src/${app}.config.ts`))) as Record<string, Definition>;
    const [, definition] = Object.entries(exported).find(([name]) => name.endsWith('ProcessConfig'))!;
    return [app, { definition, load: (variables) => loadConfig(definition, variables) }] as const satisfies [
      string,
      AppConfiguration,
    ];
  });
  return new Map(await Promise.all(entries));
}

/** What a variable that comes out of a secret may be like: what counts is that the app takes it. */
const samples: readonly [RegExp, string][] = [
  [/^DATABASE_URL$/, 'postgres://purser:password@postgres.example:5432/purser'],
  [/^NATS_URL$/, 'nats://user:password@nats.example:4222'],
  [/^REDIS_URL$/, 'rediss://user:password@redis.example:6379'],
  [/./, '0123456789abcdef0123456789abcdef'],
];

/** The literal variables of a workload: what the image sets, the config maps, and its own, each winning over the last. */
export function literalVariables(workload: Workload, manifests: readonly Manifest[]): Record<string, string> {
  const maps = ofKind(manifests, 'ConfigMap');
  const fromMaps = (workload.container.envFrom ?? []).map(
    ({ configMapRef }) => maps.find(({ metadata }) => metadata.name === configMapRef?.name)?.data ?? {},
  );
  const own = (workload.container.env ?? []).flatMap(({ name, value }) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.assign({}, imageVariables, ...fromMaps, Object.fromEntries(own)) as Record<string, string>;
}

/** What would be wrong with the environment of each workload at its start. */
export function environmentProblems(manifests: readonly Manifest[], apps: AppConfigurations): string[] {
  return workloads(manifests).flatMap((workload) => {
    const app = apps.get(workload.app);
    if (!app) return [`${workload.name}: there is no app ${workload.app}`];
    const problems = [
      ...unknownMaps(workload, manifests),
      ...undeclared(workload, manifests, app),
      ...openSecrets(workload, manifests, app),
      ...wrongReferences(workload, app),
      ...(workload.kind === 'Job' ? migrationProblems(workload) : startProblems(workload, manifests, app)),
    ];
    return problems.map((problem) => `${workload.name}: ${problem}`);
  });
}

function unknownMaps({ container }: Workload, manifests: readonly Manifest[]): string[] {
  const names = ofKind(manifests, 'ConfigMap').map(({ metadata }) => metadata.name);
  return (container.envFrom ?? []).flatMap(({ configMapRef }) => {
    if (!configMapRef) return ['takes variables from something that is no config map, so nobody sees which'];
    return names.includes(configMapRef.name) ? [] : [`there is no config map ${configMapRef.name}`];
  });
}

function undeclared(workload: Workload, manifests: readonly Manifest[], { definition }: AppConfiguration): string[] {
  const literal = Object.keys(literalVariables(workload, manifests)).filter((name) => !(name in imageVariables));
  const own = (workload.container.env ?? []).map(({ name }) => name);
  const unknown = [...new Set([...literal, ...own])].filter((name) => !(name in definition.variables));
  const twice = own.filter((name, index) => own.indexOf(name) !== index);
  return [
    ...unknown.map((name) => `the app knows no variable ${name}`),
    ...twice.map((name) => `${name} is set twice`),
  ];
}

function openSecrets(workload: Workload, manifests: readonly Manifest[], { definition }: AppConfiguration): string[] {
  const isSecret = (name: string) => (definition.variables[name]?.secret ?? false) || /_URL$/.test(name);
  const open = Object.keys(literalVariables(workload, manifests)).filter(isSecret);
  return open.map((name) => `${name} may hold a secret and stands in the open`);
}

function wrongReferences({ container }: Workload, { definition }: AppConfiguration): string[] {
  return (container.env ?? []).flatMap(({ name, value, valueFrom }: EnvironmentVariable) => {
    if (value !== undefined) return [];
    if (!valueFrom?.secretKeyRef) return [`${name} comes from neither a value nor a secret`];
    const may = valueFrom.secretKeyRef.optional ?? false;
    if (may && definition.variables[name]?.required) return [`${name} must be set, and its secret is optional`];
    return [];
  });
}

function startProblems(workload: Workload, manifests: readonly Manifest[], app: AppConfiguration): string[] {
  const secret = (workload.container.env ?? []).filter(({ valueFrom }) => valueFrom?.secretKeyRef);
  const sampled = secret.map(({ name }) => [name, samples.find(([pattern]) => pattern.test(name))![1]] as const);
  try {
    const loaded = app.load({ ...literalVariables(workload, manifests), ...Object.fromEntries(sampled) });
    const migrates = loaded['DATABASE_MIGRATE_AT_START'];
    return migrates === true ? ['migrates at its start, beside the job that does it'] : [];
  } catch (error) {
    return [String(error)];
  }
}

function migrationProblems({ app, container }: Workload): string[] {
  const [program, ...rest] = container.command ?? [];
  const script = rest.at(-1) ?? '';
  const source = script.replace('/dist/', '/src/').replace(/\.js$/, '.ts');
  const problems = [];
  if (program !== 'node' || script !== `apps/${app}/dist/migrate.js` || !existsSync(join(root, source))) {
    problems.push(`runs ${(container.command ?? []).join(' ')}, which is no migration of ${app}`);
  }
  if (!(container.env ?? []).some(({ name }) => name === 'DATABASE_URL')) problems.push('has no DATABASE_URL');
  return problems;
}

/** Every key of every secret that some workload refers to, as `secret/key`. */
export function secretKeys(manifests: readonly Manifest[]): string[] {
  const references = workloads(manifests).flatMap(({ container }) =>
    (container.env ?? []).flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []),
  );
  return [...new Set(references.map(({ name, key }) => `${name}/${key}`))].sort();
}
