/** What the store needs of a connection to Redis 7 or Valkey. A `Redis` or a `Cluster` of ioredis 5 is one. */
export interface RedisClient {
  /** Rejects with an error whose message begins with `NOSCRIPT` where Redis does not know the script. */
  evalsha(sha1: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>;
  eval(script: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>;
}

/** What the store needs of a second connection, on which it listens. A `Redis` or a `Cluster` of ioredis 5 is one. */
export interface RedisSubscriber {
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
  off(event: 'message', listener: (channel: string, message: string) => void): unknown;
}
