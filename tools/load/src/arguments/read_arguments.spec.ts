import { describe, expect, it } from '@jest/globals';
import { usage, readOptions } from './options.ts';
import { readArguments, type LoadArguments } from './read-arguments.ts';

const read = (...argv: string[]): LoadArguments => readArguments(argv) as LoadArguments;
const given = ['--key', 'secret', '--model', 'fast'];

describe('the arguments of a load', () => {
  it('have the defaults that the help states', () => {
    expect(read('steady')).toMatchObject({
      ...{ seconds: 30, warmUpSeconds: 3, users: 50, rate: 100, timeoutMs: 30_000, target: undefined },
      mix: { chat: 70, stream: 20, read: 10 },
      thresholds: { maxP95Ms: 250, maxErrorShare: 0.005, minThroughputShare: 0.95, maxP99Ms: undefined },
    });
    expect(read('soak')).toMatchObject({ seconds: 1_800, rate: 50 });
    expect(read('soak', '--duration', '24h').seconds).toBe(86_400);
  });

  it('name every option in the help', () => {
    for (const name of Object.keys(readOptions)) if (name !== 'help') expect(usage).toContain(`--${name}`);
    expect(readArguments(['steady', '--help'])).toBe('help');
  });

  it('take a Purser of this machine', () => {
    for (const url of [
      'http://127.0.0.1:3000',
      'http://localhost:3000',
      'https://[::1]:8443',
      'http://127.8.9.1:80/',
    ]) {
      expect(read('steady', '--url', url, ...given).target?.url).toBe(new URL(url).origin);
    }
    expect(read('steady', '--url', 'http://127.0.0.1:3000', ...given, '--pid', '12', '--pid', '13').target).toEqual({
      ...{ url: 'http://127.0.0.1:3000', key: { text: 'secret' }, model: 'fast', pids: [12, 13] },
    });
  });

  it.each([
    'http://10.0.0.1:3000',
    'http://example.com',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'http://0.0.0.0:3000',
    'http://[::ffff:10.0.0.1]:3000',
    'https://169.254.169.254',
  ])('refuse %s, unless told otherwise', (url) => {
    expect(() => read('steady', '--url', url, ...given)).toThrow(
      /--url is '.*which is not this machine.*--allow-remote/,
    );
    expect(read('steady', '--url', url, ...given, '--allow-remote').target?.url).toBe(new URL(url).origin);
  });

  it.each([
    [[], 'Scenario: read none; allowed is one of steady, soak.'],
    [['stedy'], "Scenario: read 'stedy'"],
    [['steady', 'soak'], "Scenario: read 'steady soak'"],
    [
      ['steady', '--duration', '30'],
      "--duration is '30': allowed is a time such as 30s, 5m or 1h, from 1 to 3600 seconds",
    ],
    [['steady', '--duration', '2h'], "--duration is '2h'"],
    [['steady', '--users', '0'], "--users is '0': allowed is a whole number from 1 to 5000."],
    [['steady', '--users', '1.5'], "--users is '1.5'"],
    [['steady', '--users', ''], "--users is ''"],
    [['steady', '--rate', '1e9'], "--rate is '1e9': allowed is a number from 0.1 to 20000."],
    [['steady', '--rate', '50000'], "--rate is '50000'"],
    [['steady', '--timeout', '1h'], "--timeout is '1h'"],
    [['steady', '--mix', 'chat=1,write=2'], "--mix is 'chat=1,write=2': allowed is parts such as"],
    [['steady', '--mix', 'chat=0'], "--mix is 'chat=0'"],
    [['steady', '--mix', 'chat=1,chat=2'], "--mix is 'chat=1,chat=2'"],
    [['steady', '--max-error-rate', '1.5'], "--max-error-rate is '1.5': allowed is a number from 0 to 1."],
    [['steady', '--min-throughput', 'all'], "--min-throughput is 'all'"],
    [['steady', '--max-p95-ms', '0'], "--max-p95-ms is '0'"],
    [['steady', '--max-rss-mb', 'many'], "--max-rss-mb is 'many'"],
    [['steady', '--json', ' '], "--json is ' '"],
    [['steady', '--user', '3'], "'--user'"],
    [['steady', '--key', 'k'], '--key goes with --url'],
    [['steady', '--allow-remote'], '--allow-remote goes with --url'],
    [['steady', '--url', '127.0.0.1:3000', ...given], "--url is '127.0.0.1:3000': allowed is an address such as"],
    [['steady', '--url', 'http://127.0.0.1:3000/v1', ...given], 'without a path'],
    [['steady', '--url', 'http://127.0.0.1:3000', '--model', 'm'], 'exactly one of --key and --key-file'],
    [['steady', '--url', 'http://127.0.0.1:3000', ...given, '--key-file', 'f'], 'exactly one of --key and --key-file'],
    [['steady', '--url', 'http://127.0.0.1:3000', '--key', 'k'], '--model is missing'],
    [['steady', '--url', 'http://127.0.0.1:3000', ...given, '--pid', '-1'], '--pid'],
  ])('refuse %j by name', (argv, message) => {
    expect(() => readArguments(argv)).toThrow(message);
  });
});
