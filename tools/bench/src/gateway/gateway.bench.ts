import { fileURLToPath } from 'node:url';
import { startNode, type NodeProcess } from '../processes/node-process.ts';
import { Opened } from '../processes/opened.ts';
import type { Bench, BenchOptions, BenchReport } from '../report/bench.ts';
import { bareProxy } from './bare-proxy.ts';
import type { Contestant } from './contestant.ts';
import { measure, type Entrant } from './measure.ts';
import { portkey } from './portkey.ts';
import { purser } from './purser.ts';
import { figuresJson, gatewayTable, targetsTable } from './tables.ts';

const CONNECTIONS = [1, 32, 256];
const contestants: readonly Contestant[] = [purser, portkey, bareProxy];

const script = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Purser beside its peer, and beside what Node allows, on one upstream that answers at once. */
export const gatewayBench: Bench = {
  name: 'gateway',
  run: async (options) => {
    const opened = new Opened();
    try {
      const upstream = await opened.add(startNode(script('../http/upstream.js'), { readyLine: /ready on (\S+)/ }));
      const load = await opened.add(startNode(script('../http/load.js'), { readyLine: /is ready/ }));
      const entrants: Entrant[] = [];
      for (const contestant of contestants) {
        options.say(`starting ${contestant.name}`);
        const gateway = await opened.add(contestant.start(upstream.ready));
        const figures = { results: new Map(), idleMb: undefined, loadedMb: undefined, served: 0, failures: {} };
        entrants.push({ contestant, gateway, ...figures });
      }
      return await runAll(entrants, load, options);
    } finally {
      await opened.stop();
    }
  },
};

async function runAll(entrants: readonly Entrant[], load: NodeProcess, options: BenchOptions): Promise<BenchReport> {
  await measure(entrants, load, { ...options, connections: CONNECTIONS });
  const notes: string[] = [];
  for (const { contestant, gateway, served, failures } of entrants) {
    const failed = Object.entries(failures).map(([what, count]) => `${count} × ${what}`);
    if (failed.length > 0) notes.push(`${contestant.name} failed requests: ${failed.join(', ')}.`);
    else if (gateway.verify) {
      options.say(`${contestant.name}: checking that everything is accounted for`);
      notes.push(...(await gateway.verify(served)).map((note) => `${contestant.name}: ${note}`));
    }
  }
  const { rounds, seconds } = options;
  return {
    title: 'Gateway: chat completions to an upstream that answers at once',
    about: [
      `The same request to each, in turn, ${rounds} × ${seconds} s at ${CONNECTIONS.join(', ')} connections; the ` +
        'medians. Load generator, upstream and gateway share the machine. Memory is the gateway’s process alone, without its ' +
        'database.',
      entrants.map(({ contestant: { name, what } }) => `- **${name}**: ${what}`).join('\n'),
    ],
    tables: [gatewayTable(entrants, CONNECTIONS), targetsTable(entrants)],
    notes,
    figures: figuresJson(entrants, CONNECTIONS),
  };
}
