import { Controller } from '@nestjs/common';
import { readConfiguration, type ReceivedOf, type ResponseOf } from '@purser/contracts';
import { Handles } from '@purser/messaging';
import { ConfigurationService } from './configuration.service.ts';

/** The messages of `budget.configuration`. */
@Controller()
export class ConfigurationController {
  readonly #service: ConfigurationService;

  constructor(service: ConfigurationService) {
    this.#service = service;
  }

  @Handles(readConfiguration)
  read(message: ReceivedOf<typeof readConfiguration>): Promise<ResponseOf<typeof readConfiguration>> {
    return this.#service.read(message);
  }
}
