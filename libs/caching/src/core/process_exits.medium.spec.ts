import { expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const caches = new URL('caches.ts', import.meta.url).href;

it('leaves nothing that keeps a process from its end once it is closed, with loads and messages under way', async () => {
  const script = `
    const { openCaches } = await import(${JSON.stringify(caches)});
    const bus = { publish: () => {}, subscribe: () => () => {} };
    const caches = await openCaches({ bus: { bus, confirmMs: 60_000 } });
    const cache = caches.namespace('test');
    cache.getOrCompute('a', () => new Promise(() => {}), { hardTimeoutMs: 600_000 }).catch(({ code }) => console.log(code));
    cache.delete('b').then(() => console.log('told'));
    await new Promise(setImmediate);
    await caches.close();
  `;
  const args = ['--conditions=@purser/source', '--no-warnings', '--input-type=module', '-e', script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 });
  expect(stdout.split('\n').sort()).toEqual(['', 'closed', 'told']);
});
