// The process of one contestant.
import { serveJobs } from '../contest/serve-jobs.ts';
import type { Contestant } from './contestant.ts';
import { contestants } from './contestants/index.ts';
import { hits } from './measures/hits.ts';
import type { Job, Measured } from './measures/job.ts';
import { memory } from './measures/memory.ts';
import { misses } from './measures/misses.ts';
import { stampede } from './measures/stampede.ts';
import { tag } from './measures/tag.ts';

function measured(contestant: Contestant, job: Job): Promise<Measured> {
  switch (job.measure) {
    case 'hits':
      return hits(contestant, job);
    case 'misses':
      return misses(contestant, job);
    case 'tag':
      return tag(contestant, job);
    case 'stampede':
      return stampede(contestant, job);
    case 'memory':
      return memory(contestant, job);
  }
}

serveJobs(async (job: Job) => measured(await contestants[job.contestant].load(), job));
