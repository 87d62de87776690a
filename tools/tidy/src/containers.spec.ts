import { describe, expect, it } from '@jest/globals';
import { parseDockerfile } from '@purser/setup/dockerfile';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projects, root, writtenFiles } from './workspace.ts';

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string; readonly args: { readonly APP: string } };
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[]; readonly interval: string; readonly retries: number };
  readonly deploy?: { readonly resources: { readonly limits: Readonly<Record<string, unknown>> } };
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly cap_drop?: readonly string[];
  readonly read_only?: boolean;
  readonly stop_grace_period?: string;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, unknown>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const compose = parse(text, { merge: true }) as Compose;
const all = Object.entries(compose.services);
const apps = all.filter(([, { build }]) => build);
const stages = parseDockerfile(readFileSync(join(root, 'deploy/Dockerfile'), 'utf8'));
const image = stages.at(-1)!;

/** The names of the variables that an app declares, or that the libraries declare for it. */
function declaredVariables(app: string): Set<string> {
  const files = [join(root, 'apps', app, 'src'), join(root, 'libs')]
    .flatMap(writtenFiles)
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'));
  const declaration =
    /^\s*([A-Z][A-Z0-9_]+): (?:string|secret|integer|number|milliseconds|bytes|boolean|enumeration|url)/gm;
  return new Set(
    files.flatMap((path) => [...readFileSync(path, 'utf8').matchAll(declaration)].map(([, name]) => name!)),
  );
}

/** What the image sets for every app, by name. */
const imageVariables = image.instructions
  .filter(({ name }) => name === 'ENV')
  .flatMap(({ args }) => args[0]!.split(/\s+/).map((pair) => pair.split('=')[0]!));

/** The exit codes of a health check's command beside a service that is ready, and beside one that is not. */
async function askedAboutHealth([command, ...args]: readonly string[]): Promise<{ ready: number; unready: number }> {
  let status = 200;
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/health/ready' ? status : 404).end();
  }).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const PORT = String((server.address() as AddressInfo).port);
    const ask = async (): Promise<number> => {
      const child = spawn(command === 'node' ? process.execPath : command!, args, { env: { PORT }, stdio: 'ignore' });
      const [code] = (await once(child, 'exit')) as [number];
      return code;
    };
    const ready = await ask();
    status = 503;
    return { ready, unready: await ask() };
  } finally {
    server.close();
  }
}

