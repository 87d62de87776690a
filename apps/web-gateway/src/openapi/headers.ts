type Node = Record<string, unknown>;

/** A header of a response. */
export function headerNode(description: string, required: boolean): Node {
  return { description, required, schema: { type: 'string' } };
}

/** Headers that every answer has. */
export const commonHeaders: Readonly<Record<string, Node>> = {
  RequestId: headerNode(
    "The request's id: the client's own `x-request-id` where it is 1 to 128 of `A-Z a-z 0-9 . _ -`.",
    true,
  ),
  ResponseTime: headerNode('Milliseconds until the head of the answer.', true),
  ServerTiming: headerNode('The same for the tools of browsers; not in answers of providers.', false),
};

/** The same, as a response names them. */
export const headerReferences: Node = {
  'x-request-id': { $ref: '#/components/headers/RequestId' },
  'X-Response-Time-Ms': { $ref: '#/components/headers/ResponseTime' },
  'Server-Timing': { $ref: '#/components/headers/ServerTiming' },
};
