import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FairQueue, type Ticket } from './fair-queue.ts';

const MOST = 1_000;

function queueOf(most = MOST) {
  const queue = new FairQueue<number>();
  let place = 0;
  return {
    queue,
    add: (client: string, weight = 1) => queue.add(place, { client, weight, place: (place += 1) }, most),
    /** Serves whose turn it is, who then holds a slot. */
    serve: (): string => {
      const ticket = queue.first!;
      queue.hold(ticket.client);
      queue.serve(ticket);
      return ticket.client;
    },
  };
}

describe('a fair queue', () => {
  it('serves clients that hold the same in turns, however many of one wait', () => {
    const { queue, add, serve } = queueOf();
    for (let call = 0; call < 6; call += 1) add('greedy');
    add('a');
    add('b');
    const served = Array.from({ length: 6 }, () => {
      const client = serve();
      queue.free(client);
      return client;
    });
    expect(served).toEqual(['greedy', 'a', 'b', 'greedy', 'greedy', 'greedy']);
  });

  it('serves first who holds least, however long others wait', () => {
    const { queue, add, serve } = queueOf();
    queue.hold('a');
    queue.hold('a');
    queue.hold('b');
    add('a');
    add('b');
    add('c');
    expect([serve(), serve(), serve()]).toEqual(['c', 'b', 'a']);
  });

  it('gives slots, and turns, by weight', () => {
    const { queue, add, serve } = queueOf();
    for (let call = 0; call < 100; call += 1) {
      add('light');
      add('heavy', 3);
    }
    const held = Array.from({ length: 20 }, serve);
    expect(held.filter((client) => client === 'heavy')).toHaveLength(15);
    for (const client of held) queue.free(client);
    const turns = Array.from({ length: 40 }, () => {
      const client = serve();
      queue.free(client);
      return client;
    });
    expect(turns.filter((client) => client === 'heavy')).toHaveLength(30);
  });

  it('does not owe turns to a client that held much for long', () => {
    const { queue, add, serve } = queueOf();
    for (let call = 0; call < 50; call += 1) add('was-long');
    for (let slot = 0; slot < 5; slot += 1) serve();
    for (let call = 0; call < 30; call += 1) {
      add('brief');
      expect(serve()).toBe('brief');
      queue.free('brief');
    }
    for (let slot = 0; slot < 5; slot += 1) queue.free('was-long');
    add('brief');
    const next = [serve(), serve()];
    expect(next).toContain('brief');
  });

  it('serves of one client who came first, also where it comes from another queue', () => {
    const queue = new FairQueue<string>();
    queue.add('second', { client: 'a', weight: 1, place: 2 }, MOST);
    queue.add('third', { client: 'a', weight: 1, place: 3 }, MOST);
    queue.add('first', { client: 'a', weight: 1, place: 1 }, MOST);
    const order: string[] = [];
    for (let ticket = queue.first; ticket !== undefined; ticket = queue.first) {
      order.push(ticket.item);
      queue.remove(ticket);
    }
    expect(order).toEqual(['first', 'second', 'third']);
    expect(queue.isIdle).toBe(true);
  });

  it('puts a newcomer in the place of the newest of the client with most, when it is full', () => {
    const { queue, add } = queueOf(4);
    add('modest');
    for (let call = 0; call < 3; call += 1) add('greedy');
    expect(add('greedy')).toBeUndefined();
    expect(add('other')?.displaced).toMatchObject({ client: 'greedy', place: 4 });
    expect(add('other')).toBeUndefined();
    expect(queue.size).toBe(4);
  });

  it('passes over a client until the others had their turn', () => {
    const { queue, add } = queueOf();
    add('a');
    add('b');
    queue.passOver(queue.first!);
    expect(queue.first?.client).toBe('b');
    queue.passOver(queue.first!);
    expect(queue.first).toBeUndefined();
    queue.takeUp();
    expect(queue.first?.client).toBe('a');
  });

  it('keeps its bounds, and nothing of who has gone, whatever is done to it', () => {
    const step = fc.record({
      kind: fc.constantFrom('add', 'add', 'serve', 'leave', 'free'),
      client: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      weight: fc.constantFrom(1, 2, 0.5),
      pick: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { queue, add, serve } = queueOf(12);
        const waiting = new Set<Ticket<number>>();
        const held: string[] = [];
        for (const { kind, client, weight, pick } of steps) {
          const some = [...waiting][pick % Math.max(1, waiting.size)];
          if (kind === 'add') {
            const added = add(client, weight);
            if (added?.displaced !== undefined) expect(waiting.delete(added.displaced)).toBe(true);
            if (added !== undefined) waiting.add(added.ticket);
          } else if (kind === 'serve' && queue.first !== undefined) {
            waiting.delete(queue.first);
            held.push(serve());
          } else if (kind === 'leave' && some !== undefined) {
            queue.remove(some);
            queue.remove(some);
            waiting.delete(some);
          } else if (kind === 'free') {
            const gone = held.pop();
            if (gone !== undefined) queue.free(gone);
          }
          expect(queue.size).toBe(waiting.size);
          expect(queue.size).toBeLessThanOrEqual(12);
          expect(new Set(queue.tickets())).toEqual(waiting);
        }
        for (const ticket of waiting) queue.remove(ticket);
        for (const client of held) queue.free(client);
        expect(queue.isIdle).toBe(true);
        expect(queue.first).toBeUndefined();
      }),
    );
  });
});
