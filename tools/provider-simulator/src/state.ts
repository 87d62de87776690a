import type { AnswerIdentity, PlanContext } from './chat-plan.ts';
import { FaultSchedule } from './faults.ts';
import type { Fault } from './faults.ts';
import { Ledger } from './ledger.ts';
import { changed, priced } from './settings.ts';
import type { PricedModel, SimulatorSettings } from './settings.ts';

/** What a running simulator knows: its settings, where the faults' schedule stands, and the bill. */
export class SimulatorState implements PlanContext {
  readonly seed: string;
  readonly ledger: Ledger;
  readonly #initial: SimulatorSettings;
  #settings: SimulatorSettings;
  #models: ReadonlyMap<string, PricedModel>;
  #schedule: FaultSchedule;
  #requests = 0;
  #answers = 0;

  constructor(seed: string, settings: SimulatorSettings, ledgerEntries: number) {
    this.seed = seed;
    this.ledger = new Ledger(ledgerEntries);
    this.#initial = settings;
    this.#settings = settings;
    this.#models = priced(settings.models);
    this.#schedule = new FaultSchedule(settings.faults, seed);
  }

  get settings(): SimulatorSettings {
    return this.#settings;
  }

  get models(): ReadonlyMap<string, PricedModel> {
    return this.#models;
  }

  nextFault(model: string): Fault | undefined {
    return this.#schedule.next(model);
  }

  /** A request's id; unique in this process, unlike what is answered. */
  nextRequestId(): string {
    return `req-sim-${++this.#requests}`;
  }

  /** Id and time of the next answer. */
  identity(): AnswerIdentity {
    const created = Math.floor(Date.now() / 1_000);
    return { id: `chatcmpl-sim-${++this.#answers}`, created, fingerprint: `fp_sim_${this.seed}` };
  }

  /**
   * Changes settings; requests in flight go on with the old ones. New faults begin to count anew.
   *
   * @throws {SettingsError} when one is unknown or not allowed; then nothing is changed
   */
  configure(changes: unknown): void {
    const settings = changed(this.#settings, changes);
    if (settings.models !== this.#settings.models) this.#models = priced(settings.models);
    if (settings.faults !== this.#settings.faults) this.#schedule = new FaultSchedule(settings.faults, this.seed);
    this.#settings = settings;
  }

  /** Back to the start: settings, the faults' counts, and an empty ledger. */
  reset(): void {
    this.#settings = this.#initial;
    this.#models = priced(this.#initial.models);
    this.#schedule = new FaultSchedule(this.#initial.faults, this.seed);
    this.ledger.clear();
  }
}
