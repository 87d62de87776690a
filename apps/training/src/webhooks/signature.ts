import { createHmac, timingSafeEqual } from 'node:crypto';

const SIGNATURE = /^sha256=([0-9a-f]{64})$/;

/** The bytes that an `x-hub-signature-256` header claims to be the body's HMAC-SHA-256; null where it is not of its form. */
export function claimedSignature(header: string | undefined): Buffer | null {
  const hex = SIGNATURE.exec(header ?? '')?.[1];
  return hex === undefined ? null : Buffer.from(hex, 'hex');
}

/** Whether the body was signed with the secret; takes the same time whichever byte is wrong. */
export function isSignedWith(secret: string, body: Buffer, claimed: Buffer): boolean {
  return timingSafeEqual(createHmac('sha256', secret).update(body).digest(), claimed);
}
