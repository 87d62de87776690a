import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';

/** Messages within the process: their context is `{ caller }`. */
export class LocalTransport extends Server implements CustomTransportStrategy {
  listen(callback: () => void): void {
    callback();
  }
  close(): void {}
  on(): void {}
  unwrap<T>(): T {
    return undefined as T;
  }

  async ask(pattern: string, caller: string): Promise<unknown> {
    const handler: MessageHandler = this.messageHandlers.get(pattern)!;
    const result: unknown = await handler({}, { caller });
    return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
  }
}
