/** All options, as `parseArgs` takes them. */
export const readOptions = {
  help: { type: 'boolean' },
  duration: { type: 'string' },
  'warm-up': { type: 'string' },
  users: { type: 'string' },
  rate: { type: 'string' },
  mix: { type: 'string' },
  timeout: { type: 'string' },
  url: { type: 'string' },
  key: { type: 'string' },
  'key-file': { type: 'string' },
  model: { type: 'string' },
  pid: { type: 'string', multiple: true },
  'allow-remote': { type: 'boolean' },
  'max-p95-ms': { type: 'string' },
  'max-p99-ms': { type: 'string' },
  'max-error-rate': { type: 'string' },
  'min-throughput': { type: 'string' },
  'max-rss-mb': { type: 'string' },
  json: { type: 'string' },
  html: { type: 'string' },
} as const;

export interface Scenario {
  readonly name: 'steady' | 'soak';
  readonly what: string;
  readonly maxSeconds: number;
  readonly defaults: Partial<Record<keyof typeof readOptions, string>>;
}

const steady = {
  ...{ duration: '30s', 'warm-up': '3s', users: '50', rate: '100', mix: 'chat=70,stream=20,read=10', timeout: '30s' },
  ...{ 'max-p95-ms': '250', 'max-error-rate': '0.005', 'min-throughput': '0.95' },
};

export const scenarios: readonly Scenario[] = [
  { name: 'steady', what: 'the same load all the time, for up to an hour', maxSeconds: 3_600, defaults: steady },
  {
    name: 'soak',
    what: 'the same for long, up to a day: what grows, shows',
    ...{ maxSeconds: 86_400, defaults: { ...steady, duration: '30m', rate: '50' } },
  },
];

const scenarioLines = scenarios.map(({ name, what }) => `  ${name.padEnd(10)} ${what}`).join('\n');

export const usage = `Usage: npm run load -- <scenario> [options]

Scenarios:
${scenarioLines}

Requests start on a fixed schedule, whatever the server does; latencies count from the intended starts.

What is sent:
  --duration <time>       what is measured, such as 30s, 5m, 1h (default ${steady.duration}; soak 30m)
  --warm-up <time>        the same load before, not measured (default ${steady['warm-up']})
  --users <n>             virtual users, each with one request under way at most (default ${steady.users})
  --rate <n>              requests a second, of all users together (default ${steady.rate}; soak 50);
                          a user acts every users/rate seconds
  --mix <parts>           ${steady.mix} by default: chat completions, streamed ones,
                          reads of the control plane (accounts, budgets, models, usage, work efforts)
  --timeout <time>        how long an answer is waited for (default ${steady.timeout})

Where to (without --url a Purser is started for the run, in one process, with simulated providers):
  --url <address>         a Purser that runs, on this machine
  --allow-remote          on any other machine
  --key <key>             its key; --key-file <path> reads it from a file, such as .purser/admin-key.
                          Reads need an admin's
  --model <name>          which model or route is asked for: it may cost money
  --pid <n>               a process whose memory is watched; may be repeated

What is wanted (a threshold that is missed ends with exit code 1):
  --max-p95-ms <n>        (default ${steady['max-p95-ms']})
  --max-p99-ms <n>        (not checked by default)
  --max-error-rate <n>    share of the requests, 0 to 1 (default ${steady['max-error-rate']})
  --min-throughput <n>    share of the rate that was asked for, 0 to 1 (default ${steady['min-throughput']})
  --max-rss-mb <n>        of each watched process (not checked by default)

What is written:
  --json <path>           all figures
  --html <path>           a page with plots

Exit codes: 0 all thresholds met, 1 one missed or the run failed, 2 wrong arguments.
`;
