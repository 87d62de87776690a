import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import type { Started } from './start.ts';
import { welcome } from './welcome.ts';

const started = (bootstrap: Partial<Started['bootstrap']>, simulated = true): Started => ({
  services: [],
  ...{ url: 'http://127.0.0.1:3000', simulated },
  bootstrap: { firstStart: true, adminKey: null, notes: [], ...bootstrap },
});

/** The words that a shell makes of the line with curl. */
function wordsOf(lines: readonly string[]): string[] {
  const line = lines.find((each) => each.includes('curl'))!.trim();
  const script = `curl() { printf '%s\\0' "$@"; }; ${line}`;
  return execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

describe('what the first start prints', () => {
  it('shows the key that was made and where it is', () => {
    const lines = welcome(started({ adminKey: { key: 'pk-made', file: '/data/admin-key' } }), undefined);
    expect(lines.join('\n')).toMatch(/kept in \/data\/admin-key:\n {2}pk-made\n/);
    expect(wordsOf(lines)).toContain('authorization: Bearer pk-made');
  });

  it.each(['plain', `it's "quoted" $HOME \`date\` \\ !`])('is a command that works, with the key %s', (key) => {
    const words = wordsOf(welcome(started({}), key));
    expect(words.slice(0, 3)).toEqual([
      ...['http://127.0.0.1:3000/v1/chat/completions', '-H', `authorization: Bearer ${key}`],
    ]);
    expect(JSON.parse(words.at(-1)!)).toMatchObject({ model: 'simulator/sim-small', messages: [{ role: 'user' }] });
  });

  it('asks for nothing that is not there without the simulator', () => {
    expect(wordsOf(welcome(started({}, false), 'key'))[0]).toBe('http://127.0.0.1:3000/v1/models');
  });

  it('says nothing at later starts but what the bootstrap notes', () => {
    expect(welcome(started({ firstStart: false, notes: ['Mind this.'] }), 'key')).toEqual(['Mind this.']);
  });
});
