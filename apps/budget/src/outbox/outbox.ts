import { Injectable } from '@nestjs/common';
import type { EventContract, PayloadOf } from '@purser/contracts';
import { Database } from '@purser/database';
import { OutboxRelay } from '@purser/messaging';
import { OutboxRepository } from './outbox.repository.ts';

/** Where a transaction puts the events that tell of it. */
@Injectable()
export class Outbox {
  readonly #database: Database;
  readonly #repository: OutboxRepository;
  readonly #relay: OutboxRelay;

  constructor(database: Database, repository: OutboxRepository, relay: OutboxRelay) {
    this.#database = database;
    this.#repository = repository;
    this.#relay = relay;
  }

  /** Publishes the event, at least once, if the current transaction commits; soon after it does. */
  async add<C extends EventContract>(contract: C, payload: PayloadOf<C>): Promise<void> {
    await this.#repository.add(contract, payload);
    await this.#database.afterCommit(() => this.#relay.nudge());
  }
}
