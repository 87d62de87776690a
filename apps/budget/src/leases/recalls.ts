import { Injectable } from '@nestjs/common';
import { recall } from '@purser/contracts';
import { MessageClient } from '@purser/messaging';

/** Asks all gateways to return what is free of a window. May be lost: the flag on the lease rides on the next answer. */
@Injectable()
export class Recalls {
  readonly #messages: Pick<MessageClient, 'publish'>;

  constructor(messages: MessageClient) {
    this.#messages = messages;
  }

  publish(window: { window: string; epoch: number }): void {
    this.#messages.publish(recall, window);
  }
}
