import { randomUUID } from 'node:crypto';
import { finiteAbove0 } from '../../core/check.ts';
import { LimitStoreError } from '../../core/store-error.ts';
import type { Asker, Correction, Decision, Demand, LimitStore, SlotHold, Standing } from '../../core/store.ts';
import { asDecision, asFlag, asStanding, asWholeNumbers } from './answers.ts';
import type { RedisClient, RedisSubscriber } from './client.ts';
import { DeadlineBatches } from './deadline-batches.ts';
import { Arguments, isRate, isSlots, leaseOf } from './encode.ts';
import { FreedChannel } from './freed-channel.ts';
import { checkPrefix, textOf } from './names.ts';
import { run, type Script } from './scripts/script.ts';
import { RELEASE, RENEW } from './scripts/slots.ts';
import { CORRECT, LOOK, RESET } from './scripts/standings.ts';
import { TAKE } from './scripts/take.ts';

export interface RedisStoreOptions {
  /**
   * It stays the caller's: {@link RedisStore.close} leaves it open. Best one that sends no command again
   * (`autoResendUnfulfilledCommands: false` of ioredis): slots are taken once all the same, but rates without slots twice.
   */
  readonly redis: RedisClient;
  /**
   * A second connection, on which this store hears of slots that other processes gave back. Stays the caller's too. Without one
   * those that wait look again by themselves.
   */
  readonly subscriber?: RedisSubscriber;
  /**
   * What all keys begin with. Its part in braces puts all of them into one slot of a Redis Cluster, which is what lets one script
   * decide all limits of a request: so a cluster's nodes share limits by prefixes, not by keys. Default `{rate-limits}:`.
   */
  readonly prefix?: string;
  /** For how long a call waits for Redis. Default 500. */
  readonly deadlineMs?: number;
}

const DEFAULT_PREFIX = '{rate-limits}:';
const DEFAULT_DEADLINE_MS = 500;
/** Limits decided together: Redis does nothing else meanwhile, for about a millisecond. */
const MAX_TOGETHER = 128;
/** Whoever waits and is not told looks every some 25 ms, where its process is not too busy. */
const LOOKS_WITHIN_MS = 150;
/** Whoever is told looks by itself every some second; once told, it has as long as the others. */
const CALLED_WITHIN_MS = 1_500;

interface TakeAsk {
  readonly demands: readonly Demand[];
  readonly asker: Asker;
  readonly holds: readonly SlotHold[];
}

/**
 * Buckets and slots in Redis 7 or Valkey, the same for all processes. One round trip decides all that a request demands, by the
 * server's clock; what is asked in one turn of the event loop goes in one command. Leases of who died end by themselves, and so
 * do buckets that are full.
 *
 * All calls reject with a {@link LimitStoreError} where Redis does not answer, or not what it should.
 *
 * @throws TypeError naming the option
 */
export class RedisStore implements LimitStore {
  readonly #redis: RedisClient;
  readonly #prefix: string;
  readonly #origin = randomUUID();
  readonly #freed: FreedChannel;
  readonly #takes: DeadlineBatches<TakeAsk>;
  readonly #looks: DeadlineBatches<Demand>;
  readonly #corrections: DeadlineBatches<Correction>;
  readonly #releases: DeadlineBatches<SlotHold>;
  readonly #renewals: DeadlineBatches<SlotHold>;
  readonly #resets: DeadlineBatches<Demand>;
  readonly #comesWithinMs: string;
  #leases = 0;
  #isClosed = false;

  /** With a `subscriber` only: without, nobody would be told. */
  readonly onFreed: LimitStore['onFreed'];

