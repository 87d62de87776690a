/** A step that takes longer than this is named while it still runs. */
const LONG_MS = 2_000;

/** Tells what the start is doing, and how long it took. */
export class Progress {
  readonly say: (line: string) => void;

  constructor(say: (line: string) => void) {
    this.say = say;
  }

  /** Does `work` and says that it is done, or after a while that it is still going on. */
  async step<T>(what: string, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const timer = setTimeout(() => this.say(`  ${what}: still starting`), LONG_MS);
    try {
      const result = await work();
      this.took(what, performance.now() - startedAt);
      return result;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Says that something is done. */
  took(what: string, ms: number): void {
    this.say(`  ${what}: ${(ms / 1_000).toFixed(2)} s`);
  }
}
