import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import type { Labels, Manifest } from './manifest.ts';

interface Kustomization {
  readonly apiVersion: string;
  readonly kind: 'Kustomization' | 'Component';
  readonly namespace?: string;
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly configMapGenerator?: readonly GeneratedMap[];
  readonly images?: readonly { readonly name: string; readonly newName?: string; readonly newTag?: string }[];
  readonly patches?: readonly { readonly path: string }[];
}

interface GeneratedMap {
  readonly name: string;
  readonly namespace?: string;
  readonly behavior?: 'create' | 'merge';
  readonly literals: readonly string[];
}

const known = new Set([
  ...['apiVersion', 'kind', 'namespace', 'resources', 'components', 'configMapGenerator', 'images', 'patches'],
]);

/** What a kustomization makes, and the files that it reads. */
export interface Built {
  readonly manifests: readonly Manifest[];
  readonly files: readonly string[];
}

/**
 * Builds a folder as `kustomize build` does, as far as deploy/kubernetes goes, so that its checks need no such program;
 * where there is one, a test holds both to the same result. Generated config maps keep their names: no suffix.
 *
 * @throws Error for a field, a file or a patch's target that it can't make sense of
 */
export function build(folder: string, given: readonly Manifest[] = []): Built {
  const path = join(folder, 'kustomization.yaml');
  const kustomization = parse(readFileSync(path, 'utf8')) as Kustomization;
  const unknown = Object.keys(kustomization).filter((field) => !known.has(field));
  if (unknown.length > 0) throw new Error(`${path} has ${unknown.join(', ')}, which these checks can't build.`);
  const files = [path];
  let manifests = [...given];
  for (const resource of kustomization.resources ?? []) {
    const built = resource.endsWith('.yaml') ? read(join(folder, resource)) : build(join(folder, resource));
    manifests.push(...built.manifests);
    files.push(...built.files);
  }
  for (const component of kustomization.components ?? []) {
    const built = build(join(folder, component), manifests);
    manifests = [...built.manifests];
    files.push(...built.files);
  }
  for (const map of kustomization.configMapGenerator ?? []) manifests = withMap(manifests, map);
  for (const patch of kustomization.patches ?? []) {
    const change = read(join(folder, patch.path));
    for (const each of change.manifests) manifests = patched(manifests, each);
    files.push(...change.files);
  }
  manifests = manifests.map((manifest) => withImages(manifest, kustomization.images ?? []));
  const { namespace } = kustomization;
  if (namespace !== undefined) manifests = manifests.map((manifest) => inNamespace(manifest, namespace));
  return { manifests, files };
}

function read(path: string): Built {
  const documents = parseAllDocuments(readFileSync(path, 'utf8'), { strict: true, uniqueKeys: true });
  const broken = documents.flatMap(({ errors }) => errors);
  if (broken.length > 0) throw new Error(`${path}: ${broken[0]!.message}`);
  return { manifests: documents.map((document) => document.toJS() as Manifest), files: [path] };
}

function withMap(manifests: readonly Manifest[], { name, namespace, behavior, literals }: GeneratedMap): Manifest[] {
  const data: Labels = Object.fromEntries(
    literals.map((literal) => {
      const at = literal.indexOf('=');
      if (at < 1) throw new Error(`The literal ${literal} of config map ${name} is not NAME=value.`);
      return [literal.slice(0, at), literal.slice(at + 1)];
    }),
  );
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
  return behavior === 'merge' ? patched(manifests, map) : [...manifests, map];
}

function patched(manifests: readonly Manifest[], patch: Manifest): Manifest[] {
  const isTarget = ({ kind, apiVersion, metadata }: Manifest) =>
    kind === patch.kind && apiVersion === patch.apiVersion && metadata.name === patch.metadata.name;
  if (!manifests.some(isTarget)) throw new Error(`Nothing is there to patch: ${patch.kind} ${patch.metadata.name}.`);
  return manifests.map((manifest) => (isTarget(manifest) ? (merged(manifest, patch) as Manifest) : manifest));
}

/** A strategic merge: null removes, lists of things with names go by names, other lists are replaced. */
function merged(base: unknown, patch: unknown): unknown {
  if (isNamed(base) && isNamed(patch)) {
    const isNew = ({ name }: { name: string }) => !base.some((each) => each.name === name);
    const changed = base.map((each) => {
      const change = patch.find(({ name }) => name === each.name);
      return change ? merged(each, change) : each;
    });
    return [...patch.filter(isNew), ...changed];
  }
  if (!isObject(base) || !isObject(patch)) return patch;
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = key in base ? merged(base[key], value) : value;
  }
  return result;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNamed(value: unknown): value is { name: string }[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => isObject(item) && 'name' in item);
}

function withImages(manifest: Manifest, images: NonNullable<Kustomization['images']>): Manifest {
  const replaced = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(replaced);
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, key === 'image' ? imageOf(inner as string) : replaced(inner)]),
    );
  };
  const imageOf = (image: string): string => {
    const [name, tag] = image.split(':') as [string, string?];
    const change = images.find((each) => each.name === name);
    const newTag = change?.newTag ?? tag;
    return `${change?.newName ?? name}${newTag === undefined ? '' : `:${newTag}`}`;
  };
  return replaced(manifest) as Manifest;
}

function inNamespace(manifest: Manifest, namespace: string): Manifest {
  const { metadata } = manifest;
  const renamed = manifest.kind === 'Namespace' ? { ...metadata, name: namespace } : { ...metadata, namespace };
  return { ...manifest, metadata: renamed };
}
