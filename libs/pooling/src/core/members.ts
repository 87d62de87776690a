import type { ResourceFactory } from './factory.ts';
import type { ResolvedPoolOptions } from './pool-options.ts';

/** A resource of the pool, and what the pool knows of it. Times are on the pool's clock. */
export interface Member<T> {
  readonly resource: T;
  /** After which it is not lent any more. */
  readonly endsAt: number;
  /** One that is `gone` is no longer counted. */
  state: 'idle' | 'checking' | 'leased' | 'gone';
  /** When it was last known to work. */
  verifiedAt: number;
  idleSince: number;
  /** Counted up with each lease, so that one can be told from the next. */
  lease: number;
  leasedAt: number;
  /** Where it was acquired, where that is kept. */
  origin: Error | undefined;
  /** Whether this lease was reported for being out too long. */
  reported: boolean;
  /** The peer is known to have ended it: it is destroyed on its release. */
  doomed: boolean;
}

/** All resources of a pool, each in one state and counted there; what is idle as a stack, the latest on top. */
export class Members<T> {
  readonly #factory: ResourceFactory<T>;
  readonly #options: ResolvedPoolOptions;
  readonly #all = new Map<T, Member<T>>();
  readonly #idle: Member<T>[] = [];
  #checking = 0;
  /** Whether what is being checked is more likely dead than not. */
  #suspicious = false;
  /** When a dead one was last found: what was not seen alive since is checked before it is lent. */
  #suspectedAt = -Infinity;

  constructor(factory: ResourceFactory<T>, options: ResolvedPoolOptions) {
    this.#factory = factory;
    this.#options = options;
  }

  get size(): number {
    return this.#all.size;
  }

  get idle(): number {
    return this.#idle.length;
  }

  get checking(): number {
    return this.#checking;
  }

  /** Those being checked that callers may wait for; none while the peer seems to have died. */
  get expected(): number {
    return this.#suspicious ? 0 : this.#checking;
  }

  get(resource: T): Member<T> | undefined {
    return this.#all.get(resource);
  }

  all(): MapIterator<Member<T>> {
    return this.#all.values();
  }

  /** New ones have up to a share of their life left to chance, so that not all end at once. */
  add(resource: T, now: number): Member<T> {
    const { random, maxLifeMs, lifeJitter } = this.#options;
    const member: Member<T> = {
      ...{ resource, endsAt: now + maxLifeMs * (1 - random() * lifeJitter), state: 'leased' },
      ...{
        verifiedAt: now,
        idleSince: now,
        lease: 0,
        leasedAt: now,
        origin: undefined,
        reported: false,
        doomed: false,
      },
    };
    this.#all.set(resource, member);
    return member;
  }

  /** Takes the idle one on top off the stack; it has to be given a state by the caller. */
  popIdle(): Member<T> | undefined {
    return this.#idle.pop();
  }

  /** The idle ones that are not fit any more, and those that were idle for too long, down to `min`. */
  overdue(now: number): Member<T>[] {
    const { min, idleTimeoutMs } = this.#options;
    let spare = this.size - min;
    return this.#idle.filter((member) => {
      const due = !this.isFit(member, now) || (spare > 0 && now - member.idleSince >= idleTimeoutMs);
      if (due) spare -= 1;
      return due;
    });
  }

  lend(member: Member<T>, now: number, origin: Error | undefined): void {
    this.#leaveCheck(member);
    member.state = 'leased';
    member.lease += 1;
    member.leasedAt = now;
    member.origin = origin;
    member.reported = false;
  }

  rest(member: Member<T>, now: number): void {
    this.#leaveCheck(member);
    member.state = 'idle';
    member.idleSince = now;
    this.#idle.push(member);
  }

  startCheck(member: Member<T>): void {
    if (this.#checking === 0) this.#suspicious = member.verifiedAt < this.#suspectedAt;
    member.state = 'checking';
    this.#checking += 1;
  }

  remove(member: Member<T>): void {
    this.#leaveCheck(member);
    if (member.state === 'idle') {
      const index = this.#idle.lastIndexOf(member);
      if (index >= 0) this.#idle.splice(index, 1);
    }
    member.state = 'gone';
    this.#all.delete(member.resource);
  }

  /** Young enough, not ended by the peer, and usable as far as the factory knows without asking. */
  isFit(member: Member<T>, now: number): boolean {
    if (member.doomed || now >= member.endsAt) return false;
    return this.#factory.isUsable?.(member.resource) ?? true;
  }

  needsCheck({ verifiedAt }: Member<T>, now: number): boolean {
    if (!this.#factory.check) return false;
    return now - verifiedAt > this.#options.checkAfterIdleMs || verifiedAt < this.#suspectedAt;
  }

  suspectAll(now: number): void {
    this.#suspectedAt = now;
    this.#suspicious = true;
  }

  #leaveCheck(member: Member<T>): void {
    if (member.state === 'checking') this.#checking -= 1;
  }
}

/** Whether that lease of it has not ended. */
export function isOut<T>(member: Member<T> | undefined, lease: number | undefined): member is Member<T> {
  return member?.state === 'leased' && member.lease === lease;
}
