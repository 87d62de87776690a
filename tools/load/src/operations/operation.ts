/** The kinds of requests that virtual users send. */
export const operationNames = ['chat', 'stream', 'read'] as const;

export type OperationName = (typeof operationNames)[number];

/** What a request came to. */
export interface Answer {
  /** When the first byte of a stream's body came, `performance.now()`. */
  readonly firstByteAt?: number;
  /** What went wrong: `status 503`, `cut stream`. */
  readonly error?: string;
}

/** One request, whole: resolves when its last byte is here. Rejects when there is no answer. */
export type Operation = (index: number, signal: AbortSignal) => Promise<Answer>;

export type Operations = Readonly<Record<OperationName, Operation>>;

/** How often each operation comes, in parts of their sum. */
export type Mix = Readonly<Record<OperationName, number>>;

/**
 * The operation of each planned request: spread evenly, so that a run of any length has the mix that was asked for, and
 * the same in every run.
 */
export function operationSequence(mix: Mix): (index: number) => OperationName {
  const total = operationNames.reduce((sum, name) => sum + mix[name], 0);
  const sequence: OperationName[] = [];
  const credit: Record<OperationName, number> = { chat: 0, stream: 0, read: 0 };
  for (let turn = 0; turn < total; turn++) {
    for (const name of operationNames) credit[name] += mix[name];
    const next = operationNames.reduce((best, name) => (credit[name] > credit[best] ? name : best));
    credit[next] -= total;
    sequence.push(next);
  }
  return (index) => sequence[index % sequence.length]!;
}
