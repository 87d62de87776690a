import { describe, expect, it } from '@jest/globals';
import {
  ConfigError,
  configMarkdown,
  defineConfig,
  describeConfig,
  integer,
  list,
  loadConfig,
  milliseconds,
  printConfig,
  printConfigIfAsked,
  secret,
  string,
  url,
} from './index.ts';

const definition = defineConfig(
  {
    PORT: integer({ default: 3000, max: 65_535, description: 'The port that | it listens on.' }),
    WAIT_MS: milliseconds({ default: 2_000, description: 'The longest wait.' }),
    ROOTS: list({ default: [], description: 'Folders.' }),
    DATABASE_URL: url({ optional: true, protocols: ['postgres:'], description: 'The database.' }),
    MASTER_KEY: secret({ optional: true, description: 'The key.' }),
  },
  { title: 'budget' },
);
const env = {
  PORT: '8080',
  DATABASE_URL: 'postgres://purser:s3cret@db/purser',
  MASTER_KEY: 'k'.repeat(32),
  ROOTS: 'a, b',
};

describe('describeConfig', () => {
  it('gives value, default and whether they differ, with secrets masked', () => {
    const rows = describeConfig(definition, loadConfig(definition, env));
    expect(rows.map(({ name, value, default: preset, differs }) => [name, value, preset, differs])).toEqual([
      ['PORT', '8080', '3000', true],
      ['WAIT_MS', '2000', '2000', false],
      ['ROOTS', 'a,b', '', true],
      ['DATABASE_URL', 'postgres://********@db/purser', null, true],
      ['MASTER_KEY', '********', null, true],
    ]);
    expect(rows[1]).toMatchObject({ type: 'milliseconds', unit: 'ms', description: 'The longest wait.' });
  });

  it('does not mark a default that was set by hand', () => {
    const [row] = describeConfig(definition, loadConfig(definition, { PORT: '3000' }));
    expect(row!.differs).toBe(false);
  });
});

describe('printConfig', () => {
  it('marks what differs from the defaults', () => {
    expect(printConfig(definition, loadConfig(definition, env)).split('\n')).toEqual([
      'Configuration of budget (* differs from the default):',
      '* PORT         = 8080 (default: 3000)',
      '  WAIT_MS      = 2000 ms',
      '* ROOTS        = a,b (default: (empty))',
      '* DATABASE_URL = postgres://********@db/purser (default: (unset))',
      '* MASTER_KEY   = ******** (default: (unset))',
      '',
    ]);
  });
});

describe('printConfigIfAsked', () => {
  const other = defineConfig({ NEEDED: string({ description: '' }) }, { title: 'other' });

  it('writes every definition when asked', () => {
    const written: string[] = [];
    const asked = printConfigIfAsked(['--print-config'], [definition, other], { NEEDED: 'x' }, (text) =>
      written.push(text),
    );
    expect(asked).toBe(true);
    expect(written.join('')).toMatch(/Configuration of budget[^]*Configuration of other[^]*\* NEEDED = x/);
  });

  it('does nothing when not asked', () => {
    const refuse = () => {
      throw new Error('written');
    };
    expect(printConfigIfAsked(['--port', '1'], [other], {}, refuse)).toBe(false);
  });

  it('refuses a bad configuration', () => {
    expect(() => printConfigIfAsked(['--print-config'], [other], {}, () => undefined)).toThrow(ConfigError);
  });
});

describe('configMarkdown', () => {
  it('is a table of all variables', () => {
    const lines = configMarkdown(definition).split('\n');
    expect(lines).toHaveLength(2 + 5 + 1);
    expect(lines[2]).toBe('| `PORT` | a whole number up to 65535 | `3000` | The port that \\| it listens on. |');
    expect(lines[3]).toContain('| `2000` ms |');
    expect(lines[6]).toContain('| unset | The key. |');
    expect(configMarkdown(defineConfig({ A: string({ description: '' }) }))).toContain('| must be set |');
  });
});