  constructor(options: RedisStoreOptions) {
    const { redis, subscriber, prefix = DEFAULT_PREFIX, deadlineMs = DEFAULT_DEADLINE_MS } = options;
    this.#redis = redis;
    this.#prefix = checkPrefix(prefix);
    this.#freed = new FreedChannel(`${this.#prefix}freed`, this.#origin, subscriber);
    this.onFreed = subscriber && ((listener) => this.#listen(listener));
    this.#comesWithinMs = String(subscriber ? CALLED_WITHIN_MS : LOOKS_WITHIN_MS);
    const common = { maxSize: MAX_TOGETHER, deadlineMs: finiteAbove0('deadlineMs', deadlineMs) };
    this.#takes = new DeadlineBatches({
      ...common,
      name: 'take',
      sizeOf: ({ demands }) => demands.length,
      send: (asks) => this.#sendTakes(asks),
      onLate: (ask, answer) => this.#giveBack(ask, answer),
    });
    this.#looks = new DeadlineBatches({ ...common, name: 'look', send: (asks) => this.#sendLooks(asks) });
    this.#corrections = new DeadlineBatches({
      ...common,
      name: 'correct',
      send: (asks) => this.#sendCorrections(asks),
    });
    this.#releases = new DeadlineBatches({ ...common, name: 'release', send: (asks) => this.#sendReleases(asks) });
    this.#renewals = new DeadlineBatches({ ...common, name: 'renew', send: (asks) => this.#sendRenewals(asks) });
    this.#resets = new DeadlineBatches({ ...common, name: 'reset', send: (asks) => this.#sendResets(asks) });
  }

  async take(demands: readonly Demand[], asker: Asker): Promise<Decision> {
    this.#mustBeOpen();
    const ask = { demands, asker, holds: this.#holdsFor(demands, asker) };
    return asDecision(demands, ask.holds, await this.#takes.ask(ask));
  }

  async look(demands: readonly Demand[]): Promise<readonly Standing[]> {
    this.#mustBeOpen();
    const answers = await Promise.all(demands.map((demand) => this.#looks.ask(demand)));
    return answers.map((answer, index) => {
      const [remaining, resetMs] = asWholeNumbers('look', 2, answer) as [number, number];
      return asStanding(demands[index]!, remaining, resetMs);
    });
  }

  async correct(corrections: readonly Correction[]): Promise<void> {
    this.#mustBeOpen();
    await flags(this.#corrections, 'correct', corrections);
  }

  async release(holds: readonly SlotHold[]): Promise<void> {
    this.#mustBeOpen();
    await flags(this.#releases, 'release', holds);
  }

  async renew(holds: readonly SlotHold[]): Promise<readonly SlotHold[]> {
    this.#mustBeOpen();
    const areHeld = await flags(this.#renewals, 'renew', holds);
    return holds.filter((_hold, index) => !areHeld[index]);
  }

  async reset(demands: readonly Demand[]): Promise<void> {
    this.#mustBeOpen();
    await flags(this.#resets, 'reset', demands);
  }

  /** Resolves when all that was asked before has its answer, within the deadline. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const all = [this.#takes, this.#looks, this.#corrections, this.#releases, this.#renewals, this.#resets];
    await Promise.all([...all.map((batches) => batches.settled()), this.#freed.close()]);
  }

  #listen(listener: (limitName: string, subject: string) => void): () => void {
    this.#mustBeOpen();
    return this.#freed.listen(listener);
  }

  #holdsFor(demands: readonly Demand[], { client }: Asker): readonly SlotHold[] {
    const holds: SlotHold[] = [];
    for (const demand of demands) {
      if (!isSlots(demand)) continue;
      const id = `${this.#origin}:${(this.#leases++).toString(36)}:${leaseOf(demand.limit)}`;
      const lease = `${id} ${textOf(client)}`;
      holds.push({ limit: demand.limit, subject: demand.subject, lease });
    }
    return holds;
  }

  #sendTakes(asks: readonly TakeAsk[]): Promise<unknown> {
    const sent = new Arguments(this.#prefix).add(String(asks.length));
    for (const { demands, asker, holds } of asks) {
      sent.add(String(demands.length), holds.length > 0 ? '1' : '0');
      if (holds.length > 0) {
        const comesWithinMs = asker.waits ? this.#comesWithinMs : '0';
        sent.add(textOf(asker.client), String(asker.weight ?? 1), comesWithinMs).line(demands, asker);
      }
      let slot = 0;
      for (const demand of demands) {
        if (isRate(demand)) {
          sent
            .add('r')
            .bucket(demand)
            .add(String(demand.cost ?? 1));
        } else {
          const hold = holds[slot++]!;
          sent.add('s', String(hold.limit.slots), leaseOf(hold.limit), hold.lease).slots(hold);
        }
      }
    }
    return this.#run(TAKE, sent);
  }

  /** What was granted too late for who asked. It would be held by nobody. */
  #giveBack({ demands, holds }: TakeAsk, answer: unknown): void {
    if (!Array.isArray(answer) || answer[0] !== 0) return;
    const taken = demands.filter(isRate);
    const back = [
      ...holds.map((hold) => this.#releases.ask(hold)),
      ...taken.map(({ limit, subject, cost = 1 }) => this.#corrections.ask({ limit, subject, by: -cost })),
    ];
    // Where that fails too, leases end and buckets fill by themselves.
    void Promise.allSettled(back);
  }

  #sendLooks(asks: readonly Demand[]): Promise<unknown> {
    const sent = new Arguments(this.#prefix);
    for (const demand of asks) {
      if (isRate(demand)) sent.add('r').bucket(demand);
      else if (isSlots(demand)) sent.add('s', String(demand.limit.slots)).slots(demand);
    }
    return this.#run(LOOK, sent);
  }

  #sendCorrections(asks: readonly Correction[]): Promise<unknown> {
    const sent = new Arguments(this.#prefix);
    for (const correction of asks) sent.bucket(correction).add(String(correction.by));
    return this.#run(CORRECT, sent);
  }

  #sendReleases(asks: readonly SlotHold[]): Promise<unknown> {
    const sent = new Arguments(this.#prefix).add(this.#freed.name);
    for (const hold of asks) sent.slots(hold).add(hold.lease, this.#freed.messageOf(hold));
    return this.#run(RELEASE, sent);
  }

  #sendRenewals(asks: readonly SlotHold[]): Promise<unknown> {
    const sent = new Arguments(this.#prefix);
    for (const hold of asks) sent.slots(hold).add(hold.lease, leaseOf(hold.limit));
    return this.#run(RENEW, sent);
  }

  #sendResets(asks: readonly Demand[]): Promise<unknown> {
    const sent = new Arguments(this.#prefix).add(this.#freed.name);
    for (const demand of asks) {
      if (isRate(demand)) sent.add('r').bucketKey(demand);
      else if (isSlots(demand)) sent.add('s', this.#freed.messageOf(demand)).slots(demand);
    }
    return this.#run(RESET, sent);
  }

  #run(script: Script, { keys, args }: Arguments): Promise<unknown> {
    return run(this.#redis, script, keys, args);
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw new LimitStoreError('closed', 'the store was closed');
  }
}

async function flags<Ask>(
  batches: DeadlineBatches<Ask>,
  name: string,
  asks: readonly Ask[],
): Promise<readonly boolean[]> {
  const answers = await Promise.all(asks.map((ask) => batches.ask(ask)));
  return answers.map((answer) => asFlag(name, answer));
}
