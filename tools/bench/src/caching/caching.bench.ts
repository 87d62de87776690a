import type { Bench, BenchOptions, BenchReport } from '../report/bench.ts';
import { shown } from '../report/numbers.ts';
import { versionsOf } from '../report/versions.ts';
import { contestants } from './contestants/index.ts';
import { hitSection, perSecondOf } from './sections/hits.ts';
import { hitRatioSection } from './sections/hit-ratio.ts';
import { lowerTierSection } from './sections/lower-tiers.ts';
import { memorySection } from './sections/memory.ts';
import { missSection } from './sections/misses.ts';
import type { Section } from './sections/section.ts';
import { stampedeSection } from './sections/stampede.ts';
import { tagSection } from './sections/tag.ts';

/** A tagged hit, to the two that are asked most for. */
const TIMES_PEERS = 2;

/** The cache beside those that its users would take else. */
export const cachingBench: Bench = {
  name: 'caching',
  run: async (options) => {
    const hits = await hitSection(options);
    const others: Section[] = [];
    for (const section of [
      missSection,
      tagSection,
      stampedeSection,
      lowerTierSection,
      hitRatioSection,
      memorySection,
    ]) {
      others.push(await section(options));
    }
    return reportOf([hits, ...others], options);
  },
};

function reportOf(sections: readonly [Section, ...Section[]], { rounds }: BenchOptions): BenchReport {
  return {
    title: 'Caching: a library beside its peers',
    about: [
      `Each measurement in a Node of its own, contestants in turn, the medians of ${rounds} rounds; calls with their options and loaders written inline, a life of five minutes, keys such as \`account:42:usage\`. Purser copies and freezes what it is given, once, so that no caller can change what others read; the peers hand out the object that they were given, except where a row says otherwise.`,
      `${versionsOf(Object.values(contestants).map(({ packageName }) => packageName)).join(', ')}.`,
    ],
    tables: [targetsTable(sections[0]), ...sections.map(({ table }) => table)],
    notes: sections.flatMap(({ notes }) => notes),
    figures: Object.fromEntries(sections.map(({ name, figures }) => [name, figures])),
  };
}

function targetsTable(hits: Section): BenchReport['tables'][number] {
  const own = perSecondOf(hits, 'purser', true);
  const rows = (['bentocache', 'cacheManager'] as const).map((peer) => {
    const times = own / perSecondOf(hits, peer, false);
    const what = `tagged hit, × ${contestants[peer].label}, untagged`;
    return [what, `at least ${shown(TIMES_PEERS)}`, shown(times), times >= TIMES_PEERS ? 'yes' : 'no'];
  });
  return { columns: ['target', 'aim', 'measured', 'met'], rows };
}
