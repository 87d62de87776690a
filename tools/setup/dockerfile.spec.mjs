import { describe, expect, it } from '@jest/globals';
import { parseDockerfile, readVariables } from './dockerfile.mjs';
import { ignoredBy } from './image-rehearsal.mjs';

describe('a Dockerfile', () => {
  it('is read stage by stage, across line ends and past comments', () => {
    const stages = parseDockerfile(
      'FROM node AS build\n# why\nRUN --mount=type=cache,target=/x npm ci \\\n  && npm test\nFROM build\nCMD ["a", "b c"]\n',
    );
    expect(stages).toEqual([
      {
        from: 'node',
        name: 'build',
        instructions: [
          { name: 'RUN', flags: { mount: 'type=cache,target=/x' }, args: ['npm ci    && npm test'], json: false },
        ],
      },
      { from: 'build', name: '1', instructions: [{ name: 'CMD', flags: {}, args: ['a', 'b c'], json: true }] },
    ]);
  });

  it('shows the command within a health check', () => {
    const [stage] = parseDockerfile('FROM node\nHEALTHCHECK --interval=5s CMD ["node", "-e", "1"]');
    expect(stage?.instructions).toEqual([
      { name: 'HEALTHCHECK', flags: { interval: '5s' }, args: ['node', '-e', '1'], json: true },
    ]);
  });

  it('has variables that build on each other', () => {
    expect(readVariables('A=$B C=1 D', { B: 'x', D: 'y' })).toEqual({ A: 'x', C: '1', D: 'y' });
  });
});

describe('a .dockerignore', () => {
  const ignored = ignoredBy('.git\n**/dist\n*.log\n');

  it.each(['.git/config', 'dist/a.js', 'apps/budget/dist/main.js', 'x.log'])('leaves %s out', (file) => {
    expect(ignored(file)).toBe(true);
  });

  it.each(['.gitignore', 'apps/.git/x', 'apps/budget/distant.ts', 'docs/x.log'])('keeps %s', (file) => {
    expect(ignored(file)).toBe(false);
  });
});
