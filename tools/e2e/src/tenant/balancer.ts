import { setTimeout as sleep } from 'node:timers/promises';

const PROBE_MS = 100;
const PROBE_TIMEOUT_MS = 2_000;

/**
 * What stands before gateways: asks each `/health/ready` again and again, and names one in turn of those that said yes last.
 * It is told nothing else, and repeats nothing.
 */
export class Balancer {
  readonly #urls: readonly string[];
  readonly #ready: Set<string>;
  readonly #stopped = new AbortController();
  readonly #probes: Promise<void>[];
  #turn = 0;

  constructor(urls: readonly string[]) {
    this.#urls = urls;
    this.#ready = new Set(urls);
    this.#probes = urls.map((url) => this.#probe(url));
  }

  /** The next gateway's URL. @throws Error while none is ready */
  next(): string {
    const ready = this.#urls.filter((url) => this.#ready.has(url));
    if (ready.length === 0) throw new Error('no gateway is ready');
    return ready[this.#turn++ % ready.length]!;
  }

  isReady(url: string): boolean {
    return this.#ready.has(url);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#probes);
  }

  async #probe(url: string): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
      const ready = await fetch(`${url}/health/ready`, { signal }).then(
        async (response) => {
          await response.arrayBuffer();
          return response.ok;
        },
        () => false,
      );
      if (ready) this.#ready.add(url);
      else this.#ready.delete(url);
      await sleep(PROBE_MS, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
    }
  }
}
