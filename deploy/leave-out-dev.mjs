// Takes the development dependencies out of all manifests below a folder, and out of its lock file, so that npm ci finds them in
// agreement. Without this npm links the workspaces that only an app's tests stand on, and installs what those need.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [folder = '.'] = process.argv.slice(2);

/**
 * @param {string} path
 * @param {(content: any) => void} change
 */
function rewrite(path, change) {
  const content = JSON.parse(readFileSync(join(folder, path), 'utf8'));
  change(content);
  writeFileSync(join(folder, path), JSON.stringify(content, null, 2));
}

const manifests = ['package.json', ...globSync('{libs,apps,tools}/*/package.json', { cwd: folder })];
for (const manifest of manifests) rewrite(manifest, (content) => delete content.devDependencies);
rewrite('package-lock.json', ({ packages }) => {
  for (const manifest of manifests)
    delete packages[manifest === 'package.json' ? '' : dirname(manifest)].devDependencies;
});
