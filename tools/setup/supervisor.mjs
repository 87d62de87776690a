import { SupervisedProcess } from './supervised-process.mjs';

/** After a forced stop each process has this long to write down that it was forced. */
const forcedCeilingMs = 1_500;

/**
 * Several processes that are started together and stopped in order.
 */
export class Supervisor {
  /** @type {readonly (readonly SupervisedProcess[])[]} */
  #groups;
  #ceilingMs;

  /**
   * @param {readonly (readonly import('./supervised-process.mjs').ProcessPlan[])[]} groups in the order in which they are
   * stopped; the processes of one group are stopped at the same time
   * @param {{ output: NodeJS.WritableStream, say: (message: string) => void, stopCeilingMs: number,
   *   timing?: import('./supervised-process.mjs').Timing }} options `stopCeilingMs` is how long a process may take to stop
   * before it is killed
   */
  constructor(groups, options) {
    // Two pipes from each process end in it.
    options.output.setMaxListeners(4 * groups.flat().length + 10);
    this.#ceilingMs = options.stopCeilingMs;
    this.#groups = groups.map((group) => group.map((plan) => new SupervisedProcess(plan, options)));
  }

  /** Every process, in the order in which they are stopped. */
  get processes() {
    return this.#groups.flat();
  }

  /**
   * Starts all of them.
   * @param {number} deadlineMs
   * @returns {Promise<string[]>} their URLs, in the order of the plans; rejects when one was given up, or is not ready in time.
   * What runs goes on running then: stop it.
   */
  async start(deadlineMs) {
    for (const each of this.processes) each.start();
    const late = Promise.withResolvers();
    const timer = setTimeout(() => {
      late.reject(new Error(`not everything got ready within ${deadlineMs / 1000} s: see the output above`));
    }, deadlineMs);
    try {
      return await Promise.race([Promise.all(this.processes.map((each) => each.ready)), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Stops group after group, each process with a ceiling.
   * @returns {Promise<boolean>} whether all of them ended by themselves with exit code 0
   */
  async stop() {
    let clean = true;
    for (const group of this.#groups) {
      const ended = await Promise.all(group.map((each) => each.stop(this.#ceilingMs)));
      clean &&= ended.every(Boolean);
    }
    return clean;
  }

  /** Makes a stop that is under way an impatient one: everybody is asked at once, and killed a moment later. */
  async force() {
    this.#ceilingMs = forcedCeilingMs;
    await Promise.all(this.processes.map((each) => each.stop(forcedCeilingMs)));
  }
}
