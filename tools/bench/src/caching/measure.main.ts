// The process of one contestant: takes a job from its parent, and answers with what it measured.
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

async function run(job: Job): Promise<Measured> {
  return measured(await contestants[job.contestant].load(), job);
}

process.on('message', (job: Job) => {
  run(job).then(
    (result) => process.send!({ result }),
    (error: unknown) => process.send!({ error: String(error) }),
  );
});
// What follows the parent let go of the channel, and nothing else keeps this process until it is asked.
process.channel?.ref();
process.stdout.write('contestant is ready on this channel\n');
