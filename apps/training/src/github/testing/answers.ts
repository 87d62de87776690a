/** An answer before it is sent. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer that is an error, as GitHub has them. */
export function failure(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers, body: JSON.stringify({ message, documentation_url: 'https://docs.github.com/rest' }) };
}

export function json(value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 200, headers, body: JSON.stringify(value) };
}
