import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/** The repository's root. */
export const root = resolve(import.meta.dirname, '../../..');

/** What the rules read of a project's package.json. */
export interface Manifest {
  readonly name: string;
  /** What other projects may import: a file, or a file per condition, by subpath. */
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  /** What whoever stands on it brings. */
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** One npm workspace: an app, a library or a tool. */
export interface Project {
  readonly kind: 'apps' | 'libs' | 'tools';
  /** Its folder's name, which is also its package's name without the scope. */
  readonly name: string;
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Reads a JSON file; throws when there is none or it is not JSON. */
export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

/** Every project of the workspace, read anew at each call. */
export function projects(): readonly Project[] {
  return (['libs', 'apps', 'tools'] as const).flatMap((kind) =>
    readdirSync(join(root, kind), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(root, kind, entry.name, 'package.json')))
      .map(({ name }) => {
        const folder = join(root, kind, name);
        return { kind, name, folder, manifest: readJson<Manifest>(join(folder, 'package.json')) };
      }),
  );
}

const unwritten = new Set(['node_modules', 'dist', 'coverage', '.git', '.nx', '.purser', '.setup']);

/** The files that people write, as absolute paths, below a folder; what tools make is left out. */
export function writtenFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return unwritten.has(entry.name) ? [] : writtenFiles(path);
    return entry.isFile() ? [path] : [];
  });
}

/** A path as people write it in messages: from the root, with forward slashes. */
export function fromRoot(path: string): string {
  return relative(root, path).replaceAll('\\', '/');
}
