import { Injectable } from '@nestjs/common';
import type { EventContract, PayloadOf } from '@purser/contracts';
import { Database } from '@purser/database';
import { eventBody, type OutboxEvent, type OutboxStore } from '@purser/messaging';
import { v7 as uuidv7 } from 'uuid';

/** The outbox table. A row is there from the commit of what it tells of until the event is durable. */
@Injectable()
export class OutboxRepository implements OutboxStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds an event to the current transaction. */
  async add<C extends EventContract>(contract: C, payload: PayloadOf<C>): Promise<void> {
    const body = eventBody(contract, payload);
    await this.#database.query('INSERT INTO outbox (id, subject, payload) VALUES ($1, $2, $3)', [
      uuidv7(),
      contract.subject,
      body,
    ]);
  }

  /** Locks: one advisory lock for the transaction, which keeps other replicas from publishing at the same time. */
  takeBatch(limit: number, deliver: (events: readonly OutboxEvent[]) => Promise<void>): Promise<number> {
    return this.#database.transaction(async () => {
      const [lock] = await this.#database.query<{ locked: boolean }>(
        `SELECT pg_try_advisory_xact_lock(hashtext('purser.outbox'), hashtext(current_schema())) AS locked`,
      );
      if (!lock?.locked) return 0;
      const events = await this.#database.query<{ id: string; subject: string; payload: unknown }>(
        'SELECT id, subject, payload FROM outbox ORDER BY seq LIMIT $1',
        [limit],
      );
      if (events.length === 0) return 0;
      await deliver(events);
      await this.#database.query('DELETE FROM outbox WHERE id = ANY($1::uuid[])', [events.map(({ id }) => id)]);
      return events.length;
    });
  }
}
