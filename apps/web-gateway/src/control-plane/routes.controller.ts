import { routes } from '@purser/contracts';
import { CachedConfiguration } from './cached-answers.ts';
import { ControlPlane } from './control-plane.decorator.ts';
import { ResourceController } from './resource.controller.ts';

@ControlPlane('routes')
@CachedConfiguration()
export class RoutesController extends ResourceController {
  protected readonly resource = routes;
}
