/** How a process ended, as it wrote it down itself. */
export interface LastExit {
  readonly code: number;
  readonly drained: boolean;
  readonly at: string;
}

/** A Purser that runs, in one process or several, reachable over HTTP. */
export interface Stack {
  /** One URL for each gateway; the first is the one that is killed and drained. */
  readonly gateways: readonly string[];
  readonly adminKey: string;
  /** The folder of the process that is killed and drained. */
  readonly processFolder: string;
  /** All that its processes have printed so far, over all their runs. */
  output(): string;
  /** `kill -9` of the process of the first gateway. */
  kill(): Promise<void>;
  /** SIGTERM to it; resolves when it has ended, with what it wrote about that. */
  drain(): Promise<LastExit>;
  /** Resolves when the first gateway serves again after `kill` or `drain`. */
  serveAgain(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a stack; whatever it needs comes and goes with it. */
export type StartStack = () => Promise<Stack>;
