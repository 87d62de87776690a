import { Logger } from '@nestjs/common';
import { FallbackStore, Limiter, MemoryStore, type AvailabilityChange, type LimitStore } from '@purser/rate-limiting';
import { RedisStore } from '@purser/rate-limiting/redis';
import { openRedis, type RedisConnection } from '@purser/redis';
import { onceAMinute } from '@purser/service-caching';
import type { WebGatewayConfig } from '../web-gateway.config.ts';

/** The limiter of a gateway, and what it is made of. */
export class OpenedLimiter {
  constructor(
    readonly limiter: Limiter,
    /** Undefined: nothing is shared with other gateways. */
    readonly shared: FallbackStore | undefined,
    private readonly connections: readonly RedisConnection[],
  ) {}

  async close(): Promise<void> {
    await this.limiter.close();
    await Promise.all(this.connections.map((connection) => connection.close()));
  }
}

type LimiterConfig = Pick<WebGatewayConfig, 'REDIS_URL' | 'SLOT_QUEUE_LIMIT' | 'SLOT_QUEUE_TIMEOUT_MS'>;

const PREFIX = '{purser:limits}:';
/** Slower than that Redis holds up requests more than its limits are worth: a share of them is held here meanwhile. */
const REDIS_DEADLINE_MS = 250;

/**
 * Opens the limiter: in memory, or over Redis where that is configured, with a share of each limit in memory while Redis is
 * away.
 *
 * @param share the part of each limit that this gateway may give on its own
 */
export async function openLimiter(config: LimiterConfig, share: () => number): Promise<OpenedLimiter> {
  const logger = new Logger('Limits');
  const queue = { mostWaiting: config.SLOT_QUEUE_LIMIT, waitMs: config.SLOT_QUEUE_TIMEOUT_MS };
  const warnSeldom = onceAMinute((text) => logger.warn(text));
  const onProblem = (error: unknown): void => warnSeldom(`What is kept of limits may be wrong: ${messageOf(error)}`);
  const onLost = (): void => warnSeldom('A place ended while it was held: more may be taken than there are.');
  const options = { queue, onProblem, onLost };
  if (config.REDIS_URL === undefined)
    return new OpenedLimiter(new Limiter({ ...options, store: new MemoryStore() }), undefined, []);
  const connections = await connect(config.REDIS_URL);
  const store = sharedStore(connections, share, (change) => tell(logger, change, share()));
  return new OpenedLimiter(new Limiter({ ...options, store }), store, connections);
}

function sharedStore(
  [redis, subscriber]: readonly RedisConnection[],
  share: () => number,
  onChange: (change: AvailabilityChange) => void,
): FallbackStore {
  const primary: LimitStore = new RedisStore({
    ...{ redis: redis!.client, subscriber: subscriber!.client },
    ...{ prefix: PREFIX, deadlineMs: REDIS_DEADLINE_MS },
  });
  return new FallbackStore({ primary, share, onChange });
}

/** One for commands, one that listens. */
async function connect(url: string): Promise<readonly RedisConnection[]> {
  const connections: RedisConnection[] = [];
  try {
    for (const name of ['purser-limits', 'purser-limits-freed']) connections.push(await openRedis(url, { name }));
    return connections;
  } catch (error) {
    await Promise.all(connections.map((connection) => connection.close()));
    throw error;
  }
}

function tell(logger: Logger, { isAway, error }: AvailabilityChange, share: number): void {
  if (!isAway) return logger.log('Redis is there: gateways share what they count of limits again.');
  const held = share === 1 ? 'all' : `1/${Math.round(1 / share)}`;
  logger.warn(`Redis is away (${messageOf(error)}): this gateway holds ${held} of each limit by itself meanwhile.`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
