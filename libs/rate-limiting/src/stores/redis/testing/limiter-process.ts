import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { rateLimit, slotLimit } from '../../../core/limit.ts';
import { Limiter } from '../../../core/limiter.ts';
import { FallbackStore } from '../../fallback/index.ts';
import { RedisStore } from '../redis-store.ts';
import type {
  HammeredGrant,
  ProcessAnswer,
  ProcessCall,
  ProcessCalls,
  ProcessOptions,
  WorkedHold,
  WorkingClient,
} from './limiter-processes.ts';

// A process with a limiter of its own on a shared Redis, for a parent that asks it over the channel between them.
const SUBJECT = 'subject';
const { url, prefix, share } = JSON.parse(process.argv[2]!) as ProcessOptions;
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

const primary = new RedisStore({
  redis: await connect(false),
  subscriber: await connect(true),
  prefix,
  deadlineMs: 10_000,
});
const store = new FallbackStore({ primary, share, probeEveryMs: 100 });
const limiter = new Limiter({ store, onProblem: failed });
const errors: string[] = [];
const asked: Record<string, number> = {};
let decided = 0;
let isEnding = false;

const calls: { [N in keyof ProcessCalls]: (...args: Parameters<ProcessCalls[N]>) => unknown } = {
  async hammer({ callers, ...rate }) {
    const limit = rateLimit('rate', rate);
    const grants: HammeredGrant[] = [];
    const call = async (): Promise<void> => {
      const sentAt = now();
      const answer = await limiter.take([{ limit, subject: SUBJECT }], { client: SUBJECT });
      decided += 1;
      const isLocal = (answer.standings[0]!.limit as typeof limit).capacity !== limit.capacity;
      if (answer.allowed) grants.push({ sentAt, receivedAt: now(), isLocal });
      else await sleep(Math.min(answer.retryAfterMs ?? 0, 10));
    };
    await repeat(callers, call);
    return grants;
  },
  async work({ slots, leaseMs, holdMs, clients }) {
    const limit = slotLimit('slots', { slots, leaseMs });
    const holds: WorkedHold[] = [];
    const call = async (client: string): Promise<void> => {
      asked[client] = (asked[client] ?? 0) + 1;
      const grant = await limiter.acquire([{ limit, subject: SUBJECT }], { client, waitMs: 60_000 });
      decided += 1;
      const from = now();
      await sleep(holdMs);
      holds.push({ client, from, to: now() });
      await grant.release();
    };
    const work = async ({ client, callers = 0, everyMs }: WorkingClient): Promise<void> => {
      await repeat(callers, () => call(client));
      while (everyMs !== undefined && !isEnding) {
        call(client).catch(failed);
        await sleep(everyMs);
      }
    };
    await Promise.all(clients.map(work));
    return holds;
  },
  async hold({ slots, leaseMs, count }) {
    const limit = slotLimit('slots', { slots, leaseMs });
    const take = async () => limiter.take([{ limit, subject: SUBJECT }], { client: 'holder' });
    const answers = await Promise.all(Array.from({ length: count }, take));
    return answers.filter(({ allowed }) => allowed).length;
  },
  end() {
    isEnding = true;
  },
  report: () => ({ decided, asked, errors, fallback: store.statistics() }),
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
