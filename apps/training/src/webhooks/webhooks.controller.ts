import { Controller } from '@nestjs/common';
import { receiveGithubWebhook, type ReceivedOf, type ResponseOf } from '@purser/contracts';
import { Handles } from '@purser/messaging';
import { WebhooksService } from './webhooks.service.ts';

/** The messages of `training.webhooks`. */
@Controller()
export class WebhooksController {
  readonly #service: WebhooksService;

  constructor(service: WebhooksService) {
    this.#service = service;
  }

  @Handles(receiveGithubWebhook)
  receive(message: ReceivedOf<typeof receiveGithubWebhook>): Promise<ResponseOf<typeof receiveGithubWebhook>> {
    return this.#service.receive(message);
  }
}
