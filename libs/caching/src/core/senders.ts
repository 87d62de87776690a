/** Most replicas and namespaces that are followed; beyond that the longest silent is forgotten, and is a stranger again. */
const MAX_SENDERS = 10_000;

interface Sender {
  /** By namespace: the latest message that was heard. */
  readonly heard: Map<string, number>;
  /** When it was first heard, or last told what it has sent. Other messages show nothing of those that were lost. */
  toldAt: number;
}

/**
 * What was heard of each replica, so that a message that was lost is missed: by the next of its namespace, or by the next
 * heartbeat. A stranger is taken for one of whom nothing was heard: where that is not so, it counts as a gap.
 */
export class Senders {
  readonly #senders = new Map<string, Sender>();

  /** Who was heard of late. */
  get names(): readonly string[] {
    return [...this.#senders.keys()];
  }

  /** Counts a message. @returns whether one before it is missing */
  heard(from: string, namespace: string, seq: number, now: number): boolean {
    const { heard } = this.#senderOf(from, now);
    const last = heard.get(namespace) ?? 0;
    if (seq > last) heard.set(namespace, seq);
    return seq > last + 1;
  }

  /** Takes what a replica says that it has sent. @returns the namespaces of which something is missing */
  told(from: string, seqs: Readonly<Record<string, number>>, now: number): readonly string[] {
    const sender = this.#senderOf(from, now);
    sender.toldAt = now;
    const { heard } = sender;
    const missing = Object.keys(seqs).filter((namespace) => seqs[namespace]! > (heard.get(namespace) ?? 0));
    for (const namespace of missing) heard.set(namespace, seqs[namespace]!);
    return missing;
  }

  /** Forgets one that is leaving, and has told all that it has sent. */
  forget(from: string): void {
    this.#senders.delete(from);
  }

  /** Forgets those that told nothing for that long. @returns the namespaces that they had sent something of */
  forgetSilent(now: number, silenceMs: number): readonly string[] {
    const concerned = new Set<string>();
    for (const [from, { toldAt, heard }] of this.#senders) {
      if (now - toldAt <= silenceMs) continue;
      for (const namespace of heard.keys()) concerned.add(namespace);
      this.#senders.delete(from);
    }
    return [...concerned];
  }

  forgetAll(): void {
    this.#senders.clear();
  }

  #senderOf(from: string, now: number): Sender {
    const sender = this.#senders.get(from) ?? { heard: new Map<string, number>(), toldAt: now };
    // The map's order is that of their last messages.
    this.#senders.delete(from);
    if (this.#senders.size >= MAX_SENDERS) this.#senders.delete(this.#senders.keys().next().value!);
    this.#senders.set(from, sender);
    return sender;
  }
}
