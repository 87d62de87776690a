import { models } from '@purser/contracts';
import { ControlPlane } from './control-plane.decorator.ts';
import { ResourceController } from './resource.controller.ts';

@ControlPlane('models')
export class ModelsController extends ResourceController {
  protected readonly resource = models;
}
