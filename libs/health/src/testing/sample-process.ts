import 'reflect-metadata';
import { Controller, Get, Module, Query } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { Drain, HealthModule, runProcess, startService, type RunningService } from '../index.ts';

/** A small service as a process of its own: `sample-process.ts <data folder> [how]`, for the tests of `runProcess`. */
const [dataDir = '', how = ''] = process.argv.slice(2);

@Controller()
class SampleController {
  @Get('slow')
  async slow(@Query('ms') ms: string): Promise<string> {
    process.stdout.write('slow begins\n');
    await sleep(Number(ms));
    return 'done';
  }

  @Get('fault')
  fault(): string {
    if (how === 'exception') setImmediate(() => JSON.parse('not JSON'));
    else void Promise.reject(new Error('nobody handles this'));
    return 'soon';
  }
}

@Module({ imports: [HealthModule.forRoot({ service: 'sample', intervalMs: 50 })], controllers: [SampleController] })
class SampleModule {
  constructor(drain: Drain) {
    drain.add('flush', 'journal', () => void process.stdout.write('flushed\n'));
    if (how === 'hanging') drain.add('stop', 'stuck', () => new Promise(() => undefined));
  }
}

const start = (name: string) =>
  startService({
    name,
    module: SampleModule,
    host: '127.0.0.1',
    port: 0,
    drainTimeoutMs: how === 'hanging' ? 60_000 : 5_000,
  });

await runProcess({
  name: 'sample',
  dataDir,
  announce: 'second',
  stopOrder: ['first', 'second'],
  start: async (scope) => {
    scope.onStop('disk', () => void process.stdout.write('disk closed\n'));
    scope.onStop('network', () => void process.stdout.write('network closed\n'));
    if (how === 'slow-start') {
      process.stdout.write('starting\n');
      await sleep(60_000, undefined, { signal: scope.signal });
    }
    const broken = () => Promise.reject<RunningService>(new Error('no such database'));
    return scope.startInOrder([() => start('first'), how === 'broken' ? broken : () => start('second')]);
  },
});
