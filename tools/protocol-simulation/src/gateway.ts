import { Spending, type LeaseTransport, type SettlementTransport } from '@purser/web-gateway/protocol';
import { Disk, journalOn } from './journal.ts';
import { Process } from './process.ts';
import type { World } from './world.ts';

/** One run of a gateway. */
export interface Run {
  readonly process: Process;
  readonly spending: Spending;
}

/** A gateway's machine: its disk, and the run that is up at the moment. */
export class Gateway {
  readonly name: string;
  readonly disk: Disk;
  readonly #world: World;
  readonly #connect: (client: { name: string; process: Process }) => LeaseTransport & SettlementTransport;
  #run: Run | undefined;

  constructor(
    name: string,
    world: World,
    connect: (client: { name: string; process: Process }) => LeaseTransport & SettlementTransport,
  ) {
    this.name = name;
    this.disk = new Disk(name);
    this.#world = world;
    this.#connect = connect;
  }

  get run(): Run | undefined {
    return this.#run;
  }

  start(budgetWaitMs: number): void {
    if (this.#run) return;
    const process = new Process(this.#world);
    const journal = journalOn(this.disk, process, this.#world);
    const transport = this.#connect({ name: this.name, process });
    const spending = new Spending(process.clock, transport, journal, {
      budgetWaitMs,
      configVersion: () => 1,
      onConfigVersion: () => undefined,
      onRefused: (error) => {
        throw error;
      },
      onMalformed: (record) => {
        throw new Error(`malformed record ${record.usageId}`);
      },
    });
    this.#run = { process, spending };
    process.run(() => void spending.start());
  }

  kill(): void {
    this.#run?.process.kill();
    this.#run = undefined;
  }

  losePower(): void {
    this.kill();
    this.disk.losePower(this.#world.now);
  }
}
