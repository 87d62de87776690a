import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { resetLimits, type PayloadOf } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { PublishChannel, type MessageTransport } from '@purser/messaging';
import { LimitStoreError } from '@purser/rate-limiting';
import type { LiveReplicas } from '@purser/service-traffic';
import type { OpenedLimiter } from './open-limiter.ts';
import { demandsToReset, type ResettableScope } from './reset-demands.ts';
import type { TrafficLimits } from './traffic-limits.ts';

/** Begins limits anew, here and at all other gateways. */
@Injectable()
export class LimitResets implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger('Limits');
  readonly #channel: PublishChannel<typeof resetLimits>;
  #stop: (() => void) | undefined;

  constructor(
    transport: MessageTransport,
    private readonly gateways: Pick<LiveReplicas, 'replica'>,
    private readonly opened: OpenedLimiter,
    private readonly limits: TrafficLimits,
  ) {
    const warn = (error: unknown): void => this.#logger.warn(`A reset was not understood: ${String(error)}`);
    this.#channel = new PublishChannel(transport, resetLimits, warn);
  }

  async onApplicationBootstrap(): Promise<void> {
    this.#stop = await this.#channel.subscribe((reset) => this.#onReset(reset));
  }

  onApplicationShutdown(): void {
    this.#stop?.();
  }

  /**
   * Makes the buckets of a key, an account or a provider full, and its places free, whoever holds them. Other gateways hear of it
   * a moment later.
   *
   * @throws DomainError (as a rejection) `unavailable` where Redis is away
   */
  async reset(scope: ResettableScope, id: string): Promise<void> {
    try {
      await this.opened.limiter.reset(demandsToReset(scope, id));
    } catch (cause) {
      if (!(cause instanceof LimitStoreError)) throw cause;
      throw new DomainError('unavailable', 'Redis is away: what it keeps of limits was not reset.', {}, { cause });
    }
    this.limits.forgetRefusals();
    this.#channel.publish({ scope, id, replica: this.gateways.replica });
  }

  #onReset({ scope, id, replica }: PayloadOf<typeof resetLimits>): void {
    if (replica === this.gateways.replica) return;
    this.limits.forgetRefusals();
    // What is shared was reset by who was asked.
    if (this.opened.shared === undefined) void this.opened.limiter.reset(demandsToReset(scope, id));
  }
}
