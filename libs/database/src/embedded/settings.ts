import { EmbeddedPostgresError } from './embedded-postgres-error.ts';

const TUNED: Readonly<Record<string, string>> = {
  max_connections: '200',
  shared_buffers: '128MB',
  synchronous_commit: 'on',
  wal_compression: 'on',
  // Compiling a plan costs more than our short statements take.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  cluster_name: 'purser',
  // Errors that the client is told of need no second report here; crashes and refusals are still logged.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
};

const NOT_DURABLE: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
};

// Set last: the guard, the orphan search and the access rules depend on them.
const FIXED: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  log_destination: 'stderr',
  logging_collector: 'off',
};

/** The server's `-c name=value` arguments. `settings` win over the tuned values, never over what keeps it ours. */
export function settingArguments(durable: boolean, settings: Readonly<Record<string, string>>): string[] {
  for (const name of Object.keys(settings)) {
    if (!/^[a-z][a-z0-9_.]*$/.test(name) || name in FIXED || name === 'port' || name === 'data_directory') {
      throw new EmbeddedPostgresError(`The embedded PostgreSQL takes no setting "${name}".`);
    }
  }
  const all = { ...TUNED, ...(durable ? {} : NOT_DURABLE), ...settings, ...FIXED };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
