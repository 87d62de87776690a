import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** How a value is written: as it is, by zstd, or not at all, where there is known to be none. */
export const PLAIN = 0;
export const ZSTD = 1;
export const NONE = 2;

export interface Body {
  readonly encoding: number;
  readonly bytes: Uint8Array;
}

/** The fastest: a cache is written more often than it is read twice. */
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** What has to be saved to be worth the reading: a tenth. */
const WORTH_IT = 0.9;

/** Writes a value down, smaller where it is larger than `compressAboveBytes` and that saves something. */
export function packed(json: string | undefined, compressAboveBytes: number): Body {
  if (json === undefined) return { encoding: NONE, bytes: new Uint8Array() };
  const bytes = Buffer.from(json);
  if (bytes.length <= compressAboveBytes) return { encoding: PLAIN, bytes };
  const smaller = zstdCompressSync(bytes, compression);
  return smaller.length < bytes.length * WORTH_IT ? { encoding: ZSTD, bytes: smaller } : { encoding: PLAIN, bytes };
}

export function unpacked({ encoding, bytes }: Body): string | undefined {
  if (encoding === NONE) return undefined;
  const plain =
    encoding === ZSTD ? zstdDecompressSync(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return plain.toString();
}

/** Of all that an entry is, so that nothing is given out that was not stored so, under this key. */
export function checksum(parts: readonly (string | number)[], bytes: Uint8Array = new Uint8Array()): number {
  return crc32(bytes, crc32(parts.join('\0')));
}
