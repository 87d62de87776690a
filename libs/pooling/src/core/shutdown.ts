import type { Creator } from './creator.ts';
import type { Destroyer } from './destroyer.ts';
import type { Members, Member } from './members.ts';
import type { DrainReport } from './pool.ts';
import type { ResolvedPoolOptions } from './pool-options.ts';
import type { WaitQueue } from './wait-queue.ts';

/** How long a drain waits at least for what it destroys. */
const DESTROY_GRACE_MS = 1_000;

/** The parts of a pool that are shut down. */
export interface ShutdownParts<T> {
  readonly clock: ResolvedPoolOptions['clock'];
  readonly members: Members<T>;
  readonly waiters: WaitQueue<T>;
  readonly creator: Creator<T>;
  readonly destroyer: Destroyer<T>;
  readonly retire: (member: Member<T>) => void;
  /** Tells whoever waits for the longest that nothing will come. */
  readonly dismissFirst: () => void;
}

/** The end of a pool: who waits is served, leases are waited for, and at the deadline what is left is cut. */
export class Shutdown<T extends object> {
  readonly #parts: ShutdownParts<T>;
  /** Destroyed under their holders: their release is expected, once. */
  readonly #cut = new WeakSet<T>();
  readonly #quiet = Promise.withResolvers<void>();
  #hasBegun = false;
  #isQuiet = false;
  #endsAt = Infinity;
  #timer: unknown;
  #report: Promise<DrainReport> | undefined;

  constructor(parts: ShutdownParts<T>) {
    this.#parts = parts;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Begins it, or brings its end forward. */
  within(deadlineMs: number): Promise<DrainReport> {
    const { clock } = this.#parts;
    const endsAt = clock.now() + deadlineMs;
    this.#hasBegun = true;
    if (endsAt < this.#endsAt && !this.#isQuiet) {
      this.#endsAt = endsAt;
      clock.clearTimer(this.#timer);
      this.#timer = clock.setTimer(() => this.#goQuiet(), deadlineMs, false);
    }
    return (this.#report ??= this.#run());
  }

  /** Ends what nobody waits for, and notices when nothing is left. */
  tidyUp(): void {
    const { waiters, creator, members, retire } = this.#parts;
    if (waiters.size > 0) return;
    creator.abandonAll();
    for (let member = members.popIdle(); member; member = members.popIdle()) retire(member);
    if (members.size === 0) this.#goQuiet();
  }

  /** Whether it was cut, and its holder gives it back now. */
  takesBack(resource: T): boolean {
    return this.#cut.delete(resource);
  }

  async #run(): Promise<DrainReport> {
    this.tidyUp();
    await this.#quiet.promise;
    const cut = this.#cutAll();
    const { clock, destroyer } = this.#parts;
    await destroyer.ended(Math.max(DESTROY_GRACE_MS, this.#endsAt - clock.now()));
    return { cut };
  }

  #goQuiet(): void {
    this.#isQuiet = true;
    this.#parts.clock.clearTimer(this.#timer);
    this.#quiet.resolve();
  }

  #cutAll(): number {
    const { waiters, creator, members, retire, dismissFirst } = this.#parts;
    while (waiters.size > 0) dismissFirst();
    creator.abandonAll();
    let cut = 0;
    for (const member of [...members.all()]) {
      if (member.state === 'leased') {
        this.#cut.add(member.resource);
        cut += 1;
      }
      retire(member);
    }
    return cut;
  }
}
