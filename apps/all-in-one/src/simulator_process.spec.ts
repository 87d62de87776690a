import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, waitUntil, type TemporaryFolder } from '@purser/testing';
import { SimulatorProcess } from './simulator-process.ts';

// Processes start slowly on a machine that is busy with other tests.
jest.setTimeout(30_000);

/** Stands in for the simulator's program; `takesPort` says which ports it can have. */
const program = (takesPort: string): string => `
  import { createServer } from 'node:http';
  const port = Number(process.argv[process.argv.indexOf('--port') + 1]);
  if (!(${takesPort})) process.exit(1);
  process.on('SIGTERM', () => process.exit(0));
  process.on('disconnect', () => process.exit(0));
  const server = createServer((_request, response) => response.end('here')).listen(port, '127.0.0.1', () => {
    console.log('Simulator is ready on http://127.0.0.1:' + server.address().port);
  });`;

describe('the simulator’s process', () => {
  let folder: TemporaryFolder;
  let simulator: SimulatorProcess | undefined;
  const said: string[] = [];
  const moves: string[] = [];

  const start = async (takesPort: string): Promise<SimulatorProcess> => {
    const main = join(folder.path, 'simulator.mjs');
    await writeFile(main, program(takesPort));
    const onMoved = async (url: string): Promise<void> => void moves.push(url);
    return (simulator = await SimulatorProcess.start({ say: (line) => said.push(line), onMoved, main }));
  };
  const isAlive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  const restarted = (from: number): Promise<number> =>
    waitUntil(() => simulator!.pid !== from && simulator!.pid, { timeoutMs: 20_000, what: 'it runs again' });

  beforeEach(async () => {
    said.length = 0;
    moves.length = 0;
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    await simulator?.stop();
    simulator = undefined;
    await folder.remove();
  });

  it('is started again on its port when it dies, and ends for good when it is stopped', async () => {
    const { pid, url } = await start('true');
    process.kill(pid!, 'SIGKILL');
    const second = await restarted(pid!);
    await waitUntil(async () => (await fetch(url)).ok, { timeoutMs: 10_000, what: 'it answers at the same address' });
    expect(said).toEqual([expect.stringContaining('ended unasked; starting it again')]);
    expect(moves).toEqual([]);
    await simulator!.stop();
    expect([isAlive(second), simulator!.pid]).toEqual([false, undefined]);
  });

  it('says where it went when its port was taken meanwhile', async () => {
    const { pid, url } = await start('port === 0');
    process.kill(pid!, 'SIGKILL');
    await waitUntil(() => moves.length > 0, { timeoutMs: 20_000, what: 'it has moved' });
    expect(moves).toEqual([simulator!.url]);
    expect(moves[0]).not.toBe(url);
    expect((await fetch(moves[0]!)).ok).toBe(true);
  });

  it('can be stopped between two starts', async () => {
    const { pid } = await start('true');
    process.kill(pid!, 'SIGKILL');
    await waitUntil(() => said.length > 0, { timeoutMs: 10_000, what: 'its end was noticed' });
    await simulator!.stop();
    expect(simulator!.pid).toBeUndefined();
  });

  it('rejects where it does not get ready', async () => {
    await expect(start('false')).rejects.toThrow('The provider simulator ended (exit code 1) before it was ready.');
    expect(SimulatorProcess.available(join(folder.path, 'nothing.js'))).toBe(false);
  });
});
