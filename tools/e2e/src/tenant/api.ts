/** An answer, its body parsed where it is JSON. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  // Tests look at whatever came.
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly text: string;
}

export interface ApiOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, a text as it is. */
  readonly body?: unknown;
}

/** One gateway's HTTP API, called with one key (none where it is empty). Never throws for a status. */
export class Api {
  readonly url: string;
  readonly #key: string;

  constructor(url: string, key: string) {
    this.url = url;
    this.#key = key;
  }

  async call(method: string, path: string, { headers = {}, body }: ApiOptions = {}): Promise<ApiAnswer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(this.#key === '' ? {} : { authorization: `Bearer ${this.#key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined || typeof body === 'string' ? (body as string | undefined) : JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
    const { status } = response;
    return { status, headers: response.headers, body: isJson && text !== '' ? JSON.parse(text) : undefined, text };
  }

  get(path: string, headers?: ApiOptions['headers']): Promise<ApiAnswer> {
    return this.call('GET', path, { headers });
  }

  post(path: string, body: unknown, headers?: ApiOptions['headers']): Promise<ApiAnswer> {
    return this.call('POST', path, { body, headers });
  }

  patch(path: string, body: unknown, headers?: ApiOptions['headers']): Promise<ApiAnswer> {
    return this.call('PATCH', path, { body, headers });
  }

  delete(path: string, headers?: ApiOptions['headers']): Promise<ApiAnswer> {
    return this.call('DELETE', path, { headers });
  }

  /** Creates a resource under `/api/v1` and returns it. @throws Error for anything but 201 */
  async create(resource: string, input: object): Promise<ApiAnswer['body']> {
    const { status, body, text } = await this.post(`/api/v1/${resource}`, input);
    if (status !== 201) throw new Error(`POST /api/v1/${resource} was answered ${status}: ${text}`);
    return body;
  }

  /** Reads under `/api/v1`. @throws Error for anything but 200 */
  async read(path: string): Promise<ApiAnswer['body']> {
    const { status, body, text } = await this.get(`/api/v1/${path}`);
    if (status !== 200) throw new Error(`GET /api/v1/${path} was answered ${status}: ${text}`);
    return body;
  }

  /** All rows of a log under `/api/v1` that is paged by cursor. @param query without limit and cursor */
  async readLog(path: string, query: Readonly<Record<string, string>>): Promise<ApiAnswer['body'][]> {
    const rows: ApiAnswer['body'][] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const search = new URLSearchParams({ ...query, limit: '100', ...(cursor === '' ? {} : { cursor }) });
      const page = await this.read(`${path}?${search.toString()}`);
      rows.push(...page.data);
      cursor = page.pagination.nextCursor;
    }
    return rows;
  }
}
