/** A generator of random numbers that is the same for the same seed (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  whole(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)] as T;
  }
}

interface Happening {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Simulated time: what happens, happens in order, and everything that follows from it at once is done before the next. */
export class World {
  readonly random: Random;
  /** Milliseconds since the world began; also the database's clock. */
  now = 0;
  readonly #queue: Happening[] = [];
  #order = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  /** Runs `fn` after `ms` of the world's time; the result cancels it. */
  after(ms: number, fn: () => void): () => void {
    let cancelled = false;
    this.#push({ at: this.now + Math.max(0, ms), order: (this.#order += 1), run: () => cancelled || fn() });
    return () => (cancelled = true);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve));
  }

  /** Lets time pass until `end`. */
  async runUntil(end: number): Promise<void> {
    for (let next = this.#queue[0]; next && next.at <= end; next = this.#queue[0]) {
      this.#pop();
      this.now = Math.max(this.now, next.at);
      next.run();
      // All promises that this resolved are followed to their end before time goes on.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    this.now = end;
  }

  #push(happening: Happening): void {
    const queue = this.#queue;
    let i = queue.push(happening) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!earlier(happening, queue[parent] as Happening)) break;
      queue[i] = queue[parent] as Happening;
      i = parent;
    }
    queue[i] = happening;
  }

  #pop(): void {
    const queue = this.#queue;
    const last = queue.pop() as Happening;
    if (queue.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= queue.length) break;
      if (child + 1 < queue.length && earlier(queue[child + 1] as Happening, queue[child] as Happening)) child += 1;
      if (!earlier(queue[child] as Happening, last)) break;
      queue[i] = queue[child] as Happening;
      i = child;
    }
    queue[i] = last;
  }
}

function earlier(a: Happening, b: Happening): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
