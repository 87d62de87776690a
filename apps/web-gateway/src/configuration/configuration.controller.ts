import { Controller } from '@nestjs/common';
import { configurationChanged } from '@purser/contracts';
import { Listens } from '@purser/messaging';
import { ConfigurationStore } from './configuration.store.ts';

/** Hears of changes as they happen. */
@Controller()
export class ConfigurationController {
  constructor(private readonly store: ConfigurationStore) {}

  @Listens(configurationChanged)
  changed({ version }: { version: number }): void {
    this.store.noteVersion(version);
  }
}
