import type { Message, MessageHandler, Respond } from '../../core/transport.ts';

/** Who receives one subject: queues, whose members take turns, and listeners, who all hear everything. */
export class Subscribers {
  readonly #queues = new Map<string, { members: MessageHandler[]; next: number }>();
  readonly #listeners = new Set<MessageHandler>();

  get empty(): boolean {
    return this.#queues.size === 0 && this.#listeners.size === 0;
  }

  add(queue: string | undefined, handler: MessageHandler): void {
    if (queue === undefined) {
      this.#listeners.add(handler);
      return;
    }
    const group = this.#queues.get(queue);
    if (group) group.members.push(handler);
    else this.#queues.set(queue, { members: [handler], next: 0 });
  }

  delete(queue: string | undefined, handler: MessageHandler): void {
    if (queue === undefined) {
      this.#listeners.delete(handler);
      return;
    }
    const group = this.#queues.get(queue);
    if (!group) return;
    group.members = group.members.filter((member) => member !== handler);
    if (group.members.length === 0) this.#queues.delete(queue);
  }

  /**
   * Hands `message` on once the caller's own work is done, as a network would: to all in one turn, so that whoever hears its
   * own publish knows that the others have it too.
   */
  deliver(message: Message, respond?: Respond): void {
    const receivers = this.#receivers();
    setImmediate(() => {
      for (const handler of receivers) handler(message, respond);
    });
  }

  #receivers(): MessageHandler[] {
    const receivers = [...this.#listeners];
    for (const group of this.#queues.values()) {
      const member = group.members[group.next % group.members.length];
      group.next = (group.next + 1) % group.members.length;
      if (member) receivers.push(member);
    }
    return receivers;
  }
}
