import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { DomainError } from '@purser/errors';

const FORMAT = 'v1';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals secrets with AES-256-GCM under a key derived from the master key (HKDF-SHA-256, RFC 5869). The `purpose` is
 * authenticated too: what was sealed for one purpose can't be opened for another.
 */
export class SecretBox {
  readonly #key: Buffer;
  readonly #ivKey: Buffer;

  /** @param masterKey at least 32 characters with the entropy of 256 bits. */
  constructor(masterKey: string) {
    if (masterKey.length < 32) throw new RangeError('the master key must have at least 32 characters');
    this.#key = Buffer.from(hkdfSync('sha256', masterKey, 'purser', 'secret-box', 32));
    this.#ivKey = Buffer.from(hkdfSync('sha256', masterKey, 'purser', 'secret-box iv', 32));
  }

  /**
   * `v1.<base64url of IV, tag and ciphertext>`; another text each time. With `repeat` (an idempotency key) the same text
   * for the same secret, purpose and `repeat`, so that a repeated message can be recognised as one.
   */
  seal(secret: string, purpose: string, repeat?: string): string {
    const iv = repeat === undefined ? randomBytes(IV_BYTES) : this.#syntheticIv(secret, purpose, repeat);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv).setAAD(Buffer.from(purpose));
    const ciphertext = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return `${FORMAT}.${Buffer.concat([iv, cipher.getAuthTag(), ciphertext]).toString('base64url')}`;
  }

  /** @throws DomainError `internal` where it was sealed under another master key or purpose, or was changed. */
  open(sealed: string, purpose: string): string {
    try {
      const [format, body] = sealed.split('.');
      const bytes = Buffer.from(body ?? '', 'base64url');
      if (format !== FORMAT || bytes.length < IV_BYTES + TAG_BYTES) throw new Error('not a sealed secret');
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(purpose))
        .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    } catch (cause) {
      throw new DomainError(
        'internal',
        'A stored secret cannot be opened: PURSER_MASTER_KEY is not the one that it was sealed under.',
        { purpose },
        { cause },
      );
    }
  }

  /** An IV that depends on the secret, so that no two secrets ever share one (as in SIV modes, RFC 8452). */
  #syntheticIv(...parts: readonly string[]): Buffer {
    return createHmac('sha256', this.#ivKey).update(JSON.stringify(parts)).digest().subarray(0, IV_BYTES);
  }
}
