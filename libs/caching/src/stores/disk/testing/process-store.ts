import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Store, StoreStatistics } from '../../../core/store.ts';
import type { DiskProblem } from '../calls.ts';

export interface ProcessStart {
  readonly folder: string;
  readonly maxBytes?: number;
  readonly trusted: boolean;
}

export interface ProcessCall {
  readonly id: number;
  readonly call:
    | { readonly name: 'getMany'; readonly args: Parameters<Store['getMany']> }
    | { readonly name: 'set'; readonly args: Parameters<Store['set']> }
    | { readonly name: 'invalidate'; readonly args: Parameters<Store['invalidate']> }
    | { readonly name: 'statistics' | 'close' };
}

export type ProcessAnswer =
  | { readonly problem: DiskProblem }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: string };

/** A disk store in a process of its own, which may be killed. */
export class ProcessStore {
  readonly problems: DiskProblem[] = [];
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #ids = 0;

  private constructor(start: ProcessStart) {
    const script = fileURLToPath(new URL('./store-process.ts', import.meta.url));
    this.#child = fork(script, { execArgv: [], stdio: 'inherit' });
    this.#child.on('message', (answer: ProcessAnswer) => this.#answered(answer));
    this.#child.once('exit', () => this.#ended());
    this.#waiting.set(0, Promise.withResolvers());
    this.#child.send(start);
  }

  static async open(start: ProcessStart): Promise<ProcessStore> {
    const store = new ProcessStore(start);
    await store.#waiting.get(0)?.promise;
    return store;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  getMany(...args: Parameters<Store['getMany']>): ReturnType<Store['getMany']> {
    return this.#ask({ name: 'getMany', args }) as ReturnType<Store['getMany']>;
  }

  set(...args: Parameters<Store['set']>): Promise<boolean> {
    return this.#ask({ name: 'set', args }) as Promise<boolean>;
  }

  invalidate(...args: Parameters<Store['invalidate']>): Promise<void> {
    return this.#ask({ name: 'invalidate', args }) as Promise<void>;
  }

  statistics(): Promise<StoreStatistics> {
    return this.#ask({ name: 'statistics' }) as Promise<StoreStatistics>;
  }

  /** Closes the store, and lets the process end by itself. */
  async close(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.#child, 'exit');
    await this.#ask({ name: 'close' });
    this.#child.disconnect();
    await ended;
  }

  async kill(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #ask(call: ProcessCall['call']): Promise<unknown> {
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set((this.#ids += 1), waiting);
    this.#child.send({ id: this.#ids, call } satisfies ProcessCall);
    return waiting.promise;
  }

  #answered(answer: ProcessAnswer): void {
    if ('problem' in answer) return void this.problems.push(answer.problem);
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('failure' in answer) waiting?.reject(new Error(answer.failure));
    else waiting?.resolve(answer.value);
  }

  #ended(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error('The process ended.'));
    this.#waiting.clear();
  }
}