describe('docker-compose.yml', () => {
  it('has PostgreSQL, NATS with JetStream, a cache, and the four services', () => {
    expect(all.map(([name]) => name).sort()).toEqual(
      ['budget', 'nats', 'postgres', 'redis', 'reports', 'training', 'web-gateway'].sort(),
    );
    expect(compose.services['postgres']?.image).toBe('postgres:18');
    expect(compose.services['nats']?.image).toMatch(/^nats:2\.12/);
    expect(text).toContain('--jetstream');
  });

  it.each(apps)('builds %s from the one Dockerfile', (name, { build }) => {
    expect(build).toEqual({ context: '.', dockerfile: 'deploy/Dockerfile', args: { APP: name } });
    expect(projects().map((project) => `${project.kind}/${project.name}`)).toContain(`apps/${name}`);
  });

  it.each(all)('limits %s, checks its health and keeps its data, if it is no cache', (name, service) => {
    expect(service.deploy?.resources.limits).toEqual({
      cpus: expect.stringMatching(/^\d+(\.\d+)?$/),
      memory: expect.stringMatching(/^\d+[mg]$/),
      pids: expect.any(Number),
    });
    expect(service.healthcheck).toMatchObject({
      interval: expect.stringMatching(/^\d+s$/),
      retries: expect.any(Number),
    });
    const volumes = (service.volumes ?? []).map((volume) => volume.split(':')[0]!);
    expect(volumes.length > 0).toBe(name !== 'redis');
    expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(volumes));
    expect(Object.keys(compose.networks)).toEqual(expect.arrayContaining([...(service.networks ?? [])]));
  });

  it.each(apps)('asks %s whether it is ready', async (_name, { healthcheck }) => {
    const [form, ...command] = healthcheck!.test;
    expect(form).toBe('CMD');
    expect(await askedAboutHealth(command)).toEqual({ ready: 0, unready: 1 });
  });

  it.each(apps)('gives %s only variables that it knows', (name, { environment = {} }) => {
    const unknown = Object.keys(environment).filter((variable) => !declaredVariables(name).has(variable));
    expect(unknown).toEqual([]);
  });

  it.each(apps)('waits for what %s needs, confines it and lets it drain', (_name, service) => {
    const needed = Object.entries(service.depends_on ?? {});
    expect(needed.map(([other]) => other)).toContain('nats');
    expect(
      needed.every(([other, { condition }]) => condition === 'service_healthy' && compose.services[other]),
    ).toBeTruthy();
    expect(service).toMatchObject({ cap_drop: ['ALL'], read_only: true });
    expect(Number.parseInt(service.stop_grace_period ?? '0')).toBeGreaterThan(30);
  });

  it('gives the gateway no way to the database, the world a way to the gateway alone, and a way out to those who call others', () => {
    expect(compose.services['web-gateway']?.environment).not.toHaveProperty('DATABASE_URL');
    expect(all.filter(([, { ports }]) => ports).map(([name]) => name)).toEqual(['web-gateway']);
    expect(all.filter(([, { networks }]) => networks?.includes('outside')).map(([name]) => name)).toEqual([
      'training',
      'web-gateway',
    ]);
  });

  it('holds no secret and has no default for one', () => {
    const secrets = [...text.matchAll(/\$\{(\w*(?:PASSWORD|KEY|SECRET|TOKEN)\w*)(:\?[^}]+)?\}/g)];
    expect(secrets.map(([, name]) => name)).toEqual(expect.arrayContaining(['POSTGRES_PASSWORD', 'PURSER_MASTER_KEY']));
    expect(secrets.filter(([, , message]) => !message)).toEqual([]);
    const literal = all.flatMap(([, { environment = {} }]) =>
      Object.entries(environment).filter(
        ([name, value]) => /PASSWORD|KEY|SECRET|TOKEN/.test(name) && !value.includes('${'),
      ),
    );
    expect(literal).toEqual([]);
  });
});

describe('deploy/Dockerfile', () => {
  const instructions = (name: string) => image.instructions.filter((each) => each.name === name);

  it('ends in a stage of its own, which carries neither the build nor its tools', () => {
    expect(stages.length).toBeGreaterThan(2);
    expect(stages.map(({ name }) => name)).not.toContain(image.from);
    expect(instructions('RUN')).toEqual([]);
    expect(instructions('COPY').map(({ flags }) => flags['from'])).toEqual(['production', 'production']);
    const installed = stages.find(({ name }) => name === 'production')!.instructions.flatMap(({ args }) => args);
    expect(installed.find((step) => step.includes('npm ci'))).toContain('--omit=dev');
  });

  it('runs as a user that is not root, by number', () => {
    expect(instructions('USER').map(({ args }) => args[0])).toEqual([expect.stringMatching(/^[1-9]\d+:[1-9]\d+$/)]);
  });

  it('listens everywhere, keeps its data in a volume and never simulates', () => {
    expect(instructions('ENV').flatMap(({ args }) => args[0]!.split(/\s+/))).toEqual(
      expect.arrayContaining(['HOST=0.0.0.0', 'PURSER_DATA_DIR=/data', 'PURSER_SIMULATOR=off', 'NODE_ENV=production']),
    );
    expect(instructions('VOLUME').map(({ args }) => args[0])).toEqual(['/data']);
  });

  it('checks its health by /health/ready, with what is in the image', async () => {
    const [check] = instructions('HEALTHCHECK');
    expect(await askedAboutHealth(check!.args)).toEqual({ ready: 0, unready: 1 });
  });

  it('starts any app, as the process that gets the signals', () => {
    const [entrypoint] = instructions('ENTRYPOINT');
    expect(entrypoint!.args.slice(0, 2)).toEqual(['sh', '-c']);
    expect(entrypoint!.args[2]).toMatch(/^exec node --enable-source-maps "apps\/\$APP\/dist\/main\.js" "\$@"$/);
    expect(imageVariables).toContain('APP');
  });
});
