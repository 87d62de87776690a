import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FallbackStatistics } from '../../fallback/index.ts';

export interface ProcessOptions {
  readonly url: string;
  readonly prefix: string;
  /** Of each limit while Redis is away. */
  readonly share: number;
  /** Whether it is a `TimelessRedis`. */
  readonly isTimeless?: boolean;
}

/** Something that was decided at a time between two, by the machine's clock in ms. */
export interface Interval {
  readonly sentAt: number;
  readonly receivedAt: number;
}

export interface HammeredGrant extends Interval {
  /** Whether the process decided by its share. */
  readonly isLocal: boolean;
}

export interface Hammered {
  readonly grants: readonly HammeredGrant[];
  readonly refusals: readonly Interval[];
}

/** When a slot was certainly held, by the machine's clock in ms. */
export interface WorkedHold {
  readonly from: number;
  readonly to: number;
}

/** A call for a slot. */
export interface NamedCall {
  /** Unique among those of the process. */
  readonly id: number;
  readonly client: string;
}

export interface ProcessCalls {
  /** Takes one of a rate again and again, from many callers, until `end`. */
  hammer(rate: { amount: number; perMs: number; capacity: number; callers: number }): Hammered;
  /** Waits for slots, holds them and gives them back until `end`, from many callers of one client. */
  work(slots: { slots: number; leaseMs: number; holdMs: number; callers: number }): readonly WorkedHold[];
  /** Takes slots and keeps them. @returns how many it got */
  hold(slots: { slots: number; leaseMs: number; count: number }): number;
  /** Begins to wait for slots, each of which is then held until `release`. */
  acquire(slots: { slots: number; leaseMs: number; calls: readonly NamedCall[] }): void;
  /** Gives back what those calls hold. */
  release(ids: readonly number[]): void;
  /** Which calls of `acquire` hold a slot, and how many others wait in line. */
  line(): { readonly held: readonly number[]; readonly waiting: number };
  end(): void;
  /** What was decided so far, and what went wrong at callers. */
  report(): {
    readonly decided: number;
    readonly refused: number;
    readonly errors: readonly string[];
    readonly fallback: FallbackStatistics;
  };
}

export interface ProcessCall {
  readonly id: number;
  readonly name: keyof ProcessCalls;
  readonly args: readonly unknown[];
}

export interface ProcessAnswer {
  readonly id: number;
  readonly value?: unknown;
  readonly failure?: string;
}

/** A process with a limiter of its own, that its parent asks over the channel between them, and may kill. */
export class LimiterProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #ids = 0;

  private constructor(options: ProcessOptions) {
    const script = fileURLToPath(new URL('./limiter-process.ts', import.meta.url));
    this.#child = fork(script, [JSON.stringify(options)], {
      execArgv: ['--conditions=@purser/source'],
      stdio: 'inherit',
    });
    this.#waiting.set(0, Promise.withResolvers());
    this.#child.on('message', ({ id, value, failure }: ProcessAnswer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (failure === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(failure));
    });
    this.#child.once('exit', () => {
      for (const waiting of this.#waiting.values()) waiting.reject(new Error('the process has ended'));
      this.#waiting.clear();
    });
  }

  static async start(options: ProcessOptions): Promise<LimiterProcess> {
    const started = new LimiterProcess(options);
    await started.#waiting.get(0)!.promise;
    return started;
  }

  async ask<N extends keyof ProcessCalls>(
    name: N,
    ...args: Parameters<ProcessCalls[N]>
  ): Promise<ReturnType<ProcessCalls[N]>> {
    this.#ids += 1;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(this.#ids, waiting);
    this.#child.send({ id: this.#ids, name, args } satisfies ProcessCall);
    return (await waiting.promise) as ReturnType<ProcessCalls[N]>;
  }

  /** By SIGKILL. May be called again. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
