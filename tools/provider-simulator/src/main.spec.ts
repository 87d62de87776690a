import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./main.ts', import.meta.url));
const started: ChildProcess[] = [];

function start(args: readonly string[], stdio: StdioOptions = ['pipe', 'pipe', 'pipe']): ChildProcess {
  const child = spawn(process.execPath, [script, ...args], { stdio });
  started.push(child);
  return child;
}

async function ready(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout!.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    const url = /^Simulator is ready on (http:\/\/127\.0\.0\.1:\d+)\n/.exec(text)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(`It ended: ${text}`);
}

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

describe('the command', () => {
  it('serves what it was told to, until SIGTERM', async () => {
    const child = start(['--seed', 'x', '--config', '{"minTokens":3,"maxTokens":3}']);
    const response = await fetch(`${await ready(child)}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'sim-small', messages: [{ role: 'user', content: 'x' }] }),
    });
    expect(await response.json()).toMatchObject({ usage: { completion_tokens: 3 }, system_fingerprint: 'fp_sim_x' });
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('ends with its parent: when standard input closes, or the IPC channel', async () => {
    const piped = start(['--exit-with-parent', '--instant']);
    await ready(piped);
    piped.stdin!.end();
    expect(await once(piped, 'exit')).toEqual([0, null]);
    const connected = start(['--exit-with-parent'], ['ignore', 'pipe', 'pipe', 'ipc']);
    await ready(connected);
    connected.disconnect();
    expect(await once(connected, 'exit')).toEqual([0, null]);
  });

  it.each([
    [['--port', 'x'], '--port must be'],
    [['--nonsense'], 'nonsense'],
    [['--config', '{'], 'JSON'],
    [['--config', '{"perTokenMs":-1}'], 'perTokenMs must be'],
  ])('refuses %j', async (args, message) => {
    const child = start(args);
    const [chunk] = (await once(child.stderr!, 'data')) as [Buffer];
    expect(chunk.toString()).toContain(message);
    expect(await once(child, 'exit')).toEqual([2, null]);
  });

  it('says when its port is taken', async () => {
    const { port } = new URL(await ready(start([])));
    const second = start(['--port', port]);
    const [chunk] = (await once(second.stderr!, 'data')) as [Buffer];
    expect(chunk.toString()).toContain('EADDRINUSE');
    expect(await once(second, 'exit')).toEqual([1, null]);
  });
});
