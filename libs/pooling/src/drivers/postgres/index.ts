export { breaksConnection, cutConnection, isConnected } from './connection.ts';
export { PostgresPool, type ConnectCallback, type PostgresPoolOptions } from './postgres-pool.ts';
