import { describe, expect, it } from '@jest/globals';
import {
  ConfigError,
  boolean,
  bytes,
  defineConfig,
  enumeration,
  integer,
  list,
  loadConfig,
  milliseconds,
  number,
  secret,
  string,
  url,
  urlList,
} from './index.ts';
import type { ConfigFrom, Environment, Variable } from './index.ts';

const definition = defineConfig(
  {
    PORT: integer({ default: 3000, min: 0, max: 65_535, description: 'The port.' }),
    DATABASE_URL: url({ optional: true, protocols: ['postgres:', 'postgresql:'], description: 'The database.' }),
    WAIT_MS: milliseconds({ default: 2_000, max: 60_000, description: 'The longest wait.' }),
    TOTAL_MS: milliseconds({ default: 90_000, description: 'The longest request.' }),
    MODE: enumeration({ values: ['fast', 'safe'], default: 'safe', description: 'The mode.' }),
    ADMIN_KEY: secret({ optional: true, minLength: 32, description: 'The key.' }),
  },
  {
    title: 'gateway',
    check: (config) => (config.WAIT_MS < config.TOTAL_MS ? [] : [{ name: 'TOTAL_MS', allowed: 'more than WAIT_MS' }]),
  },
);

function refusal(env: Environment): ConfigError {
  try {
    loadConfig(definition, env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('It was accepted');
}

function read<T>(declared: Variable<T>, text: string): T {
  return loadConfig(defineConfig({ IT: declared }), { IT: text }).IT;
}

describe('loadConfig', () => {
  it('gives defaults, and undefined for what is optional', () => {
    expect(loadConfig(definition, {})).toEqual({
      ...{ PORT: 3000, DATABASE_URL: undefined, WAIT_MS: 2_000, TOTAL_MS: 90_000, MODE: 'safe', ADMIN_KEY: undefined },
    });
  });

  it('is typed by the declaration', () => {
    const config: ConfigFrom<typeof definition> = loadConfig(definition, { PORT: '8080' });
    const port: number = config.PORT;
    const mode: 'fast' | 'safe' = config.MODE;
    // @ts-expect-error an optional variable may be unset
    const database: string = config.DATABASE_URL;
    expect([port, mode, database]).toEqual([8080, 'safe', undefined]);
  });

  it('takes an empty value for unset', () => {
    expect(loadConfig(definition, { PORT: '', DATABASE_URL: '' })).toMatchObject({
      PORT: 3000,
      DATABASE_URL: undefined,
    });
  });

  it('names every bad variable at once, what was read and what is allowed', () => {
    const error = refusal({ PORT: '80a', DATABASE_URL: 'mysql://db/purser', MODE: 'Fast', WAIT_MS: '-1' });
    expect(error.message.split('\n')).toEqual([
      'The configuration of gateway was refused:',
      '  PORT: read "80a"; allowed is a whole number from 0 to 65535',
      '  DATABASE_URL: read "mysql://db/purser"; allowed is a URL that begins with postgres:// or postgresql://',
      '  WAIT_MS: read "-1"; allowed is a whole number of milliseconds from 0 to 60000',
      '  MODE: read "Fast"; allowed is fast or safe',
    ]);
    expect(error.problems.map(({ name }) => name)).toEqual(['PORT', 'DATABASE_URL', 'WAIT_MS', 'MODE']);
  });

  it('never shows a secret', () => {
    const { message } = refusal({ ADMIN_KEY: 'too-short' });
    expect(message).toContain('ADMIN_KEY: read ******** (9 characters); allowed is a text of 32 to 4096 characters');
    expect(message).not.toContain('too-short');
  });

  it('never shows the password of a URL', () => {
    const { message } = refusal({ DATABASE_URL: 'mysql://purser:p4ss@word@db/purser?sslpassword=abc&a=b' });
    expect(message).toContain('"mysql://********@db/purser?sslpassword=********&a=b"');
  });

  it('shows no more than the beginning of a long value', () => {
    expect(refusal({ PORT: 'x'.repeat(100_000) }).message.length).toBeLessThan(400);
  });

  it('refuses when a required variable is unset', () => {
    const required = defineConfig({ NEEDED: string({ description: 'It is needed.' }) });
    expect(() => loadConfig(required, { NEEDED: '' })).toThrow(
      'NEEDED: is not set; allowed is a text of 1 to 4096 characters',
    );
    expect(loadConfig(required, { NEEDED: ' a ' })).toEqual({ NEEDED: ' a ' });
  });

  it('checks values against each other once each is fine', () => {
    expect(refusal({ WAIT_MS: '500', TOTAL_MS: '500' }).problems).toEqual([
      { name: 'TOTAL_MS', received: '"500"', allowed: 'more than WAIT_MS' },
    ]);
    expect(refusal({ WAIT_MS: '500', TOTAL_MS: '500', PORT: '-1' }).problems).toHaveLength(1);
  });

  it('gives a frozen object, lists included', () => {
    const config = loadConfig(defineConfig({ IT: list({ default: ['a'], description: '' }) }), { IT: 'b,c' });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.IT)).toBe(true);
  });

  it('ignores what an environment inherits, but reads no more than is declared', () => {
    expect(Object.keys(loadConfig(definition, { OTHER: '1' }))).toEqual(Object.keys(definition.variables));
  });
});

