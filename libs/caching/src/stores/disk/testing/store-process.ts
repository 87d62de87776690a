import { openDiskStore } from '../disk-store.ts';
import type { ProcessAnswer, ProcessCall, ProcessStart } from './process-store.ts';

// A process with a store of its own, that its parent asks over the channel between them, limits and kills.
process.on('SIGXFSZ', () => undefined);
process.once('message', (start: ProcessStart) => void serve(start));

async function serve({ trusted, ...options }: ProcessStart): Promise<void> {
  const send = (message: ProcessAnswer): void => void process.send?.(message);
  const store = await openDiskStore({
    ...options,
    trustAfterRestart: () => trusted,
    onProblem: (problem) => send({ problem }),
  });
  process.on('message', ({ id, call }: ProcessCall) => {
    const asked =
      call.name === 'getMany'
        ? store.getMany(...call.args)
        : call.name === 'set'
          ? store.set(...call.args)
          : call.name === 'invalidate'
            ? store.invalidate(...call.args)
            : call.name === 'statistics'
              ? Promise.resolve(store.statistics())
              : store.close();
    asked.then(
      (value) => send({ id, value }),
      (error: Error) => send({ id, failure: error.message }),
    );
  });
  send({ id: 0, value: undefined });
}
