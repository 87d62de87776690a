interface Stoppable {
  stop(): Promise<void>;
}

/** What a bench has started, stopped in reverse order whatever happens. */
export class Opened {
  readonly #running: Stoppable[] = [];

  async add<T extends Stoppable>(starting: Promise<T>): Promise<T> {
    const each = await starting;
    this.#running.push(each);
    return each;
  }

  async stop(): Promise<void> {
    for (const each of this.#running.splice(0).reverse()) await each.stop();
  }
}
