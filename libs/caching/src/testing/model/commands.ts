import fc from 'fast-check';
import type { Invalidation } from '../../core/invalidation.ts';
import type { BusLink } from '../bus/test-bus.ts';
import type { Loading } from './replica.ts';
import { KEYS, NAMESPACES } from './source.ts';
import type { World, WorldOptions } from './world.ts';

/** Something that happens. */
export type Command = { readonly replica: number; readonly namespace: string; readonly key: string } & (
  | { readonly kind: 'getOrCompute'; readonly loading: Loading }
  | { readonly kind: 'get' | 'mget' | 'set' | 'crash' | 'shared' | 'everywhere' }
  | { readonly kind: 'invalidate'; readonly invalidation: Invalidation }
  | { readonly kind: 'link'; readonly link: BusLink; readonly ms: number }
  | { readonly kind: 'pass'; readonly ms: number }
);

const QUICK: Loading = { ms: 1, ends: 'well', softTimeoutMs: Infinity };

export async function takeCommand(world: World, command: Command): Promise<void> {
  const { namespace, key } = command;
  const replica = world.replica(command.replica);
  switch (command.kind) {
    case 'getOrCompute':
      return replica.getOrCompute(namespace, key, command.loading);
    case 'everywhere':
      for (const each of world.replicas) each.getOrCompute(namespace, key, QUICK);
      return world.pass(20);
    case 'get':
      return replica.get(namespace, [key]);
    case 'mget':
      return replica.get(namespace, KEYS);
    case 'set':
      world.source.write(namespace, key);
      return replica.set(namespace, key);
    case 'invalidate':
      for (const { key: changed } of world.source.floorsOf(namespace, command.invalidation)) {
        world.source.write(namespace, changed);
      }
      return replica.invalidate(namespace, command.invalidation);
    case 'crash':
      return world.crash(command.replica);
    case 'shared':
      return world.toggleShared();
    case 'link':
      return world.hold(command.replica, command.link, command.ms);
    case 'pass':
      return world.pass(command.ms);
  }
}

export function anyWorld(): fc.Arbitrary<WorldOptions> {
  const rate = fc.constantFrom(0, 0, 0.05, 0.2);
  return fc.record({
    seed: fc.nat(),
    replicas: fc.integer({ min: 2, max: 4 }),
    hasShared: fc.boolean(),
    hasLocal: fc.boolean(),
    ttlMs: fc.constantFrom(4_000, 60_000),
    memoryBytes: fc.constantFrom(1, 2_000, 100_000),
    bus: fc.record({ drop: rate, delay: rate, duplicate: rate, maxDelayMs: fc.constant(60) }),
    store: fc.record({
      throw: rate,
      lose: rate,
      drop: rate,
      delay: rate,
      duplicate: rate,
      maxDelayMs: fc.constant(120),
    }),
  });
}

/** What happens by itself, and what happens where it hurts. */
export function anyStory(): fc.Arbitrary<readonly Command[]> {
  return fc.oneof({ weight: 3, arbitrary: anyCommand().map((command) => [command]) }, anyRace(), anyAbsence());
}

/** Something is invalidated, and again, while it is being loaded or set, or on its way down. */
function anyRace(): fc.Arbitrary<readonly Command[]> {
  const facts = { ...anyPlace(), other: fc.nat(3), ms: fc.constantFrom(5, 40, 100), many: fc.boolean() };
  const race = { ...facts, isSet: fc.boolean(), invalidation: anyInvalidation(), passed: fc.constantFrom(1, 20, 60) };
  return fc.record(race).map(({ replica, namespace, key, other, ms, many, isSet, invalidation, passed }) => {
    const place = { replica, namespace, key };
    const load = { ...place, kind: 'getOrCompute', loading: { ...QUICK, ms } } as const;
    const invalidate = { ...place, replica: other, kind: 'invalidate', invalidation } as const;
    return [
      isSet ? { ...place, kind: 'set' } : load,
      { ...place, kind: 'pass', ms: passed },
      invalidate,
      ...(many ? [{ ...invalidate, invalidation: { kind: 'keys', keys: [key] } } as const] : []),
      { ...place, kind: 'everywhere' },
      { ...place, kind: 'pass', ms: 1_500 },
      { ...place, kind: 'everywhere' },
    ];
  });
}

