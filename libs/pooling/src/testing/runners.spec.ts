import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ResourcePool } from '../core/resource-pool.ts';
import { describePool, FakePeer } from './index.ts';

const run = promisify(execFile);
const file = fileURLToPath(new URL('./run-by-node.ts', import.meta.url));

describe('the suite of pools', () => {
  it('runs by node --test, where no runner has its functions among the globals', async () => {
    const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap', file], { env: {} });
    expect(stdout).toContain('# fail 0');
    expect(Number(/# pass (\d+)/.exec(stdout)?.[1])).toBeGreaterThan(15);
  });

  it('says under vitest without its globals that it has to be given its functions', async () => {
    const running = run(process.execPath, [file], { env: { VITEST: 'true' } });
    await expect(running).rejects.toThrow('runner: must be given where the test runner has no globals');
  });

  it('runs by whatever it is given', () => {
    const declared: string[] = [];
    const runner = {
      describe: (_name: string, declare: () => void) => declare(),
      it: (name: string) => declared.push(name),
    };
    describePool('resource', () => new ResourcePool(new FakePeer(), { name: 'test' }), runner);
    expect(declared).toContain('is first come, first served, and a release serves at once');
  });
});
