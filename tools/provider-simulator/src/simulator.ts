import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import { INSTANT_TOKENS, createInstantServer } from './instant.ts';
import type { LedgerView } from './ledger.ts';
import { listenerFor } from './routes.ts';
import { DEFAULT_SETTINGS, SettingsError, changed } from './settings.ts';
import type { SimulatorSettings } from './settings.ts';
import { SimulatorState } from './state.ts';

/** How a simulator starts; every setting can be given too. */
export interface SimulatorOptions extends Partial<SimulatorSettings> {
  /** Port to listen on. Default 0, a free one. */
  readonly port?: number;
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** What all answers follow from. Default 1. */
  readonly seed?: number | string;
  /**
   * Answer every plain chat completion with the same bytes, made ahead, without looking at the body: for benchmarks.
   * Neither streams, faults nor latency then; the ledger has totals but no entries. Default false.
   */
  readonly instant?: boolean;
  /** How many of the latest requests the ledger lists. Default 10 000. */
  readonly ledgerEntries?: number;
}

/** A simulator that listens. */
export interface Simulator {
  /** Without a path: `http://127.0.0.1:PORT`. OpenAI's API is under `/v1`. */
  readonly url: string;
  readonly port: number;
  /** What it would bill so far. */
  ledger(): LedgerView;
  /** Back to the start: settings, faults' counts, and an empty ledger. */
  reset(): void;
  /**
   * Changes settings while it runs.
   *
   * @throws {SettingsError} when one is unknown or not allowed; then nothing is changed
   */
  configure(changes: Partial<SimulatorSettings>): void;
  /** Cuts every connection and stops listening. Answers once that is done; may be called twice. */
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 20_000;
/** Longer than any latency that can be set, so that it only ends connections whose client has stopped reading. */
const IDLE_MS = 2 * 3_600_000;
/** Longer than clients keep theirs, so that none sends on a connection that is just being closed. */
const KEEP_ALIVE_MS = 75_000;

/**
 * Starts a provider simulator in this process.
 *
 * @throws {SettingsError} when an option is not allowed
 * @throws {Error} when it can't listen there (`EADDRINUSE`, `EACCES`)
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { port = 0, host = '127.0.0.1', seed = 1, instant = false, ledgerEntries = 10_000, ...settings } = options;
  if (!Number.isInteger(ledgerEntries) || ledgerEntries < 1 || ledgerEntries > 1_000_000) {
    throw new SettingsError('ledgerEntries must be a whole number from 1 to 1000000');
  }
  const state = new SimulatorState(String(seed), changed(DEFAULT_SETTINGS, settings), ledgerEntries);
  const http = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, listenerFor(state));
  http.setTimeout(IDLE_MS);
  const server = instant ? instantServer(state, http) : http;
  server.maxConnections = MAX_CONNECTIONS;
  const sockets = trackSockets(server);
  server.listen(port, host);
  await once(server, 'listening');
  const { port: listening, address, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${listening}`,
    port: listening,
    ledger: () => state.ledger.view(),
    reset: () => state.reset(),
    configure: (changes) => state.configure(changes),
    close: () => close(server, http, sockets),
  };
}

function instantServer(state: SimulatorState, http: HttpServer): NetServer {
  const model = state.models.values().next().value!;
  return createInstantServer(model.id, http, (requests) => state.ledger.addCompleted(requests, INSTANT_TOKENS, model));
}

function trackSockets(server: NetServer): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

async function close(server: NetServer, http: HttpServer, sockets: ReadonlySet<Socket>): Promise<void> {
  // Stops the timer that watches its connections, also when it listens only through the instant server.
  if (http !== server) http.close(() => undefined);
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  for (const socket of sockets) socket.destroy();
  await closed;
}
