import Negotiator from 'negotiator';

/** A content coding that answers are sent in; the preferred one first, where a client likes several equally. */
export const codings = ['br', 'gzip', 'deflate'] as const;
export type Coding = (typeof codings)[number];

/** What a client takes. `required`: it refuses an answer that is not coded (`identity;q=0`). */
export interface Negotiated {
  /** Undefined: it wants, or may as well have, the answer as it is. */
  readonly coding: Coding | undefined;
  readonly required: boolean;
}

type Encodings = (available: readonly string[], options: { readonly preferred: readonly string[] }) => string[];

/** Clients of one kind send the same text, so few texts cover all requests; a client that varies it must not fill memory. */
const MOST_REMEMBERED = 200;
const LONGEST_REMEMBERED = 200;
const AS_IT_IS: Negotiated = Object.freeze({ coding: undefined, required: false });
const remembered = new Map<string, Negotiated>();

/** What an Accept-Encoding header asks for (RFC 9110, 12.5.3): weights, `*` and `identity;q=0` count. */
export function negotiate(acceptEncoding: string | undefined): Negotiated {
  // Without the header anything may be sent; clients that never heard of codings leave it out too.
  if (acceptEncoding === undefined) return AS_IT_IS;
  const known = remembered.get(acceptEncoding);
  if (known) return known;
  const negotiated = read(acceptEncoding);
  if (acceptEncoding.length > LONGEST_REMEMBERED) return negotiated;
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(acceptEncoding, negotiated);
  return negotiated;
}

function read(acceptEncoding: string): Negotiated {
  const negotiator = new Negotiator({ headers: { 'accept-encoding': acceptEncoding } });
  // The published types lack the second parameter.
  const encodings = negotiator.encodings.bind(negotiator) as Encodings;
  const accepted = encodings([...codings, 'identity'], { preferred: codings });
  const [best] = accepted;
  return Object.freeze({ coding: codings.find((each) => each === best), required: !accepted.includes('identity') });
}
