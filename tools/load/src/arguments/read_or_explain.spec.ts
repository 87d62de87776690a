import { describe, expect, it } from '@jest/globals';
import { usage } from './options.ts';
import { readOrExplain } from './read-or-explain.ts';

describe('arguments of a load', () => {
  it.each([
    [['steady', '--rate', 'fast'], /^--rate is 'fast': [^\n]+$/],
    [['idle'], /^Scenario: read 'idle'; allowed is one of [^\n]+$/],
    [[], /^Scenario: read none; allowed is one of [^\n]+$/],
    [['steady', '--colour', 'red'], /'--colour'/],
  ])('that are wrong, as %j, are answered by the reason and where the help is', (argv, reason) => {
    const explained = readOrExplain(argv) as { text: string };
    const [first, second, ...more] = explained.text.split('\n');
    expect(first).toMatch(reason);
    expect([second, more]).toEqual(['npm run load -- --help says what may be given.', ['']]);
    expect(explained).toMatchObject({ exitCode: 2 });
  });

  it('are all in the help', () => {
    expect(readOrExplain(['--help'])).toEqual({ exitCode: 0, text: usage });
  });

  it('that are right are read', () => {
    expect(readOrExplain(['steady'])).toMatchObject({ users: 50 });
  });
});
