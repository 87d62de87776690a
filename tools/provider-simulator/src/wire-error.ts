/** A refusal in the shape of OpenAI's API. */
export class WireError extends Error {
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;

  constructor(status: number, message: string, details: { type?: string; param?: string; code?: string } = {}) {
    super(message);
    this.status = status;
    this.type = details.type ?? (status >= 500 ? 'server_error' : 'invalid_request_error');
    this.param = details.param ?? null;
    this.code = details.code ?? null;
  }

  /** The body that goes out. */
  toJSON(): { error: { message: string; type: string; param: string | null; code: string | null } } {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } };
  }
}

/** The refusal that a fault with a status stands for. */
export function faultError(status: number): WireError {
  if (status === 429) {
    return new WireError(429, 'Rate limit reached (simulated).', { type: 'requests', code: 'rate_limit_exceeded' });
  }
  return new WireError(status, `The simulator was told to answer with status ${status}.`);
}

/** What a 200 that carries an error instead of an answer has inside; some gateways and proxies send that. */
export function errorInside(): object {
  return new WireError(500, 'The simulator was told to fail inside a 200.').toJSON();
}
