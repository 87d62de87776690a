import type { DependenciesOfAll, LimitersOfAll, PoolsOfAll, TrafficStatistics } from '@purser/contracts';
import { askFleet, type MessageTransport } from '@purser/messaging';
import type { LiveReplicas } from './live-replicas.ts';
import { trafficQuestion } from './traffic.responder.ts';

/** The pools, limiters and dependencies of all replicas of all services, as one of them sees them. */
export class TrafficFleet {
  readonly #replicas: Pick<LiveReplicas, 'names'>;
  readonly #transport: MessageTransport;
  readonly #timeoutMs: number;

  /** @param options.timeoutMs how long replicas that were heard of late are waited for. Default 1 000 */
  constructor(replicas: Pick<LiveReplicas, 'names'>, transport: MessageTransport, { timeoutMs = 1_000 } = {}) {
    this.#replicas = replicas;
    this.#transport = transport;
    this.#timeoutMs = timeoutMs;
  }

  pools(): Promise<PoolsOfAll> {
    return this.#rows(({ pools }) => pools);
  }

  limiters(): Promise<LimitersOfAll> {
    return this.#rows(({ limiters }) => Object.entries(limiters).map(([limiter, counts]) => ({ limiter, ...counts })));
  }

  dependencies(): Promise<DependenciesOfAll> {
    return this.#rows(({ dependencies }) => dependencies);
  }

  async #rows<T>(rowsOf: (statistics: TrafficStatistics) => readonly T[]) {
    const options = { expected: this.#replicas.names(), timeoutMs: this.#timeoutMs };
    const { answers, unanswered } = await askFleet(this.#transport, trafficQuestion, options);
    const all = answers.map(({ statistics }) => statistics).toSorted(byName);
    const data = all.flatMap((each) => rowsOf(each).map((row) => ({ ...naming(each), ...row })));
    return { data, unanswered: [...unanswered] };
  }
}

function naming({ service, replica }: TrafficStatistics): { service: string; replica: string } {
  return { service, replica };
}

function byName(a: TrafficStatistics, b: TrafficStatistics): number {
  return a.service.localeCompare(b.service) || a.replica.localeCompare(b.replica);
}
