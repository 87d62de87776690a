import { apiKeys } from '@purser/contracts';
import { ControlPlane } from './control-plane.decorator.ts';
import { ResourceController } from './resource.controller.ts';

@ControlPlane('keys')
export class KeysController extends ResourceController {
  protected readonly resource = apiKeys;
}
