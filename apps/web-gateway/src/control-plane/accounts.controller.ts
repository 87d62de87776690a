import { accounts } from '@purser/contracts';
import { ControlPlane } from './control-plane.decorator.ts';
import { ResourceController } from './resource.controller.ts';

@ControlPlane('accounts')
export class AccountsController extends ResourceController {
  protected readonly resource = accounts;
}
