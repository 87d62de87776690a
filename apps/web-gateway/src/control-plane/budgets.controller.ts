import { budgets, type Budget } from '@purser/contracts';
import type { Caller } from '../authentication/caller.ts';
import { ControlPlane } from './control-plane.decorator.ts';
import { OwnedResourceController } from './owned-resource.controller.ts';
import type { Fields, Stored } from './resource.controller.ts';

/** A manager makes, changes and removes the budgets of its subtree, those of its own account included. */
@ControlPlane('budgets')
export class BudgetsController extends OwnedResourceController {
  protected readonly resource = budgets;
  protected readonly noun = 'budget';

  protected accountOf({ accountId }: Stored & Pick<Budget, 'accountId'>): string {
    return accountId;
  }

  /** The window that runs now moves with every request that is paid. */
  protected override volatileOf(budget: Stored & Partial<Budget>): unknown {
    return budget.current;
  }

  protected managerMayCreate(manager: Caller, { accountId }: Fields): void {
    this.requireVisible(manager, 'accountId', accountId as string);
  }

  protected managerMayWrite(): void {
    // Whoever sees it as a manager may write it.
  }

  protected managerMayChange(): void {
    // As above: the account of a budget is not changed.
  }
}
