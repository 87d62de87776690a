import { routes } from '@purser/contracts';
import { ControlPlane } from './control-plane.decorator.ts';
import { ResourceController } from './resource.controller.ts';

@ControlPlane('routes')
export class RoutesController extends ResourceController {
  protected readonly resource = routes;
}
