type Node = Record<string, unknown>;

/** A header of a response. */
export function headerNode(description: string, required: boolean): Node {
  return { description, required, schema: { type: 'string' } };
}

/** Headers that stand in the document once. */
export const commonHeaders: Readonly<Record<string, Node>> = {
  RequestId: headerNode(
    "The request's id: the client's own `x-request-id` where it is 1 to 128 of `A-Z a-z 0-9 . _ -`.",
    true,
  ),
  ResponseTime: headerNode('Milliseconds until the head of the answer.', true),
  ServerTiming: headerNode('The same for the tools of browsers; not in answers of providers.', false),
  CacheControl: headerNode('`private, no-cache`: who keeps it asks by its ETag before it is used again.', true),
  RateLimit: headerNode("How the caller's limits stand (IETF draft); absent where none applies.", false),
  RateLimitPolicy: headerNode('What these limits are (IETF draft).', false),
  RateLimitOlder: headerNode('The same of the tightest limit on requests, for older clients.', false),
  Vary: headerNode('The request headers that it differs by; absent where there are none.', false),
};

/** Those that every answer has, or may have, as a response names them. */
export const headerReferences: Node = {
  'x-request-id': { $ref: '#/components/headers/RequestId' },
  'X-Response-Time-Ms': { $ref: '#/components/headers/ResponseTime' },
  'Server-Timing': { $ref: '#/components/headers/ServerTiming' },
  RateLimit: { $ref: '#/components/headers/RateLimit' },
  'RateLimit-Policy': { $ref: '#/components/headers/RateLimitPolicy' },
  'X-RateLimit-Limit': { $ref: '#/components/headers/RateLimitOlder' },
  'X-RateLimit-Remaining': { $ref: '#/components/headers/RateLimitOlder' },
  'X-RateLimit-Reset': { $ref: '#/components/headers/RateLimitOlder' },
};

/** Those that a read of the control plane has beside them, unchanged or not. */
export const readHeaderReferences: Node = {
  'Cache-Control': { $ref: '#/components/headers/CacheControl' },
  Vary: { $ref: '#/components/headers/Vary' },
};
