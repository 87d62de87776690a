import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { OutboxRelay } from '@purser/messaging';

/** Runs the relay while the app runs; at the end it lets out what the last transactions added. */
@Injectable()
export class OutboxRelayLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #relay: OutboxRelay;

  constructor(relay: OutboxRelay) {
    this.#relay = relay;
  }

  onApplicationBootstrap(): void {
    this.#relay.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.#relay.stop();
  }
}
