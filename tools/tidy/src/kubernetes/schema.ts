import type { Manifest } from './manifest.ts';

interface SchemaError {
  readonly instancePath: string;
  readonly message?: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

interface Schema {
  readonly validate: { (value: unknown): boolean; errors?: readonly SchemaError[] | null };
}

/**
 * What Kubernetes' own OpenAPI schema (compiled, in the package kubernetes-models) has against a manifest, each with its
 * path. Strict: a field that the schema has no rule for is refused as well, as the API server's strict validation does.
 */
export async function schemaProblems(manifest: Manifest): Promise<string[]> {
  const { validate } = await schemaOf(manifest);
  const { proxy, unread } = watched(manifest, '');
  const valid = validate(proxy);
  const errors = valid ? [] : (validate.errors ?? []);
  const said = errors.map(({ instancePath, message, keyword, params }) => {
    return `${instancePath || '/'}: ${message ?? keyword} ${JSON.stringify(params)}`;
  });
  return [...said, ...unread().map((path) => `${path}: unknown field`)];
}

/** `apps/v1` and `Deployment` are `IoK8sApiAppsV1Deployment`. */
async function schemaOf({ apiVersion, kind }: Manifest): Promise<Schema> {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
  const parts = [group!.split('.')[0]!, version!].map((part) => part[0]!.toUpperCase() + part.slice(1));
  return (await import(`kubernetes-models/_schemas/IoK8sApi${parts.join('')}${kind}`)) as Schema;
}

/**
 * `value`, seen by somebody who is watched. The compiled schemas read every field that they have a rule for, and no
 * other; so what was never read is unknown to them.
 */
function watched(value: unknown, path: string): { proxy: unknown; unread: () => string[] } {
  if (typeof value !== 'object' || value === null) return { proxy: value, unread: () => [] };
  const seen = new Map<string, ReturnType<typeof watched>>();
  const proxy = new Proxy(value, {
    get(target, key) {
      const inner: unknown = Reflect.get(target, key);
      if (typeof key === 'symbol' || !Object.hasOwn(target, key)) return inner;
      if (!seen.has(key)) seen.set(key, watched(inner, `${path}/${key}`));
      return seen.get(key)!.proxy;
    },
  });
  const unread = () => {
    const unseen = Object.keys(value).filter((key) => !seen.has(key) && !Array.isArray(value));
    return [...unseen.map((key) => `${path}/${key}`), ...[...seen.values()].flatMap((inner) => inner.unread())];
  };
  return { proxy, unread };
}
