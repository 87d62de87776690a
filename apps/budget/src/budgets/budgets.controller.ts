import { Controller } from '@nestjs/common';
import { budgets, type ReceivedOf, type ResponseOf } from '@purser/contracts';
import { Handles } from '@purser/messaging';
import { BudgetsService } from './budgets.service.ts';

/** The messages of `budget.budgets`. */
@Controller()
export class BudgetsController {
  readonly #service: BudgetsService;

  constructor(service: BudgetsService) {
    this.#service = service;
  }

  @Handles(budgets.create)
  create(message: ReceivedOf<typeof budgets.create>): Promise<ResponseOf<typeof budgets.create>> {
    return this.#service.create(message);
  }

  @Handles(budgets.get)
  get(message: ReceivedOf<typeof budgets.get>): Promise<ResponseOf<typeof budgets.get>> {
    return this.#service.get(message);
  }

  @Handles(budgets.list)
  list(message: ReceivedOf<typeof budgets.list>): Promise<ResponseOf<typeof budgets.list>> {
    return this.#service.list(message);
  }

  @Handles(budgets.update)
  update(message: ReceivedOf<typeof budgets.update>): Promise<ResponseOf<typeof budgets.update>> {
    return this.#service.update(message);
  }

  @Handles(budgets.remove)
  remove(message: ReceivedOf<typeof budgets.remove>): Promise<ResponseOf<typeof budgets.remove>> {
    return this.#service.remove(message);
  }
}
