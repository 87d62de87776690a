import { PassThrough, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/** What undoes a `content-encoding`. Of one that is not known, every byte is an error. */
export function decoderFor(encoding: string): Transform {
  const create = decoders[encoding.trim().toLowerCase()];
  return create ? create() : unknownEncoding(encoding);
}

function unknownEncoding(encoding: string): Transform {
  const refusing = new PassThrough();
  // In the next turn: whoever asked has to listen first.
  process.nextTick(() => refusing.destroy(new Error(`The content encoding ${encoding} is not known`)));
  return refusing;
}
