import { LeaseService, Recalls, restOf, SettlementService } from '@purser/budget/protocol';
import type { UsageRecord } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import type { LeaseTransport, SettlementTransport } from '@purser/web-gateway/protocol';
import { v7 as uuidv7 } from 'uuid';
import { Gateway, type Run } from './gateway.ts';
import { MemoryStore, type SimulatedBudget } from './memory-store.ts';
import { Network, type NetworkFaults } from './network.ts';
import { Process } from './process.ts';
import { InvariantError, Truth } from './truth.ts';
import { World } from './world.ts';

/** What may go wrong in a run. */
export interface Faults {
  readonly network: boolean;
  readonly kills: boolean;
  readonly powerLoss: boolean;
  /** Stopped processes, partitions, changed limits, an operator's releases. */
  readonly stalls: boolean;
  /** Providers that bill more than the bound, or do not report. */
  readonly providers: boolean;
}

export interface SimulationResult {
  readonly attempts: number;
  readonly settled: bigint;
  readonly refusals: { all: number; wrong: number };
  readonly abandonedSessions: number;
}

const LOAD_MS = 20_000;
const QUIET_MS = 30_000;
const DEADLINE_MS = 1_000;
const NO_FAULTS: NetworkFaults = { loss: 0, duplication: 0, late: 0, lateMs: 0 };

/**
 * Runs the money protocol's own state machines, gateways and budget services, in a simulated world of lost, doubled and
 * late messages, killed and stopped processes, power losses and drifting clocks.
 *
 * @throws InvariantError when one of the protocol's invariants does not hold
 */
export async function simulate(seed: number, faults: Faults): Promise<SimulationResult> {
  const simulation = new Simulation(seed, faults);
  await simulation.run();
  return simulation.result();
}

/** One run of the budget service. */
interface Service {
  readonly process: Process;
  readonly leases: LeaseService;
  readonly settlement: SettlementService;
}

class Simulation {
  readonly #world: World;
  readonly #faults: Faults;
  readonly #store: MemoryStore;
  readonly #truth: Truth;
  readonly #network: Network;
  readonly #budgets: SimulatedBudget[];
  readonly #services: Service[] = [];
  readonly #gateways: Gateway[];
  readonly #budgetWaitMs: number;
  #networkFaults = NO_FAULTS;
  #violation: unknown;
  #loading = true;

