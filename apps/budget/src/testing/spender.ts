import { hello, lease, recover, settle, type RequestOf, type ResponseOf } from '@purser/contracts';
import type { MessageClient } from '@purser/messaging';
import { v7 as uuidv7 } from 'uuid';

type LeaseAnswer = Exclude<ResponseOf<typeof lease>, { fenced: true }>;

/** A gateway's session as the budget service sees it: plain messages, no cleverness. */
export class Spender {
  readonly gatewayId: string;
  session = uuidv7();
  #seq = 0;
  readonly #client: MessageClient;

  constructor(client: MessageClient, gatewayId = uuidv7()) {
    this.#client = client;
    this.gatewayId = gatewayId;
  }

  hello(trusted = true): Promise<ResponseOf<typeof hello>> {
    return this.#client.request(hello, { gatewayId: this.gatewayId, session: this.session, trusted });
  }

  /** Sends the next lease message. */
  lease(parts: Partial<RequestOf<typeof lease>> = {}): Promise<ResponseOf<typeof lease>> {
    // It has every configuration in force, so that no write waits for it.
    const configVersion = Number.MAX_SAFE_INTEGER;
    const message = { session: this.session, needs: [], returns: [], configVersion, ...parts };
    return this.#client.request(lease, { seq: (this.#seq += 1), ...message });
  }

  /** Asks once for an amount in all of these budgets. */
  async ask(budgets: string[], amount: bigint, more: Partial<LeaseNeed> = {}): Promise<LeaseAnswer> {
    const extra = budgets.map(() => '0');
    const need = { id: 'need', amount: String(amount), budgets, waitedMs: 0, maxWaitMs: 0, extra, ...more };
    const answer = await this.lease({ needs: [need] });
    if ('fenced' in answer) throw new Error('the session is fenced');
    return answer;
  }

  settle(records: readonly unknown[]): Promise<ResponseOf<typeof settle>> {
    return this.#client.request(settle, { session: this.session, records: [...records] });
  }

  recover(session: string): Promise<ResponseOf<typeof recover>> {
    return this.#client.request(recover, { session });
  }
}

type LeaseNeed = RequestOf<typeof lease>['needs'][number];
