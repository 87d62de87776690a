import type { ResourceFactory } from '../core/factory.ts';

/** What a {@link FakePeer} gives out. */
export interface FakeConnection {
  readonly id: number;
  /** False once either side has ended it. */
  open: boolean;
  /** The peer is gone without a word: it looks open, and no check of it ever ends. */
  halfOpen: boolean;
}

/** How the peer meets the next connects. `hang`: it never answers by itself. */
export type ConnectBehaviour = 'accept' | 'refuse' | 'hang';

/** The other end of a pool in tests: it can refuse, hang, answer late and die, and knows what is open. */
export class FakePeer implements ResourceFactory<FakeConnection> {
  readonly open = new Set<FakeConnection>();
  readonly #hanging: ((behaviour: 'accept' | 'refuse') => void)[] = [];
  /** What ends the checks that hang. */
  readonly #silent = new Map<FakeConnection, () => void>();
  behaviour: ConnectBehaviour = 'accept';
  /** Connects that were tried. */
  connects = 0;
  /** Checks that were asked. */
  checks = 0;
  /** Checks that have not ended. */
  checking = 0;
  #lastId = 0;

  async create(): Promise<FakeConnection> {
    this.connects += 1;
    const met = this.behaviour === 'hang' ? await new Promise<string>((r) => this.#hanging.push(r)) : this.behaviour;
    if (met === 'refuse') throw new Error('connection refused');
    const connection = { id: ++this.#lastId, open: true, halfOpen: false };
    this.open.add(connection);
    return connection;
  }

  destroy(connection: FakeConnection): void {
    if (!this.open.delete(connection)) throw new Error(`connection ${connection.id} was ended twice`);
    connection.open = false;
    this.#silent.get(connection)?.();
    this.#silent.delete(connection);
  }

  isUsable(connection: FakeConnection): boolean {
    return connection.open;
  }

  async check(connection: FakeConnection, signal: AbortSignal): Promise<boolean> {
    this.checks += 1;
    this.checking += 1;
    if (connection.halfOpen) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#silent.set(connection, resolve);
      signal.addEventListener('abort', () => resolve());
      await promise;
    }
    this.checking -= 1;
    return connection.open && !connection.halfOpen;
  }

  /** Connects that hang. */
  get hanging(): number {
    return this.#hanging.length;
  }

  /** Ends the connect that hangs for the longest. */
  answer(behaviour: 'accept' | 'refuse' = 'accept'): void {
    this.#hanging.shift()?.(behaviour);
  }

  /** Every open connection is half open from now on. */
  vanish(): void {
    for (const connection of this.open) connection.halfOpen = true;
  }
}
