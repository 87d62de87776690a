import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { answerKey, pathAndQuery } from './answer-key.ts';
import type { Exchange } from './exchange.ts';
import { KnownKeys } from './known-keys.ts';

const header = fc.option(fc.constantFrom('', 'a', 'b', 'a, b', '1 2'), { nil: undefined });
const asking = fc.record({
  route: fc.constantFrom(1, 2),
  what: fc.constantFrom('/a', '/a?b=1', '/a?b=1&a=2', '/a?a=2&b=1', `/${'long'.repeat(400)}`),
  caller: fc.constantFrom('', '1', '/a', 'a\n', '\na'),
  host: header,
  first: header,
  second: header,
});

it('remembers for each request the key that it has, and no other', () => {
  fc.assert(
    fc.property(fc.array(asking, { minLength: 2, maxLength: 60 }), (all) => {
      const keys = new KnownKeys();
      for (const { route, what, caller, ...headers } of all) {
        const exchange = { header: (name: string) => headers[name as keyof typeof headers] } as Exchange;
        // Route 1 belongs to callers, route 2 to all.
        const whose = route === 1 ? { caller, vary: ['first', 'second'] } : { caller: undefined, vary: ['first'] };
        const parts = { what, handler: `A.${route}`, ...whose };
        const made = answerKey(exchange, { ...parts, what: pathAndQuery(what) });
        expect(keys.of(route, exchange, parts, pathAndQuery).text).toBe(made);
      }
    }),
  );
});
