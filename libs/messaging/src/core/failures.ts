import { DomainError } from '@purser/errors';

/** Nobody serves a subject. The request reached no one, so it can be sent again whatever it would change. */
export class NobodyServes extends DomainError {}

/** Nobody serves `subject`. */
export function noResponders(subject: string, cause?: unknown): NobodyServes {
  return new NobodyServes('unavailable', `No service answers ${subject} right now.`, { subject }, { cause });
}

export function deadlineExceeded(subject: string, deadlineMs: number, cause?: unknown): DomainError {
  const rounded = Math.round(deadlineMs);
  const message = `${subject} was not answered within ${rounded} ms.`;
  return new DomainError('deadline_exceeded', message, { subject, deadlineMs: rounded }, { cause });
}

export function cancelled(subject: string, signal?: AbortSignal): DomainError {
  const message = `The caller of ${subject} no longer waits for the answer.`;
  return new DomainError('cancelled', message, { subject }, { cause: signal?.reason });
}

/** @throws DomainError `message_too_large` */
export function refuseLarge(subject: string, body: string, maxBytes: number): void {
  // A UTF-16 unit takes at most 3 bytes, so most bodies need no counting.
  if (body.length * 3 <= maxBytes) return;
  const bytes = Buffer.byteLength(body);
  if (bytes <= maxBytes) return;
  const message = `A message of ${bytes} bytes on ${subject} is larger than the ${maxBytes} that are carried.`;
  throw new DomainError('message_too_large', message, { subject, bytes, maxBytes });
}
