import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type { MessageHeaders } from '../../core/transport.ts';

export function toNats(plain: MessageHeaders): MsgHdrs {
  const result = headers();
  for (const name in plain) result.append(name, plain[name] ?? '');
  return result;
}

export function fromNats(received: MsgHdrs | undefined): MessageHeaders {
  const plain: Record<string, string> = {};
  if (received) for (const [name, values] of received) plain[name] = values[0] ?? '';
  return plain;
}
