import { budgets, type Budget } from '@purser/contracts';
import { ControlPlane } from './control-plane.decorator.ts';
import { ResourceController, type Stored } from './resource.controller.ts';

@ControlPlane('budgets')
export class BudgetsController extends ResourceController {
  protected readonly resource = budgets;

  /** The window that runs now moves with every request that is paid. */
  protected override volatileOf(budget: Stored & Partial<Budget>): unknown {
    return budget.current;
  }
}
