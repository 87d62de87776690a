import { FairQueue } from './fair-queue.ts';
import type { Limit, SlotLimit } from './limit.ts';
import type { Demand, WaitingClient, WaitingLine } from './store.ts';
import type { Waiter } from './waiter.ts';

/** Who holds and who waits for the slots of one subject, at this process. */
export class SlotLine implements WaitingLine {
  readonly limitName: string;
  readonly subject: string;
  readonly queue = new FairQueue<Waiter>();
  /** How many there are by now; undefined where nobody waits. */
  limit: SlotLimit | undefined;
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

  /** The lines in which others wait for slots of which there are more or less by now: that holds for them too. */
  change(demands: readonly Demand[]): readonly SlotLine[] {
    const changed: SlotLine[] = [];
    if (this.waiting.size === 0) return changed;
    for (const { limit, subject } of demands) {
      const line = limit.kind === 'slots' ? this.find(limit.name, subject) : undefined;
      if (limit.kind !== 'slots' || line?.limit === undefined || line.limit.slots === limit.slots) continue;
      line.limit = limit;
      changed.push(line);
    }
    return changed;
  }

  /** The same demands, of slots as many as there are by now. */
  latest(demands: readonly Demand[]): readonly Demand[] {
    const latestOf = ({ limit, subject }: Demand): Limit => {
      const latest = limit.kind === 'slots' ? this.find(limit.name, subject)?.limit : undefined;
      return latest !== undefined && latest.slots !== (limit as SlotLimit).slots ? latest : limit;
    };
    if (demands.every((demand) => latestOf(demand) === demand.limit)) return demands;
    return demands.map((demand) => ({ ...demand, limit: latestOf(demand) }));
  }

  /** After somebody left it, or gave a slot back. */
  left(line: SlotLine): void {
    if (line.queue.size === 0) {
      this.waiting.delete(line);
      line.limit = undefined;
    }
    if (line.queue.isIdle) this.#byName.get(line.limitName)?.delete(line.subject);
  }
}
