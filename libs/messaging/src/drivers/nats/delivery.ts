import type { Msg } from '@nats-io/transport-node';
import type { EventMessage } from '../../core/transport.ts';
import { fromNats } from './nats-headers.ts';

const idHeader = 'Nats-Msg-Id';

/** An event that JetStream handed over, and the ways to answer it (NATS ADR-15); the first answer counts. */
export interface Delivery {
  readonly event: EventMessage;
  ack(): void;
  /** Deliver it again, to any replica, after `delayMs`. */
  nak(delayMs: number): void;
}

/** `message` as a delivery; undefined when it is one of JetStream's status messages. */
export function deliveryOf(message: Msg): Delivery | undefined {
  const place = placeOf(message.reply ?? '');
  if (!place) return undefined;
  const { [idHeader]: id, ...headers } = fromNats(message.headers);
  const event = {
    // Something else than Purser may publish here; its place in the stream is as good a name.
    id: id ?? `${place.stream}:${place.sequence}`,
    subject: message.subject,
    body: message.string(),
    headers,
    deliveries: place.deliveries,
  };
  return {
    event,
    ack: () => message.respond('+ACK'),
    nak: (delayMs) => message.respond(`-NAK ${JSON.stringify({ delay: Math.round(delayMs * 1e6) })}`),
  };
}

/**
 * Reads `$JS.ACK.<stream>.<consumer>.<deliveries>.<sequence>.…`; newer servers put domain and account before the stream.
 */
function placeOf(reply: string) {
  const tokens = reply.split('.');
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK') return undefined;
  const [stream, , deliveries, sequence] = tokens.length === 9 ? tokens.slice(2) : tokens.slice(4);
  return { stream, deliveries: Number(deliveries), sequence };
}
