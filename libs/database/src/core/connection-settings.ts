import { quotedSchema } from './schema-name.ts';

export interface ConnectionSettings {
  /** `postgresql://user:password@host:port/database?sslmode=…` */
  readonly url: string;
  /** The one schema that unqualified names mean; `public` comes after it, for extensions. */
  readonly schema: string;
  /** Shown by `pg_stat_activity`. */
  readonly applicationName: string;
  readonly connectTimeoutMs: number;
}

/**
 * What every connection of ours is opened with, as `pg` takes it. The search path travels with the connection's start,
 * so no query can run before it is set and it costs no round trip.
 */
export function connectionConfig(settings: ConnectionSettings) {
  const url = new URL(settings.url);
  const own = url.searchParams.get('options') ?? '';
  // `pg` lets the URL win over everything given beside it, so ours would be lost.
  url.searchParams.delete('options');
  return {
    connectionString: url.href,
    options: `${own} -c search_path=${quotedSchema(settings.schema)},public`.trim(),
    application_name: settings.applicationName,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
}
