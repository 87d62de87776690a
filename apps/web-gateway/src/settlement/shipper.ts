import type { RequestOf, ResponseOf, UsageRecord, settle } from '@purser/contracts';
import type { Clock } from '../leases/clock.ts';

/** The budget service's side of settlement; may fail or never be answered. */
export interface SettlementTransport {
  settle(message: RequestOf<typeof settle>): Promise<ResponseOf<typeof settle>>;
}

/** A finished attempt on its way to the ledger. */
export interface Finished {
  readonly session: string;
  readonly record: UsageRecord;
}

const BATCH_RECORDS = 200;
/** When the budget service is slower than the gateway, batches grow up to these instead of queueing. */
const MOST_RECORDS = 500;
const MOST_BYTES = 500_000;
/** Of a record as JSON, but for its names and leases. */
const RECORD_BYTES = 800;
const LEASE_BYTES = 40;
const GATHER_MS = 20;
const RETRY_MS = 100;
const MOST_RETRY_MS = 2_000;

/**
 * Ships finished attempts to the budget service, at least once each, a batch at a time. Nothing is lost when it can't be
 * reached: it is tried until it is, and the journal still has the records when the process ends before that.
 */
export class Shipper {
  readonly #clock: Clock;
  readonly #transport: SettlementTransport;
  readonly #onSettled: (finished: readonly Finished[]) => void;
  readonly #onMalformed: (record: UsageRecord) => void;
  #queue: Finished[] = [];
  #shipping = false;
  #gathering = false;
  #retryMs = RETRY_MS;
  #stopped = false;
  #hurry: () => void = () => undefined;

  /** @param options.onSettled settled now or before. What the budget service could not read goes to `onMalformed` alone */
  constructor(
    clock: Clock,
    transport: SettlementTransport,
    options: { onSettled: (finished: readonly Finished[]) => void; onMalformed: (record: UsageRecord) => void },
  ) {
    this.#clock = clock;
    this.#transport = transport;
    this.#onSettled = options.onSettled;
    this.#onMalformed = options.onMalformed;
  }

  /** How many are not settled yet. */
  get waiting(): number {
    return this.#queue.length;
  }

  ship(finished: Finished): void {
    this.#queue.push(finished);
    if (this.#shipping || this.#stopped) return;
    if (this.#queue.length >= BATCH_RECORDS) this.#hurry();
    else this.#gather();
  }

  /** Ships now what waits, without gathering more. */
  flush(): void {
    if (this.#gathering) this.#hurry();
  }

  stop(): void {
    this.#stopped = true;
  }

  #gather(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    const go = (): void => {
      cancel();
      if (!this.#gathering) return;
      this.#gathering = false;
      void this.#run();
    };
    const cancel = this.#clock.after(GATHER_MS, go);
    this.#hurry = go;
  }

  async #run(): Promise<void> {
    this.#shipping = true;
    while (this.#queue.length > 0 && !this.#stopped) {
      const batch = this.#queue.slice(0, fitting(this.#queue));
      if (await this.#send(batch)) {
        this.#queue = this.#queue.slice(batch.length);
        this.#retryMs = RETRY_MS;
        // What came meanwhile gathers too, unless it is a batch already.
        if (this.#queue.length < BATCH_RECORDS) break;
      } else {
        await new Promise<void>((resolve) => void this.#clock.after(this.#retryMs, resolve));
        this.#retryMs = Math.min(MOST_RETRY_MS, this.#retryMs * 2);
      }
    }
    this.#shipping = false;
    if (this.#queue.length > 0 && !this.#stopped) this.#gather();
  }

  async #send(batch: readonly Finished[]): Promise<boolean> {
    const records = batch.map(({ record }) => record);
    try {
      const { results } = await this.#transport.settle({ session: (batch[0] as Finished).session, records });
      records.forEach((record, i) => results[i] === 'malformed' && this.#onMalformed(record));
      // What was set aside is not settled: its money stays held, and its session is not recovered.
      this.#onSettled(batch.filter((_, i) => results[i] !== 'malformed'));
      return true;
    } catch {
      return false;
    }
  }
}

/** How many of the first fit one message; all of them of one session. */
function fitting(queue: readonly Finished[]): number {
  let bytes = 0;
  let count = 0;
  for (const { session, record } of queue) {
    if (session !== queue[0]?.session) break;
    const { leases, model, route, requestId } = record;
    bytes += RECORD_BYTES + LEASE_BYTES * leases.length + 6 * (model.length + route.length) + requestId.length;
    if (count > 0 && (bytes > MOST_BYTES || count === MOST_RECORDS)) break;
    count += 1;
  }
  return count;
}
