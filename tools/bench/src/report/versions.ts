import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** The packages and their versions as installed, each once: `tarn 3.1.2`. */
export function versionsOf(packages: Iterable<string>): string[] {
  return [...new Set(packages)].map((name) => {
    const path = findPackageJSON(name, import.meta.url);
    const { version } = JSON.parse(readFileSync(path!, 'utf8')) as { version: string };
    return `${name} ${version}`;
  });
}
