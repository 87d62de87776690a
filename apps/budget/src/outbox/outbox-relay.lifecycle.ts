import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Drain } from '@purser/health';
import { OutboxRelay } from '@purser/messaging';

/** Runs the relay while the app runs; at the end it lets out what the last transactions added. */
@Injectable()
export class OutboxRelayLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #relay: OutboxRelay;

  constructor(relay: OutboxRelay, drain: Drain) {
    this.#relay = relay;
    drain.add('flush', 'outbox', (deadlineMs) => relay.stop(deadlineMs));
  }

  onApplicationBootstrap(): void {
    this.#relay.start();
  }

  /** For an app that is closed without a drain. */
  beforeApplicationShutdown(): Promise<void> {
    return this.#relay.stop();
  }
}
