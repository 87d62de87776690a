const ENTRY = /<([^<>]*)>([^<]*)/g;
const NEXT = /;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next)\s*(?:[;,]|$)/i;

/** The address of the next page in a `Link` header (RFC 8288), as it stands there; null where there is none. */
export function nextLink(header: string | undefined): string | null {
  for (const [, address, parameters] of (header ?? '').matchAll(ENTRY)) {
    if (NEXT.test(parameters!)) return address!;
  }
  return null;
}
