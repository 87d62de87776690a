import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { newEntry } from './memory-entry.ts';
import { MemoryTier } from './memory-tier.ts';

const facts = {
  ...{ etag: undefined, tags: [], attributes: undefined },
  ...{ ttlMs: 1_000, staleForMs: 0, loadedAt: 0, position: 0 },
};
const entryOf = (value: unknown) => newEntry(value, facts);
const BYTES = entryOf('x').bytes + 2;

function memoryFor(entries: number) {
  const evicted: string[] = [];
  const memory = new MemoryTier({ maxBytes: entries * BYTES, onEvicted: (_namespace, key) => void evicted.push(key) });
  return { memory, table: memory.table('test'), evicted };
}

it('lets go first of what nobody has used since it came, the oldest first', () => {
  const { memory, table, evicted } = memoryFor(3);
  for (const key of ['a', 'b', 'c']) memory.set(table, key, entryOf('x'));
  table.entries.get('a')!.visited = true;
  for (const key of ['d', 'e', 'f']) memory.set(table, key, entryOf('x'));
  expect(evicted).toEqual(['b', 'c', 'd']);
  expect([...table.entries.keys()]).toEqual(['a', 'e', 'f']);
});

it('keeps what is in use through a scan of many that are asked for once', () => {
  const { memory, table } = memoryFor(10);
  for (const key of ['a', 'b']) memory.set(table, key, entryOf('x'));
  for (let at = 0; at < 1_000; at++) {
    for (const key of ['a', 'b']) table.entries.get(key)!.visited = true;
    memory.set(table, String(at % 7 === 0 ? `z${at}` : at), entryOf('x'));
  }
  expect(table.entries.has('a') && table.entries.has('b')).toBe(true);
});

it('has no entry that is larger than all its room, nor the one that it should have replaced', () => {
  const { memory, table, evicted } = memoryFor(3);
  expect(memory.set(table, 'a', entryOf('x'))).toBe(true);
  expect(memory.set(table, 'a', entryOf('x'.repeat(10_000)))).toBe(false);
  expect([table.entries.size, memory.bytes, memory.entries, evicted]).toEqual([0, 0, 0, []]);
});

it('counts a text at no less than the string and the bytes that are sent of it take', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (value) => {
      const entry = entryOf(value);
      const isAscii = /^[\0-\x7f]*$/.test(value);
      const held = entry.text.length + (isAscii ? 1 : 2) * value.length;
      expect(entry.bytes - entryOf('').bytes).toBeGreaterThanOrEqual(held);
      expect(entry.renewed(facts).bytes).toBe(entry.bytes);
      expect(entry.text).toBe(entry.text);
    }),
  );
});

it('counts what it holds, whatever comes and goes', () => {
  const key = fc.constantFrom(...'abcdefghij');
  const step = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), key, size: fc.integer({ min: 0, max: 2_000 }) }),
    fc.record({ kind: fc.constant('delete' as const), key }),
    fc.record({ kind: fc.constant('use' as const), key }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { memory, table } = memoryFor(4);
      for (const each of steps) {
        if (each.kind === 'set') memory.set(table, each.key, entryOf('x'.repeat(each.size)));
        else if (each.kind === 'delete') memory.delete(table, each.key);
        else {
          const entry = table.entries.get(each.key);
          if (entry) entry.visited = true;
        }
        const held = [...table.entries].reduce((sum, [name, { bytes }]) => sum + bytes + 2 * name.length, 0);
        expect(memory.bytes).toBe(held);
        expect(memory.bytes).toBeLessThanOrEqual(memory.maxBytes);
        expect(memory.entries).toBe(table.entries.size);
        expect(table.index.withPrefix('').toSorted()).toEqual([...table.entries.keys()].toSorted());
      }
    }),
  );
});
