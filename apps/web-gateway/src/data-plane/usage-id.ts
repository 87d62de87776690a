import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const BYTES_PER_ID = 16;
const pool = Buffer.alloc(256 * BYTES_PER_ID);
let used = pool.length;

/** A new usage id (UUID version 7). Takes its random bytes from a pool: to ask the system for each is the dearer part. */
export function newUsageId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.subarray(used, used + BYTES_PER_ID);
  used += BYTES_PER_ID;
  return v7({ random });
}
