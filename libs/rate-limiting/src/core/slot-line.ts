import { FairQueue } from './fair-queue.ts';
import type { Limit } from './limit.ts';
import type { Demand, WaitingClient, WaitingLine } from './store.ts';
import type { Waiter } from './waiter.ts';

/** Who holds and who waits for the slots of one subject, at this process. */
export class SlotLine implements WaitingLine {
  readonly limitName: string;
  readonly subject: string;
  readonly queue = new FairQueue<Waiter>();
  /** Whether somebody's turn is being tried. */
  isServing = false;
  /** Whether a slot came free meanwhile. */
  isCalledAgain = false;

  constructor(limitName: string, subject: string) {
    this.limitName = limitName;
    this.subject = subject;
  }

  clients(most: number): readonly WaitingClient[] {
    return this.queue.someClients(most);
  }
}

/** The lines of all subjects of which a slot is held or waited for. */
export class SlotLines {
  readonly #byName = new Map<string, Map<string, SlotLine>>();
  /** Those in which somebody waits. */
  readonly waiting = new Set<SlotLine>();

  find(limitName: string, subject: string): SlotLine | undefined {
    return this.#byName.get(limitName)?.get(subject);
  }

  open(limit: Limit, subject: string): SlotLine {
    let lines = this.#byName.get(limit.name);
    if (lines === undefined) this.#byName.set(limit.name, (lines = new Map<string, SlotLine>()));
    let line = lines.get(subject);
    if (line === undefined) lines.set(subject, (line = new SlotLine(limit.name, subject)));
    return line;
  }

  /** The first in which others wait already: nobody may go past them. */
  firstWaiting(demands: readonly Demand[]): SlotLine | undefined {
    if (this.waiting.size === 0) return undefined;
    for (const { limit, subject } of demands) {
      if (limit.kind !== 'slots') continue;
      const line = this.find(limit.name, subject);
      if (line !== undefined && line.queue.size > 0) return line;
    }
    return undefined;
  }

  /** After somebody left it, or gave a slot back. */
  left(line: SlotLine): void {
    if (line.queue.size === 0) this.waiting.delete(line);
    if (line.queue.isIdle) this.#byName.get(line.limitName)?.delete(line.subject);
  }
}
