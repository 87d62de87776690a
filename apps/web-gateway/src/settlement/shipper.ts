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

/** How much is gathered for one message, and for how long. */
interface Pace {
  readonly records: number;
  readonly gatherMs: number;
}

const PAID: Pace = { records: 200, gatherMs: 20 };
/**
 * What has no lease holds no money that somebody may wait for: what no budget pays for, and hits of the answer cache, which are
 * many.
 */
const FREE: Pace = { records: 400, gatherMs: 100 };
/** When the budget service is slower than the gateway, batches grow up to these instead of queueing. */
const MOST_RECORDS = 500;
const MOST_BYTES = 500_000;
/** Of a record as JSON, but for its names and leases. */
const RECORD_BYTES = 800;
const LEASE_BYTES = 40;
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
  /** How many of the queue hold money. */
  #paid = 0;
  #shipping = false;
  /** What waits is not gathered any longer. */
  #flushing = false;
  #gathering = false;
  #gatherMs = 0;
  #cancelGathering: () => void = () => undefined;
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
    if (holdsMoney(finished)) this.#paid += 1;
    if (this.#shipping || this.#stopped) return;
    if (this.#queue.length >= this.#pace.records) this.#hurry();
    else this.#gather();
  }

  /** Ships now what waits, without gathering more. */
  flush(): void {
    if (this.#gathering) this.#hurry();
    else this.#flushing = this.#shipping;
  }

  stop(): void {
    this.#stopped = true;
  }

  get #pace(): Pace {
    return this.#paid > 0 ? PAID : FREE;
  }

  #gather(): void {
    const { gatherMs } = this.#pace;
    // What has come so far waits no longer than the first that holds money does.
    if (this.#gathering && this.#gatherMs <= gatherMs) return;
    this.#cancelGathering();
    this.#gathering = true;
    this.#gatherMs = gatherMs;
    const go = (): void => {
      cancel();
      if (!this.#gathering) return;
      this.#gathering = false;
      void this.#run();
    };
    const cancel = this.#clock.after(gatherMs, go);
    this.#cancelGathering = cancel;
    this.#hurry = go;
  }

  async #run(): Promise<void> {
    this.#shipping = true;
    while (this.#queue.length > 0 && !this.#stopped) {
      const batch = this.#queue.slice(0, fitting(this.#queue));
      if (await this.#send(batch)) {
        this.#queue = this.#queue.slice(batch.length);
        this.#paid -= batch.filter(holdsMoney).length;
        this.#retryMs = RETRY_MS;
        // What came meanwhile gathers too, unless it is a batch already.
        if (this.#queue.length < this.#pace.records && !this.#flushing) break;
      } else {
        await new Promise<void>((resolve) => void this.#clock.after(this.#retryMs, resolve));
        this.#retryMs = Math.min(MOST_RETRY_MS, this.#retryMs * 2);
      }
    }
    this.#shipping = this.#flushing = false;
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

function holdsMoney({ record }: Finished): boolean {
  return record.leases.length > 0;
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
