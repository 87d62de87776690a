import { models } from '@purser/contracts';
import { CachedConfiguration } from './cached-answers.ts';
import { ControlPlane } from './control-plane.decorator.ts';
import { ResourceController } from './resource.controller.ts';

@ControlPlane('models')
@CachedConfiguration()
export class ModelsController extends ResourceController {
  protected readonly resource = models;
}
