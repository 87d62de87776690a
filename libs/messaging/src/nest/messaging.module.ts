import { Logger, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { EventBus } from '../core/event-bus.ts';
import { MessageClient, type RequestGuard, type WhenNobodyServes } from '../core/message-client.ts';
import type { MessageTransport } from '../core/transport.ts';

export interface MessagingModuleOptions {
  /** The service's name, as in its subjects and in the transport. */
  readonly service: string;
  readonly transport: MessageTransport;
  /** Requests under way at once; see MessageClient. Default 10 000. */
  readonly maxInFlight?: number;
  /** What the service's requests do while no replica of another is there; see MessageClient. Default `fail`. */
  readonly whenNobodyServes?: WhenNobodyServes;
  /** What the service's requests go through. Default: nothing. */
  readonly guard?: RequestGuard;
}

/** Injection token of the service's {@link MessageTransport}. */
export const messageTransport = Symbol('MessageTransport');

/** Closes the transport with the app, in case nothing has done so before. */
class TransportLifecycle implements OnApplicationShutdown {
  readonly #logger = new Logger('Messaging');
  readonly #transport: MessageTransport;
  readonly #unlisten: () => void;

  constructor(transport: MessageTransport) {
    this.#transport = transport;
    let last = transport.status;
    this.#unlisten = transport.onStatus((status, detail) => {
      const line = `Messages of ${transport.name} are ${status}${detail === undefined ? '' : ` (${detail})`}.`;
      if (status === 'reconnecting' || status === last) this.#logger.warn(line);
      else this.#logger.log(line);
      last = status;
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.#unlisten();
    await this.#transport.close();
  }
}

/** Provides {@link MessageClient}, {@link EventBus} and the transport, connected, to the whole app. */
@Module({})
export class MessagingModule {
  /** @throws Error when the transport is another service's: its queue and its events would be that service's */
  static forRoot({ service, transport, ...client }: MessagingModuleOptions): DynamicModule {
    if (transport.name !== service) {
      throw new Error(`The transport of ${transport.name} was given to ${service}; make one with name: '${service}'.`);
    }
    return {
      module: MessagingModule,
      global: true,
      providers: [
        {
          provide: messageTransport,
          useFactory: async (): Promise<MessageTransport> => {
            await transport.connect();
            return transport;
          },
        },
        {
          provide: TransportLifecycle,
          inject: [messageTransport],
          useFactory: (connected: MessageTransport) => new TransportLifecycle(connected),
        },
        {
          provide: MessageClient,
          inject: [messageTransport],
          useFactory: (connected: MessageTransport) => new MessageClient(connected, client),
        },
        {
          provide: EventBus,
          inject: [messageTransport],
          useFactory: (connected: MessageTransport) => new EventBus(connected),
        },
      ],
      exports: [messageTransport, MessageClient, EventBus],
    };
  }
}
