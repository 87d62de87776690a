export {
  MessageClient,
  type GuardedRequest,
  type MessageClientOptions,
  type RequestGuard,
  type RequestOptions,
  type WhenNobodyServes,
} from './core/message-client.ts';
export { EventBus, eventBody, newEvent, type DomainEvent } from './core/event-bus.ts';
export {
  answerFleet,
  askFleet,
  type FleetAnswers,
  type FleetAskOptions,
  type FleetQuestion,
} from './core/fleet-question.ts';
export { PublishChannel } from './core/publish-channel.ts';
export { messageContext, withMessageContext, type ContextStart, type MessageContext } from './core/message-context.ts';
export type {
  ConsumerOptions,
  EventHandler,
  EventMessage,
  EventOutcome,
  Message,
  MessageHandler,
  MessageHeaders,
  MessageTransport,
  OutgoingEvent,
  Receiver,
  Respond,
  TransportRequestOptions,
  TransportStatus,
} from './core/transport.ts';
export { InProcessBroker, type InProcessBrokerOptions } from './drivers/in-process/in-process-broker.ts';
export { natsTransport, type NatsTransportOptions } from './drivers/nats/nats-transport.ts';
export type { EventRetention } from './drivers/nats/event-streams.ts';
export { Consumes, Handles, Listens, type ConsumesOptions } from './nest/decorators.ts';
export { MessageDetails } from './nest/message-details.ts';
export {
  messagingStrategy,
  MessagingStrategy,
  type AdmitMessage,
  type MessagingStrategyOptions,
} from './nest/messaging-strategy.ts';
export { messageTransport, MessagingModule, type MessagingModuleOptions } from './nest/messaging.module.ts';
export { OutboxRelay, type OutboxRelayOptions } from './outbox/outbox-relay.ts';
export type { OutboxEvent, OutboxStore } from './outbox/outbox-store.ts';
export { natsVariables } from './nats-variables.ts';
