import type { RedisClient } from '../client.ts';

/** What was sent to a {@link ScriptedRedis}. */
export interface SentScript {
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

/** A Redis whose answers the test gives. */
export class ScriptedRedis implements RedisClient {
  readonly sent: SentScript[] = [];
  readonly texts: string[] = [];
  #answer: (script: SentScript) => unknown = () => [];

  /** Answers all that is sent from now on; a promise is answered when it is. */
  answer(answer: (script: SentScript) => unknown): void {
    this.#answer = answer;
  }

  async evalsha(_sha: string, keyCount: number, ...rest: string[]): Promise<unknown> {
    const script = { keys: rest.slice(0, keyCount), args: rest.slice(keyCount) };
    this.sent.push(script);
    return this.#answer(script);
  }

  async eval(text: string, keyCount: number, ...rest: string[]): Promise<unknown> {
    this.texts.push(text);
    return this.evalsha('', keyCount, ...rest);
  }
}
