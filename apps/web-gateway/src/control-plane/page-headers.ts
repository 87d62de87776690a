import type { Pagination } from '@purser/contracts';

/**
 * The headers of a list: Link (RFC 8288, with `first`, `prev`, `next` and `last` as far as they exist) and the totals.
 * @param url the request's own, whose other query parameters the links keep
 */
export function pageHeaders(url: string, pagination: Pagination): Record<string, string> {
  const { page, limit, total, pages, hasNext, hasPrev } = pagination;
  const lastPage = Math.max(pages, 1);
  const links = [
    link(url, 'first', 1, limit),
    ...(hasPrev ? [link(url, 'prev', Math.min(page - 1, lastPage), limit)] : []),
    ...(hasNext ? [link(url, 'next', page + 1, limit)] : []),
    link(url, 'last', lastPage, limit),
  ];
  return {
    link: links.join(', '),
    'x-total-count': String(total),
    'x-page': String(page),
    'x-per-page': String(limit),
    'x-total-pages': String(pages),
  };
}

/** The Link to what follows in a log. */
export function nextLink(url: string, cursor: string): string {
  return linkTo(url, 'next', { cursor });
}

function link(url: string, relation: string, page: number, limit: number): string {
  return linkTo(url, relation, { page: String(page), limit: String(limit) });
}

function linkTo(url: string, relation: string, changed: Readonly<Record<string, string>>): string {
  // Relative to the request, so that it also holds behind a proxy that changes the host.
  const [path, query] = url.split('?');
  const parameters = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changed)) parameters.set(name, value);
  return `<${path}?${parameters.toString()}>; rel="${relation}"`;
}
