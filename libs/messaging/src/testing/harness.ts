import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { MessageTransport } from '../core/transport.ts';

/** What a driver brings to be tested. */
export interface TransportHarness {
  /** A new transport for a service, not connected yet; all of one harness reach each other. */
  transport(name: string): MessageTransport;
  /** Stops whatever the harness started. */
  close(): Promise<void>;
}

/** How a suite gets at transports. */
export interface Transports {
  /** Connected, closed after the test. The same name makes replicas of one service. */
  connected(name: string): Promise<MessageTransport>;
  /** A service name that no other test uses, to begin subjects with. */
  name(): string;
}

let names = 0;

/** Opens a harness for the tests of the enclosing `describe`. */
export function useTransports(open: () => Promise<TransportHarness>): Transports {
  let harness: TransportHarness | undefined;
  const opened: MessageTransport[] = [];

  beforeAll(async () => {
    harness = await open();
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((transport) => transport.close()));
  });

  afterAll(async () => {
    await harness?.close();
  });

  return {
    name: () => `conformance-${process.pid}-${++names}`,
    connected: async (name) => {
      const transport = harness!.transport(name);
      opened.push(transport);
      await transport.connect();
      return transport;
    },
  };
}

/** Resolves once `met` answers true; rejects with `what` after 10 s. */
export async function eventually(what: string, met: () => boolean): Promise<void> {
  const endsAt = performance.now() + 10_000;
  while (!met()) {
    if (performance.now() > endsAt) throw new Error(`Not within 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
