import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { rateLimit, slotLimit } from '../../../core/limit.ts';
import { Limiter } from '../../../core/limiter.ts';
import { FallbackStore } from '../../fallback/index.ts';
import type { Grant } from '../../../core/grant.ts';
import { RedisStore } from '../redis-store.ts';
import type {
  HammeredGrant,
  Interval,
  NamedCall,
  ProcessAnswer,
  ProcessCall,
  ProcessCalls,
  ProcessOptions,
  WorkedHold,
} from './limiter-processes.ts';
import { TimelessRedis } from './timeless-redis.ts';

// A process with a limiter of its own on a shared Redis, for a parent that asks it over the channel between them.
const SUBJECT = 'subject';
/** Longer than a test. */
const LONG_MS = 600_000;
const { url, prefix, share, isTimeless } = JSON.parse(process.argv[2]!) as ProcessOptions;
const send = (answer: ProcessAnswer): void => void process.send?.(answer);

async function connect(offlineQueue: boolean): Promise<Redis> {
  const redis = new Redis(url, {
    enableOfflineQueue: offlineQueue,
    maxRetriesPerRequest: offlineQueue ? null : 0,
    retryStrategy: () => 20,
  });
  redis.on('error', () => {});
  await once(redis, 'ready');
  return redis;
}

/** The machine's clock in ms, the same for all its processes. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

const redis = await connect(false);
const primary = new RedisStore({
  redis: isTimeless ? new TimelessRedis(redis) : redis,
  subscriber: await connect(true),
  prefix,
  deadlineMs: 10_000,
});
const store = new FallbackStore({ primary, share, probeEveryMs: 100 });
const limiter = new Limiter({ store, onProblem: failed });
const errors: string[] = [];
const held = new Map<number, Grant>();
let decided = 0;
let refused = 0;
let isEnding = false;

const calls: { [N in keyof ProcessCalls]: (...args: Parameters<ProcessCalls[N]>) => unknown } = {
  async hammer({ callers, ...rate }) {
    const limit = rateLimit('rate', rate);
    const grants: HammeredGrant[] = [];
    const refusals: Interval[] = [];
    const call = async (): Promise<void> => {
      const sentAt = now();
      const answer = await limiter.take([{ limit, subject: SUBJECT }], { client: SUBJECT });
      decided += 1;
      const isLocal = (answer.standings[0]!.limit as typeof limit).capacity !== limit.capacity;
      const interval = { sentAt, receivedAt: now() };
      if (answer.allowed) {
        grants.push({ ...interval, isLocal });
        return;
      }
      refusals.push(interval);
      refused += 1;
      await sleep(Math.min(answer.retryAfterMs ?? 0, 10));
    };
    await repeat(callers, call);
    return { grants, refusals };
  },
  async work({ slots, leaseMs, holdMs, callers }) {
    const limit = slotLimit('slots', { slots, leaseMs });
    const holds: WorkedHold[] = [];
    const call = async (): Promise<void> => {
      const grant = await limiter.acquire([{ limit, subject: SUBJECT }], { client: 'worker', waitMs: LONG_MS });
      decided += 1;
      const from = now();
      await sleep(holdMs);
      holds.push({ from, to: now() });
      await grant.release();
    };
    await repeat(callers, call);
    return holds;
  },
  async hold({ slots, leaseMs, count }) {
    const limit = slotLimit('slots', { slots, leaseMs });
    const take = async () => limiter.take([{ limit, subject: SUBJECT }], { client: 'holder' });
    const answers = await Promise.all(Array.from({ length: count }, take));
    return answers.filter(({ allowed }) => allowed).length;
  },
  acquire({ slots, leaseMs, calls }) {
    const limit = slotLimit('slots', { slots, leaseMs });
    const call = async ({ id, client }: NamedCall): Promise<void> => {
      held.set(id, await limiter.acquire([{ limit, subject: SUBJECT }], { client, waitMs: LONG_MS }));
    };
    for (const one of calls) call(one).catch(failed);
  },
  async release(ids) {
    const grants = ids.map((id) => held.get(id)!);
    for (const id of ids) held.delete(id);
    await Promise.all(grants.map(async (grant) => grant.release()));
  },
  line: () => ({ held: [...held.keys()], waiting: limiter.statistics().waiting }),
  end() {
    isEnding = true;
  },
  report: () => ({ decided, refused, errors, fallback: store.statistics() }),
};

function failed(error: unknown): void {
  errors.push(String(error));
}

/** From so many callers at once. What fails is noted. */
async function repeat(callers: number, call: () => Promise<void>): Promise<void> {
  const caller = async (): Promise<void> => {
    while (!isEnding) await call().catch(failed);
  };
  await Promise.all(Array.from({ length: callers }, caller));
}

process.on('message', ({ id, name, args }: ProcessCall) => {
  const call = calls[name] as (...args: readonly unknown[]) => unknown;
  void new Promise((resolve) => resolve(call(...args))).then(
    (value) => send({ id, value }),
    (error: unknown) => send({ id, failure: String(error) }),
  );
});
// Its parent is gone.
process.on('disconnect', () => process.exit());
send({ id: 0 });
