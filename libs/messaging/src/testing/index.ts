import { describe } from '@jest/globals';
import { describeDurableEvents } from './durable_events.ts';
import { useTransports, type TransportHarness } from './harness.ts';
import { describePublishes } from './publishes.ts';
import { describeRequestReply } from './request_reply.ts';
import { describeServices } from './services.ts';

export type { TransportHarness };

/** Declares the tests that every {@link MessageTransport} passes, by itself and below Nest. */
export function describeMessageTransport(driver: string, open: () => Promise<TransportHarness>): void {
  describe(`${driver} transport`, () => {
    const transports = useTransports(open);
    describeRequestReply(transports);
    describePublishes(transports);
    describeDurableEvents(transports);
    describeServices(transports);
  });
}
