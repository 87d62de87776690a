import type { IncomingMessage } from 'node:http';
import { isFault } from './faults.ts';
import type { Fault } from './faults.ts';
import type { PricedModel } from './settings.ts';
import { WireError } from './wire-error.ts';

/** A request's JSON object. */
export type Body = Readonly<Record<string, unknown>>;

const MAX_BODY_BYTES = 32 * 1024 * 1024;

/**
 * Reads a request's body whole; undefined when the client went away before its end.
 *
 * @throws {WireError} when it has more than 32 MiB
 */
export function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
      else reject(new WireError(413, `A body has at most ${MAX_BODY_BYTES} bytes.`));
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    // After `end` these change nothing.
    request.on('error', () => resolve(undefined));
    request.on('close', () => resolve(undefined));
  });
}

/** @throws {WireError} when the body is not a JSON object */
export function parseBody(bytes: Buffer): Body {
  let body: unknown;
  try {
    body = JSON.parse(bytes.toString());
  } catch {
    throw new WireError(400, 'We could not parse the JSON body of your request.');
  }
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Body;
  throw new WireError(400, 'The body of your request must be a JSON object.');
}

/**
 * The model that a request names, and the fault that may follow the name, as in `sim-small+hang`.
 *
 * @throws {WireError} when there is no name, or no such model
 */
export function modelIn(
  body: Body,
  models: ReadonlyMap<string, PricedModel>,
): { readonly model: PricedModel; readonly fault?: Fault } {
  const name = body.model;
  if (typeof name !== 'string' || name === '') {
    throw new WireError(400, 'You must provide a model parameter.', { param: 'model' });
  }
  const at = name.lastIndexOf('+');
  const suffix = name.slice(at + 1);
  const fault = at > 0 && isFault(suffix) ? suffix : undefined;
  const model = models.get(fault === undefined ? name : name.slice(0, at));
  if (model !== undefined) return { model, fault };
  throw new WireError(404, `The model '${name}' does not exist.`, { param: 'model', code: 'model_not_found' });
}

/**
 * The fault in the header `x-simulator-fault`.
 *
 * @throws {WireError} when it names none
 */
export function faultIn(header: string | undefined): Fault | undefined {
  if (header === undefined || isFault(header)) return header;
  throw new WireError(400, `x-simulator-fault: ${header} is no fault.`, { param: 'x-simulator-fault' });
}

/** @throws {WireError} when the field is given but is not a whole number from 1 to `max` */
export function wholeNumberIn(body: Body, param: string, max: number): number | undefined {
  const value = body[param];
  if (value === undefined || value === null) return undefined;
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max) return value as number;
  throw new WireError(400, `${param} must be a whole number from 1 to ${max}.`, { param });
}
