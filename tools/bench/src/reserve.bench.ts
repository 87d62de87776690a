import { join } from 'node:path';
import { root, startNode } from './processes/node-process.ts';
import type { Bench } from './report/bench.ts';
import { shown } from './report/numbers.ts';

/** What the bench beside the gateway's lease book prints, for each number of budgets. */
interface Figures {
  readonly budgets: number;
  readonly count: number;
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

const TARGET_P99_US = 50;

/** The hot path's money: a reservation from leases that cover it, and its close. */
export const reserveBench: Bench = {
  name: 'reserve',
  run: async ({ say }) => {
    say('reserving');
    const main = join(root, 'apps/web-gateway/dist/leases/lease-book.bench.js');
    const child = await startNode(main, { readyLine: /^(\[.*\])$/m });
    await child.stop();
    const figures = JSON.parse(child.ready) as Figures[];
    return {
      title: 'Reserve: money set aside from a lease',
      about: [
        'One reservation at a time from leases that cover it, closed at once, in the gateway’s own lease book without anything ' +
          'around it. Times are of the reservation alone, garbage collection included.',
      ],
      tables: [
        {
          columns: [
            'budgets that apply',
            'reservations and closes/s',
            'p50 µs',
            'p99 µs',
            'slowest µs',
            `p99 at most ${TARGET_P99_US} µs`,
          ],
          rows: figures.map(({ budgets, perSecond, p50Us, p99Us, maxUs }) => [
            ...[String(budgets), shown(perSecond), shown(p50Us), shown(p99Us), shown(maxUs)],
            p99Us <= TARGET_P99_US ? 'yes' : 'no',
          ]),
        },
      ],
      notes: [],
      figures,
    };
  },
};
