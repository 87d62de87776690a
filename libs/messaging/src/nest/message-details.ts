import { BaseRpcContext } from '@nestjs/microservices';
import type { EventMessage, Message } from '../core/transport.ts';

/** The second argument of a message handler. */
export class MessageDetails extends BaseRpcContext<[Message | EventMessage]> {
  readonly subject: string;
  /** The event's id; empty for anything but a durable event. */
  readonly eventId: string;
  /** How often this event was handed to this consumer, this time included; 1 for anything but a durable event. */
  readonly deliveries: number;

  constructor(message: Message | EventMessage) {
    super([message]);
    this.subject = message.subject;
    this.eventId = 'id' in message ? message.id : '';
    this.deliveries = 'deliveries' in message ? message.deliveries : 1;
  }
}