/** A replica, or a tier, is away while something that it has is invalidated, and comes back. */
function anyAbsence(): fc.Arbitrary<readonly Command[]> {
  const link = fc.constantFrom<BusLink>('up', 'cut', 'failing', 'held');
  const absence = { ...anyPlace(), other: fc.nat(3), invalidation: anyInvalidation(), link, shared: fc.boolean() };
  return fc.record(absence).map(({ replica, namespace, key, other, invalidation, link: how, shared }) => {
    const place = { replica, namespace, key };
    const toggle: Command[] = shared ? [{ ...place, kind: 'shared' }] : [];
    return [
      { ...place, kind: 'everywhere' },
      ...toggle,
      { ...place, kind: 'link', link: how, ms: 400 },
      { ...place, replica: other, kind: 'invalidate', invalidation },
      { ...place, kind: 'pass', ms: 400 },
      { ...place, kind: 'everywhere' },
      { ...place, kind: 'pass', ms: 1_200 },
      { ...place, kind: 'everywhere' },
      ...toggle,
      { ...place, kind: 'link', link: 'up', ms: 0 },
      { ...place, kind: 'pass', ms: 50 },
      { ...place, kind: 'everywhere' },
      { ...place, kind: 'pass', ms: 1_500 },
      { ...place, kind: 'everywhere' },
    ];
  });
}

function anyPlace() {
  return { replica: fc.nat(3), namespace: fc.constantFrom(...NAMESPACES), key: fc.constantFrom(...KEYS) };
}

export function anyCommand(): fc.Arbitrary<Command> {
  const place = anyPlace();
  const loading = fc.record({
    ms: fc.constantFrom(1, 1, 5, 100, 700, 2_000),
    ends: fc.constantFrom('well', 'well', 'well', 'well', 'throwing', 'never'),
    softTimeoutMs: fc.constantFrom(0, 50, Infinity),
  });
  const some = <K extends Command['kind']>(kind: K) => ({ kind: fc.constant(kind), ...place });
  return fc.oneof(
    { weight: 8, arbitrary: fc.record({ ...some('getOrCompute'), loading }) },
    { weight: 2, arbitrary: fc.record(some('get')) },
    { weight: 1, arbitrary: fc.record(some('mget')) },
    { weight: 1, arbitrary: fc.record(some('set')) },
    { weight: 4, arbitrary: fc.record({ ...some('invalidate'), invalidation: anyInvalidation() }) },
    { weight: 4, arbitrary: fc.record({ ...some('pass'), ms: fc.constantFrom(1, 20, 120, 600, 1_500, 5_000) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        ...some('link'),
        link: fc.constantFrom<BusLink>('up', 'up', 'cut', 'failing', 'held'),
        ms: fc.constantFrom(50, 400, 1_000),
      }),
    },
    { weight: 1, arbitrary: fc.record(some('crash')) },
    { weight: 1, arbitrary: fc.record(some('shared')) },
  ) as fc.Arbitrary<Command>;
}

function anyInvalidation(): fc.Arbitrary<Invalidation> {
  return fc.oneof(
    fc.record({ kind: fc.constant('keys' as const), keys: fc.subarray([...KEYS], { minLength: 1 }) }),
    fc.record({ kind: fc.constant('tags' as const), tags: fc.subarray(['of-a', 'of-b', 'at-1'], { minLength: 1 }) }),
    fc.record({ kind: fc.constant('prefix' as const), prefix: fc.constantFrom('a', 'a:', 'b') }),
    fc.record({ kind: fc.constant('pattern' as const), pattern: fc.constantFrom('*:1', 'a\\*', '?:1') }),
    fc.constant({ kind: 'all' as const }),
  );
}
