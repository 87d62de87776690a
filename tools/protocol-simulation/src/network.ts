import type { Process } from './process.ts';
import type { World } from './world.ts';

/** How badly messages fare. */
export interface NetworkFaults {
  readonly loss: number;
  readonly duplication: number;
  /** The share of messages that take up to `lateMs`. */
  readonly late: number;
  readonly lateMs: number;
}

/** Carries requests between processes: they and their answers are lost, doubled, delayed, and cut off by partitions. */
export class Network {
  readonly #world: World;
  readonly #faults: () => NetworkFaults;
  readonly #cutUntil = new Map<string, number>();

  constructor(world: World, faults: () => NetworkFaults) {
    this.#world = world;
    this.#faults = faults;
  }

  /** Nothing to or from `name` gets through for a while. */
  cutOff(name: string, ms: number): void {
    this.#cutUntil.set(name, this.#world.now + ms);
  }

  /** Asks a server. Never settles where the request or every answer is lost: the caller repeats. */
  request<T>(client: { name: string; process: Process }, server: Process, handle: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const answer = (deliver: () => void): void => this.#carry(client.name, () => client.process.run(deliver));
      this.#carry(client.name, () =>
        server.run(() => {
          // Payloads pass through JSON, as on any real transport.
          handle().then(
            (value) => answer(() => resolve(JSON.parse(JSON.stringify(value)) as T)),
            (error: unknown) => answer(() => reject(error as Error)),
          );
        }),
      );
    });
  }

  #carry(name: string, deliver: () => void): void {
    const { random } = this.#world;
    const faults = this.#faults();
    const copies = random.chance(faults.duplication) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      if (random.chance(faults.loss) || (this.#cutUntil.get(name) ?? 0) > this.#world.now) continue;
      this.#world.after(
        random.chance(faults.late) ? random.between(5, faults.lateMs) : random.between(0.05, 2),
        deliver,
      );
    }
  }
}
