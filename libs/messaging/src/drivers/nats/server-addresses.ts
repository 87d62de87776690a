/** Where a NATS cluster is and how to get in; what `connect` takes. */
export interface ServerAddresses {
  readonly servers: string[];
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  /** There when an address asks for TLS (`tls://`): a server without it is then refused. */
  readonly tls?: Record<string, never>;
}

/**
 * Reads `nats://[user:password@|token@]host[:port]`, one or more, with commas between or as a list. The credentials of the
 * first address that has some hold for all: that is what a cluster shares.
 *
 * @throws Error without the address's credentials in its text
 */
export function serverAddresses(servers: string | readonly string[]): ServerAddresses {
  const texts = (typeof servers === 'string' ? servers.split(',') : servers).map((text) => text.trim()).filter(Boolean);
  const urls = texts.map(parse);
  if (urls.length === 0) throw new Error('No NATS server is given.');
  const secret = urls.find((url) => url.username !== '');
  return {
    servers: urls.map((url) => `${url.hostname}:${url.port || '4222'}`),
    ...(secret ? credentials(secret) : {}),
    ...(urls.some((url) => url.protocol === 'tls:') ? { tls: {} } : {}),
  };
}

function parse(text: string): URL {
  const url = URL.parse(text.includes('://') ? text : `nats://${text}`);
  if (url?.hostname && ['nats:', 'tls:'].includes(url.protocol)) return url;
  throw new Error(`A NATS server must be given as nats://host:port or tls://host:port, not as "${masked(text)}".`);
}

function credentials(url: URL): Pick<ServerAddresses, 'user' | 'pass' | 'token'> {
  const user = decodeURIComponent(url.username);
  return url.password === '' ? { token: user } : { user, pass: decodeURIComponent(url.password) };
}

function masked(text: string): string {
  return text.replace(/\/\/[^@/]*@/, '//***@');
}
