import { Controller, Get, Param } from '@nestjs/common';
import { DomainError } from '@purser/errors';
import { ConfigurationStore } from '../configuration/configuration.store.ts';
import type { ListedModel } from '../configuration/snapshot.ts';

/** `GET /v1/models` and `GET /v1/models/:id`, in OpenAI's wire format. */
@Controller('v1/models')
export class ModelsController {
  constructor(private readonly configuration: ConfigurationStore) {}

  /** Every name that can be sent as `model`. */
  @Get()
  list() {
    return { object: 'list', data: this.#models().map(modelObject) };
  }

  /** One of them; a name may hold slashes, as they are or percent-encoded. */
  @Get('*')
  find(@Param('*') name: string) {
    const model = this.#models().find((listed) => listed.id === name);
    if (model) return modelObject(model);
    throw new DomainError('model_not_found', `The model ${JSON.stringify(name)} does not exist.`, { field: 'model' });
  }

  #models(): readonly ListedModel[] {
    const { current } = this.configuration;
    if (current) return current.listModels();
    throw new DomainError('unavailable', 'The configuration has not been read yet.');
  }
}

function modelObject({ id, created, ownedBy }: ListedModel) {
  return { id, object: 'model', created, owned_by: ownedBy };
}
