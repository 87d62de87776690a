import { Injectable } from '@nestjs/common';
import { Database } from '@purser/database';
import { RollupsRepository, type Latencies } from './rollups.repository.ts';
import { fromUsage, SUMS, type LabelledPart, type UsageScope } from './rollups.sql.ts';
import type { SpanPart } from './span-parts.ts';
import type { Sums } from './sums.ts';

/** Of the kinds of one list: an hour, or one of those that cost most. */
interface Slice extends Sums {
  readonly hour: Date | null;
  readonly account: string | null;
  readonly provider: string | null;
  readonly model: string | null;
}

/** What the dashboard shows, all of one moment. */
export interface DashboardSums {
  /** By label. */
  readonly totals: ReadonlyMap<string, Sums>;
  readonly latencies: Latencies | undefined;
  readonly hours: readonly (Sums & { readonly hour: Date })[];
  readonly accounts: readonly (Sums & { readonly account: string })[];
  readonly providers: readonly (Sums & { readonly provider: string })[];
  readonly models: readonly (Sums & { readonly model: string })[];
}

export interface DashboardQuestion {
  /** The spans that are totalled, each under a label. */
  readonly periods: readonly LabelledPart[];
  /** What hours, the tops and latencies are made of. */
  readonly recent: readonly SpanPart[];
  /** How many of each dimension. */
  readonly top: number;
}

/** The sums of the dashboard, in three statements. */
@Injectable()
export class DashboardRepository {
  readonly #database: Database;
  readonly #rollups: RollupsRepository;

  constructor(database: Database, rollups: RollupsRepository) {
    this.#database = database;
    this.#rollups = rollups;
  }

  read(question: DashboardQuestion, scope: UsageScope): Promise<DashboardSums> {
    // Totals and their parts add up only if all are of one moment.
    return this.#database.readOnly(
      async () => {
        const totals = await this.#totals(question.periods, scope);
        const [latencies] = await this.#rollups.latencies(question.recent, scope, [], 1);
        return { totals, latencies, ...(await this.#slices(question, scope)) };
      },
      { isolation: 'REPEATABLE READ' },
    );
  }

  async #totals(periods: readonly LabelledPart[], scope: UsageScope): Promise<DashboardSums['totals']> {
    const { text, values } = fromUsage(periods, scope);
    const rows = await this.#database.query<Sums & { label: string }>(
      `SELECT label, ${SUMS} ${text} GROUP BY label`,
      values,
    );
    return new Map(rows.map((row) => [row.label, row]));
  }

  async #slices(question: DashboardQuestion, scope: UsageScope): Promise<Omit<DashboardSums, 'totals' | 'latencies'>> {
    const { text, values } = fromUsage(question.recent, scope);
    const rows = await this.#database.query<Slice>(
      `WITH groups AS (
         SELECT hour, account_id AS account, provider, model, grouping(hour, account_id, provider, model) AS kind, ${SUMS}
         ${text} CROSS JOIN LATERAL (SELECT date_trunc('hour', at, 'UTC') AS hour) AS hours
         GROUP BY GROUPING SETS ((hour), (account_id), (provider), (model))
       ), ranked AS (
         SELECT *, row_number() OVER (PARTITION BY kind ORDER BY cost_nanos DESC, account, provider, model) AS place
         FROM groups
       )
       SELECT * FROM ranked WHERE hour IS NOT NULL OR place <= $${values.push(question.top)} ORDER BY kind, hour, place`,
      values,
    );
    return {
      hours: rows.filter((row) => row.hour !== null) as DashboardSums['hours'],
      accounts: rows.filter((row) => row.account !== null) as DashboardSums['accounts'],
      providers: rows.filter((row) => row.provider !== null) as DashboardSums['providers'],
      models: rows.filter((row) => row.model !== null) as DashboardSums['models'],
    };
  }
}
