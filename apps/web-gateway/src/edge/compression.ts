import { pipeline, type Readable, type Transform } from 'node:stream';
import { promisify } from 'node:util';
import {
  brotliCompress,
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createDeflate,
  createGzip,
  deflate,
  deflateSync,
  gzip,
  gzipSync,
  type BrotliOptions,
  type ZlibOptions,
} from 'node:zlib';
import type { WebGatewayConfig } from '../web-gateway.config.ts';
import { negotiate, type Coding } from './coding.ts';

/** Which answers: all, those of `/api/v1` and the pages but none of `/v1`, or none. */
export type CompressedAnswers = 'on' | 'control-plane' | 'off';

export type CompressionConfig = Pick<
  WebGatewayConfig,
  'COMPRESSION' | 'COMPRESSION_MIN_BYTES' | 'COMPRESSION_LEVEL' | 'COMPRESSION_BROTLI_QUALITY'
>;

/** What decides about one answer. Header names are in lower case. */
export interface Compressible {
  readonly path: string;
  readonly acceptEncoding: string | undefined;
  /** Whether the request asked for none with `x-no-compression`. */
  readonly declined: boolean;
  /** A header of the answer. */
  readonly header: (name: string) => unknown;
}

/** A body that compressing makes smaller. Not event streams: each event has to get there by itself. */
const TEXT = /^(?:text\/(?!event-stream)|application\/(?:[\w.+-]*\+)?(?:json|xml|yaml|javascript|x-ndjson|ndjson)\b)/i;

/** Up to here the hop to another thread and back costs more than the compression. */
const SYNC_BYTES = 8 * 1024;
/** Jobs that run at once: the threads are those that write the usage journal. */
const MOST_JOBS = 2;
/** Jobs and streams beyond these are sent as they are: nobody waits for a smaller answer. */
const MOST_WAITING = 64;
const MOST_STREAMS = 32;

const gzipAsync = promisify<Buffer, ZlibOptions, Buffer>(gzip);
const deflateAsync = promisify<Buffer, ZlibOptions, Buffer>(deflate);
const brotliAsync = promisify<Buffer, BrotliOptions, Buffer>(brotliCompress);

/** Compresses answers as configured and as clients accept it. */
export class Compression {
  readonly #answers: CompressedAnswers;
  readonly #minBytes: number;
  readonly #zlib: ZlibOptions;
  readonly #quality: number;
  readonly #waiting: (() => void)[] = [];
  /** What was made of bodies that are sent again and again, such as cached ones; it goes with the body. */
  readonly #coded = new WeakMap<Buffer, Map<Coding, Buffer | Promise<Buffer>>>();
  #jobs = 0;
  #streams = 0;

  constructor(config: CompressionConfig) {
    this.#answers = config.COMPRESSION;
    this.#minBytes = config.COMPRESSION_MIN_BYTES;
    this.#zlib = { level: config.COMPRESSION_LEVEL };
    this.#quality = config.COMPRESSION_BROTLI_QUALITY;
  }

  /** Whether an answer on this path, of this type, may differ by Accept-Encoding, so that it has to say `Vary`. */
  varies(path: string, contentType: unknown): boolean {
    if (this.#answers === 'off' || (this.#answers === 'control-plane' && path.startsWith('/v1/'))) return false;
    return typeof contentType === 'string' && TEXT.test(contentType);
  }

  /**
   * The coding of an answer; undefined: as it is. Already coded answers, and those with `x-no-compression` or
   * `Cache-Control: no-transform`, stay as they are.
   *
   * @param bytes undefined for a stream
   */
  codingFor(answer: Compressible, bytes: number | undefined): Coding | undefined {
    if (answer.declined || !this.varies(answer.path, answer.header('content-type'))) return undefined;
    if (answer.header('content-encoding') !== undefined || answer.header('x-no-compression') !== undefined) {
      return undefined;
    }
    const cacheControl = answer.header('cache-control');
    if (typeof cacheControl === 'string' && cacheControl.includes('no-transform')) return undefined;
    const { coding, required } = negotiate(answer.acceptEncoding);
    if (coding === undefined || bytes === 0) return undefined;
    return bytes === undefined || bytes > this.#minBytes || required ? coding : undefined;
  }

  /**
   * The body in that coding, at once where it is small. Where too much is being compressed already it is undefined; for a
   * client that takes nothing else (`Accept-Encoding` says so) it is compressed all the same, at the cost of the others.
   */
  bytes(body: Buffer, coding: Coding, acceptEncoding: string | undefined): Buffer | Promise<Buffer> | undefined {
    const known = this.#coded.get(body)?.get(coding);
    if (known !== undefined) return known;
    if (body.length <= SYNC_BYTES) return this.#remember(body, coding, this.#sync(body, coding));
    if (this.#waiting.length < MOST_WAITING) return this.#remember(body, coding, this.#job(body, coding));
    return negotiate(acceptEncoding).required ? this.#sync(body, coding) : undefined;
  }

  /**
   * A stream in that coding; each piece that goes in comes out at once, so that what is made slowly also arrives as it is
   * made. Either end of it destroys the other. Undefined where too many are under way already.
   */
  stream(source: Readable, coding: Coding): Readable | undefined {
    if (this.#streams >= MOST_STREAMS) return undefined;
    this.#streams += 1;
    return pipeline(source, this.#encoder(coding), () => {
      this.#streams -= 1;
    });
  }

  /** Whoever asks for the same while it is being made waits for it. */
  #remember<T extends Buffer | Promise<Buffer>>(body: Buffer, coding: Coding, made: T): T {
    const known = this.#coded.get(body) ?? new Map<Coding, Buffer | Promise<Buffer>>();
    this.#coded.set(body, known.set(coding, made));
    if (made instanceof Promise) {
      made.then(
        (bytes) => known.set(coding, bytes),
        () => known.delete(coding),
      );
    }
    return made;
  }

  #encoder(coding: Coding): Transform {
    if (coding === 'br') {
      return createBrotliCompress({ ...this.#brotli(undefined), flush: constants.BROTLI_OPERATION_FLUSH });
    }
    const options = { ...this.#zlib, flush: constants.Z_SYNC_FLUSH };
    return coding === 'gzip' ? createGzip(options) : createDeflate(options);
  }

  #sync(body: Buffer, coding: Coding): Buffer {
    if (coding === 'br') return brotliCompressSync(body, this.#brotli(body.length));
    return coding === 'gzip' ? gzipSync(body, this.#zlib) : deflateSync(body, this.#zlib);
  }

  async #job(body: Buffer, coding: Coding): Promise<Buffer> {
    if (this.#jobs >= MOST_JOBS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#jobs += 1;
    try {
      if (coding === 'br') return await brotliAsync(body, this.#brotli(body.length));
      return await (coding === 'gzip' ? gzipAsync(body, this.#zlib) : deflateAsync(body, this.#zlib));
    } finally {
      // The place goes to the next in line, or back.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#jobs -= 1;
    }
  }

  #brotli(bytes: number | undefined): BrotliOptions {
    const size = bytes === undefined ? {} : { [constants.BROTLI_PARAM_SIZE_HINT]: bytes };
    return {
      params: {
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_QUALITY]: this.#quality,
        ...size,
      },
    };
  }
}
