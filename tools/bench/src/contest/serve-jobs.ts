import type { Measured } from './contest.ts';

/** Makes this process that of one contestant: it takes a job from its parent, and answers with what it measured. */
export function serveJobs<J>(run: (job: J) => Promise<Measured>): void {
  process.on('message', (job: J) => {
    run(job).then(
      (result) => process.send!({ result }),
      (error: unknown) => process.send!({ error: String(error) }),
    );
  });
  // What follows the parent let go of the channel, and nothing else keeps this process until it is asked.
  process.channel?.ref();
  process.stdout.write('contestant is ready on this channel\n');
}
