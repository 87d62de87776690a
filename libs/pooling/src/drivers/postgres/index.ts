export { breaksConnection, cutConnection } from './connection.ts';
export { PostgresPool, type ConnectCallback, type PostgresPoolOptions } from './postgres-pool.ts';
