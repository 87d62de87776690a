import { setImmediate as nextTurn } from 'node:timers/promises';
import { isSignedWith } from './signature.ts';
import type { WebhookSource } from './webhooks.repository.ts';

/** Bytes that are hashed before others have their turn: some milliseconds. */
const HASHED_AT_ONCE_BYTES = 2 * 1_048_576;

/**
 * The sources whose secret made the signature. Every secret is tried, whichever fits, and each once however many sources
 * share it; in between others have their turn.
 *
 * @param open the secret of a source; null where it can't be opened
 */
export async function signersOf(
  sources: AsyncIterable<WebhookSource>,
  open: (source: WebhookSource) => string | null,
  { body, claimed }: { readonly body: Buffer; readonly claimed: Buffer },
): Promise<WebhookSource[]> {
  const fits = new Map<string, boolean>();
  const signers: WebhookSource[] = [];
  let hashed = 0;
  for await (const source of sources) {
    const secret = open(source);
    if (secret === null) continue;
    if (!fits.has(secret)) {
      fits.set(secret, isSignedWith(secret, body, claimed));
      hashed += body.length;
    }
    if (fits.get(secret)) signers.push(source);
    if (hashed < HASHED_AT_ONCE_BYTES) continue;
    hashed = 0;
    await nextTurn();
  }
  return signers;
}