  constructor(seed: number, faults: Faults) {
    this.#world = new World(seed);
    this.#faults = faults;
    const { random } = this.#world;
    const periodMs = random.chance(0.5) ? null : random.whole(3_000, 12_000);
    this.#budgets = [
      { id: 'organization', limit: BigInt(random.whole(50_000, 400_000)), hard: true, periodMs },
      { id: 'team-a', limit: BigInt(random.whole(20_000, 200_000)), hard: true, periodMs: null },
      { id: 'team-b', limit: BigInt(random.whole(20_000, 200_000)), hard: random.chance(0.5), periodMs },
    ];
    this.#budgetWaitMs = random.pick([0, 200, 2_000]);
    this.#store = new MemoryStore(this.#world, this.#budgets);
    this.#truth = new Truth(this.#world, this.#store);
    this.#network = new Network(this.#world, () => this.#networkFaults);
    for (let i = 0; i < 2; i += 1) this.#services.push(this.#startService());
    this.#gateways = Array.from(
      { length: random.whole(2, 3) },
      (_, i) => new Gateway(`gateway-${i}`, this.#world, (client) => this.#connect(client)),
    );
  }

  async run(): Promise<void> {
    const onUnhandled = (error: unknown): void => void (this.#violation ??= error);
    process.on('unhandledRejection', onUnhandled);
    try {
      for (const gateway of this.#gateways) {
        gateway.start(this.#budgetWaitMs);
        this.#load(gateway);
      }
      if (this.#faults.network) this.#networkFaults = { loss: 0.05, duplication: 0.05, late: 0.05, lateMs: 1_500 };
      this.#mischief();
      this.#truth.sample();
      await this.#world.runUntil(LOAD_MS);
      this.#calmDown();
      await this.#world.runUntil(LOAD_MS + QUIET_MS);
      if (this.#violation) throw this.#violation as Error;
      this.#truth.checkQuiet();
      await this.#releaseAbandoned();
      this.#truth.checkQuiet();
    } finally {
      process.off('unhandledRejection', onUnhandled);
    }
  }

  result(): SimulationResult {
    const { windows, sessions } = this.#store.stored;
    return {
      attempts: this.#truth.attempts.size,
      settled: [...windows.values()].reduce((sum, window) => sum + window.settled, 0n),
      refusals: this.#truth.refusals,
      abandonedSessions: [...sessions.values()].filter((session) => session.state === 'abandoned').length,
    };
  }

  #startService(): Service {
    const process = new Process(this.#world);
    const store = this.#store.for(process);
    const publish = (_contract: unknown, payload: { window: string; epoch: number }): void => {
      for (const gateway of this.#gateways) {
        const run = gateway.run;
        if (!run || this.#world.random.chance(this.#networkFaults.loss)) continue;
        this.#world.after(this.#world.random.between(0.1, 2), () =>
          run.process.run(() => run.spending.recall(payload.window, payload.epoch)),
        );
      }
    };
    return {
      process,
      leases: new LeaseService(store, new Recalls({ publish } as never)),
      settlement: new SettlementService(store),
    };
  }

  #connect(client: { name: string; process: Process }): LeaseTransport & SettlementTransport {
    const ask = <T>(handle: (service: Service) => Promise<T>): Promise<T> => {
      const service = this.#world.random.pick(this.#services);
      // What is never answered fails at its deadline, as over any transport.
      return Promise.race([
        this.#network.request(client, service.process, () => this.#watched(handle(service))),
        new Promise<never>((_, reject) => {
          client.process.clock.after(DEADLINE_MS, () => reject(new DomainError('deadline_exceeded', 'not answered')));
        }),
      ]);
    };
    return {
      hello: (message) => ask(({ leases }) => leases.hello(message)),
      lease: (message) => ask(({ leases }) => leases.lease(message)),
      recover: (message) => ask(({ leases }) => leases.recover(message)),
      settle: (message) => ask(({ settlement }) => settlement.settle(message)),
    };
  }

  async #watched<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof InvariantError) this.#violation ??= error;
      throw error;
    }
  }

  /** Clients of one gateway: they come in bursts and pauses until the load ends. */
  #load(gateway: Gateway): void {
    const { random } = this.#world;
    const meanMs = random.between(5, 60);
    const next = (): void => {
      if (!this.#loading) return;
      const run = gateway.run;
      if (run) run.process.run(() => void this.#request(run).catch((error: unknown) => (this.#violation ??= error)));
      this.#world.after(random.chance(0.02) ? 3_000 : random.between(0, 2 * meanMs), next);
    };
    next();
  }

  async #request({ process, spending }: Run): Promise<void> {
    const { random } = this.#world;
    const team = random.pick(['team-a', 'team-b']);
    const budgets = ['organization', team].map((id) => ({ id, hard: true }));
    const bound = BigInt(random.whole(1, random.chance(0.05) ? 20_000 : 2_000));
    let reservation;
    try {
      reservation = await spending.book.reserve(budgets, bound);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      if (error.code === 'budget_exceeded') this.#truth.refused(String(error.details['budget_id']), bound);
      return;
    }
    this.#truth.reserved(reservation.leases, bound);
    const open = openRecord(reservation.leases, bound);
    const attempt = await spending.attempts.open(reservation, open);
    const { billed, reported } = this.#bill(bound);
    this.#truth.sent(open.usageId, reservation.leases, bound, billed);
    process.clock.after(random.chance(0.1) ? random.between(500, 6_000) : random.between(1, 300), () => {
      const cost = reported ? billed : bound;
      const closing = attempt.close({ ...ANSWER, cost: String(cost), estimated: !reported });
      void closing.then(() => {
        this.#truth.finished(reservation.leases, bound, cost);
        this.#truth.acknowledged(open.usageId, cost, !reported);
      });
    });
  }

  #bill(bound: bigint): { billed: bigint; reported: boolean } {
    const { random } = this.#world;
    const share = BigInt(random.whole(0, 100));
    if (!this.#faults.providers || random.chance(0.9)) return { billed: (bound * share) / 100n, reported: true };
    if (random.chance(0.5)) return { billed: (bound * share) / 100n, reported: false };
    return { billed: bound + share, reported: true };
  }

  #mischief(): void {
    const { random } = this.#world;
    if (!this.#loading) return;
    const deeds: (() => void)[] = [];
    if (this.#faults.kills)
      deeds.push(
        () => this.#killGateway(false),
        () => this.#killService(),
      );
    if (this.#faults.powerLoss) deeds.push(() => this.#killGateway(true));
    if (this.#faults.stalls) {
      deeds.push(
        () => this.#network.cutOff(random.pick(this.#gateways).name, random.between(500, 9_000)),
        () => random.pick(this.#gateways).run?.process.stopFor(random.between(100, 9_000)),
        () => random.pick(this.#services).process.stopFor(random.between(100, 3_000)),
        () => void this.#release(),
        () => this.#store.setLimit(random.pick(this.#budgets).id, BigInt(random.whole(10_000, 400_000))),
      );
    }
    if (deeds.length === 0) return;
    this.#world.after(random.between(200, 4_000), () => {
      if (this.#loading) random.pick(deeds)();
      this.#mischief();
    });
  }

  /** An operator lets go of money that a silent gateway holds, rightly or not; of a live one's it is refused. */
  async #release(): Promise<void> {
    const { random } = this.#world;
    const held = [...this.#store.stored.leases.values()].filter(
      (lease) => lease.state === 'active' && restOf(lease) > 0n,
    );
    if (held.length === 0) return;
    try {
      await this.#watched(
        random.pick(this.#services).leases.release(random.pick(held).id, random.pick(['spent', 'unspent'])),
      );
    } catch (error) {
      if (error instanceof InvariantError) throw error;
    }
  }

  #killGateway(power: boolean): void {
    const gateway = this.#world.random.pick(this.#gateways);
    if (power) gateway.losePower();
    else gateway.kill();
    this.#world.after(this.#world.random.between(50, 8_000), () => gateway.start(this.#budgetWaitMs));
  }

  #killService(): void {
    const i = this.#world.random.whole(0, this.#services.length - 1);
    this.#services[i]?.process.kill();
    this.#services[i] = this.#startService();
  }

  #calmDown(): void {
    this.#loading = false;
    this.#networkFaults = NO_FAULTS;
    for (const gateway of this.#gateways) gateway.start(this.#budgetWaitMs);
  }

  /** An operator lets go of what gateways took with them that lost their power. */
  async #releaseAbandoned(): Promise<void> {
    const { leases, sessions } = this.#store.stored;
    const service = this.#startService();
    for (const lease of [...leases.values()]) {
      if (sessions.get(lease.session)?.state !== 'abandoned') continue;
      const released = service.leases.release(lease.id, 'spent');
      await this.#world.runUntil(this.#world.now + 100);
      await released;
    }
  }
}

const ANSWER = {
  usage: { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0 },
  status: 200,
  reason: 'ok',
  latencyMs: 1,
  firstByteMs: 1,
} as const;

function openRecord(
  leases: readonly string[],
  bound: bigint,
): Omit<UsageRecord, 'cost' | 'usage' | 'status' | 'reason' | 'estimated' | 'latencyMs' | 'firstByteMs'> {
  const id = uuidv7();
  return {
    usageId: id,
    bound: String(bound),
    leases: [...leases],
    priceVersion: 'price',
    at: '2026-01-01T00:00:00.000Z',
    requestId: id,
    attempt: 1,
    accountId: id,
    keyId: id,
    provider: 'provider',
    model: 'model',
    route: 'route',
    cache: 'BYPASS',
  };
}
