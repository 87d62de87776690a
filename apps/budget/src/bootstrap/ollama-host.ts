const DEFAULT_PORT = '11434';

/**
 * The base URL that Ollama's own variable means: `host`, `host:port` or a URL. Without a scheme it is http and port
 * 11434; an address to listen on (0.0.0.0 or ::) is reached on loopback. Undefined where it is none of these.
 */
export function ollamaBaseUrl(ollamaHost: string): string | undefined {
  const hasScheme = /^https?:\/\//i.test(ollamaHost);
  if (!hasScheme && ollamaHost.includes('://')) return undefined;
  const host = ollamaHost.startsWith(':') ? `127.0.0.1${ollamaHost}` : ollamaHost;
  const url = URL.parse(hasScheme ? ollamaHost : `http://${host}`);
  if (!url || url.username || url.password || url.search || url.hash) return undefined;
  // The parser drops http's own port 80, which is no reason to take another.
  if (!hasScheme && url.port === '' && !/:80(\/|$)/.test(host)) url.port = DEFAULT_PORT;
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1';
  if (url.hostname === '[::]') url.hostname = '[::1]';
  return `${url.href.replace(/\/+$/, '')}/v1`;
}