describe('the kinds of variable', () => {
  const description = '';
  const wholes = integer({ optional: true, description });
  const decimals = number({ optional: true, min: -1, max: 2, description });
  const flag = boolean({ optional: true, description });
  const size = bytes({ optional: true, max: 10_000_000, description });
  const http = url({ optional: true, protocols: ['http:', 'https:'], description });
  const servers = urlList({ optional: true, protocols: ['nats:'], maxItems: 2, description });
  const roots = list({ optional: true, pattern: /\/|\/[a-z]+/, allowed: 'an absolute path', description });

  it.each([
    [wholes, '0', 0],
    [wholes, '-12', -12],
    [wholes, '9007199254740991', Number.MAX_SAFE_INTEGER],
    [decimals, '0.25', 0.25],
    [decimals, '-1', -1],
    [flag, 'on', true],
    [flag, '0', false],
    [flag, 'off', false],
    [size, '512', 512],
    [size, '10MB', 10_000_000],
    [size, '64KiB', 65_536],
    [http, 'https://example.com/v1', 'https://example.com/v1'],
    [servers, 'nats://a:4222, nats://b:4222', ['nats://a:4222', 'nats://b:4222']],
    [roots, '/', ['/']],
    [roots, '/data,/srv', ['/data', '/srv']],
  ] as [Variable<unknown>, string, unknown][])('%#: reads %2$s', (declared, text, value) => {
    expect(read(declared, text)).toEqual(value);
  });

  it.each([
    [wholes, '1.5'],
    [wholes, '1e3'],
    [wholes, ' 1'],
    [wholes, '1 '],
    [wholes, '0x10'],
    [wholes, '010'],
    [wholes, '9007199254740992'],
    [decimals, '2.1'],
    [decimals, 'NaN'],
    [decimals, 'Infinity'],
    [decimals, '.5'],
    [flag, 'TRUE'],
    [flag, '2'],
    [flag, 'constructor'],
    [size, '10mb'],
    [size, '1.5MB'],
    [size, '10 MB'],
    [size, '11MB'],
    [size, '9999999999999999TB'],
    [http, 'example.com'],
    [http, 'ftp://example.com'],
    [http, 'http:example.com'],
    [http, 'https://exa mple.com'],
    [http, 'https://example.com\n'],
    [servers, 'nats://a,'],
    [servers, 'nats://a,http://b'],
    [servers, 'nats://a,nats://b,nats://c'],
    [roots, '/data,relative'],
    [roots, '/data/..'],
  ] as [Variable<unknown>, string][])('%#: refuses %2$s', (declared, text) => {
    expect(() => read(declared, text)).toThrow(ConfigError);
  });

  it('accept the socket folder of a PostgreSQL URL', () => {
    const text = 'postgresql:///purser?host=/run/postgresql';
    expect(loadConfig(definition, { DATABASE_URL: text }).DATABASE_URL).toBe(text);
  });
});

describe('defineConfig', () => {
  it('refuses a default that the variable itself would refuse', () => {
    expect(() => integer({ default: 70_000, max: 65_535, description: '' })).toThrow('a whole number up to 65535');
    expect(() => milliseconds({ default: -1, description: '' })).toThrow('a whole number of milliseconds from 0 up');
    expect(() => url({ default: 'example.com', protocols: ['https:'], description: '' })).toThrow('https://');
  });

  it('refuses a name that no shell could set', () => {
    expect(() => defineConfig({ 'max-wait': integer({ default: 1, description: '' }) })).toThrow('max-wait');
  });

  it('refuses a pattern that is not put in words', () => {
    expect(() => string({ pattern: /a/, optional: true, description: '' })).toThrow('in words');
  });
});
