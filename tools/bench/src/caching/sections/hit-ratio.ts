import { hitRatios, TRACE } from '../hit-ratio.ts';
import { shown } from '../../report/numbers.ts';
import type { SectionOf } from './section.ts';

const ALPHAS = [0.7, 0.9, 1.1] as const;
const ROOMS = [0.01, 0.03, 0.1] as const;

/** What share of reads memory answers where there is room for a part only. */
export const hitRatioSection: SectionOf = async ({ say }) => {
  say('hit ratios');
  const figures = await hitRatios(ALPHAS, ROOMS);
  const percent = (share: number): string => `${shown(share * 100)} %`;
  return {
    name: 'hitRatio',
    table: {
      columns: ['hit ratio on a Zipf trace, alpha', 'room for', 'Purser', 'lru-cache, the same bytes'],
      rows: figures.map(({ alpha, room, purser, lruCache }) => [
        ...[shown(alpha), `${room * 100} % of keys`, percent(purser), percent(lruCache)],
      ]),
    },
    notes: [
      `Hit ratios: ${shown(TRACE.requests)} reads of ${shown(TRACE.keys)} keys with values of 100 B after a quarter as many that fill the cache, the same for both; bytes counted by Purser’s reckoning.`,
    ],
    figures,
  };
};
