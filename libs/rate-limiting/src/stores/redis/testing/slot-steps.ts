import type { LimiterProcess, NamedCall } from './limiter-processes.ts';

export interface SlotStepsOptions {
  readonly slots: number;
  /** For how many ticks each slot is held. */
  readonly holdTicks: number;
  /** Resolves when that is so, and rejects where it never is. */
  readonly until: (isSettled: () => Promise<boolean>) => Promise<unknown>;
}

/** A call for a slot; its times are ticks. */
export interface SteppedCall extends NamedCall {
  readonly process: LimiterProcess;
  readonly askedAt: number;
  grantedAt?: number;
  endsAt?: number;
}

/**
 * Calls for the slots of several processes, in a time of their own: a tick ends when all slots are held again and all other calls
 * wait in line. So who is served does not depend on how much processor time each process gets. Somebody always has to wait.
 */
export class SlotSteps {
  readonly calls: SteppedCall[] = [];
  /** The most slots that were held at a time. */
  mostHeld = 0;
  now = 0;
  readonly #processes: readonly LimiterProcess[];
  readonly #options: SlotStepsOptions;
  readonly #open = new Map<number, SteppedCall>();

  constructor(processes: readonly LimiterProcess[], options: SlotStepsOptions) {
    this.#processes = processes;
    this.#options = options;
  }

  /** Resolves when all of them wait or hold, and all slots are held. */
  async ask(asked: readonly Pick<SteppedCall, 'process' | 'client'>[]): Promise<void> {
    const calls = asked.map(({ process, client }, index): SteppedCall => ({
      process,
      client,
      id: this.calls.length + index,
      askedAt: this.now,
    }));
    this.calls.push(...calls);
    for (const call of calls) this.#open.set(call.id, call);
    const { slots } = this.#options;
    await this.#eachProcess(calls, (process, those) =>
      process.ask('acquire', { slots, leaseMs: 600_000, calls: those.map(({ id, client }) => ({ id, client })) }),
    );
    await this.#settled();
  }

  /** Lets a tick pass. @returns whose time was over; their slots are others' by now */
  async pass(): Promise<readonly SteppedCall[]> {
    this.now += 1;
    const ended = [...this.#open.values()].filter(({ endsAt }) => endsAt !== undefined && endsAt <= this.now);
    for (const { id } of ended) this.#open.delete(id);
    await this.#eachProcess(ended, (process, those) =>
      process.ask(
        'release',
        those.map(({ id }) => id),
      ),
    );
    await this.#settled();
    return ended;
  }

  heldBy(name: string): number {
    return [...this.#open.values()].filter(({ client, grantedAt }) => client === name && grantedAt !== undefined)
      .length;
  }

  isWaiting(name: string): boolean {
    return [...this.#open.values()].some(({ client, grantedAt }) => client === name && grantedAt === undefined);
  }

  #eachProcess(
    calls: readonly SteppedCall[],
    ask: (process: LimiterProcess, calls: readonly SteppedCall[]) => Promise<void>,
  ): Promise<unknown> {
    return Promise.all(
      [...Map.groupBy(calls, ({ process }) => process)].map(([process, those]) => ask(process, those)),
    );
  }

  async #settled(): Promise<void> {
    const { slots } = this.#options;
    const isSettled = async (): Promise<boolean> => {
      const lines = await Promise.all(this.#processes.map((process) => process.ask('line')));
      const held = lines.flatMap((line) => line.held);
      this.mostHeld = Math.max(this.mostHeld, held.length);
      for (const id of held) this.#granted(this.#open.get(id)!);
      return (
        held.length >= slots && held.length + lines.reduce((all, { waiting }) => all + waiting, 0) === this.#open.size
      );
    };
    await this.#options.until(isSettled);
  }

  #granted(call: SteppedCall): void {
    if (call.grantedAt !== undefined) return;
    call.grantedAt = this.now;
    // Of those at the beginning the last end one after the other, or all would at once for ever.
    call.endsAt = this.now === 0 ? 1 + (call.id % this.#options.holdTicks) : this.now + this.#options.holdTicks;
  }
}
