/** A JSON Schema (draft 2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A schema that the document holds once, under its name. */
export interface NamedSchema {
  readonly name: string;
  readonly schema: JsonSchema;
  /** What it may look like. */
  readonly example?: unknown;
}

/** What an operation answers when all is well. */
export interface Answer {
  readonly status: 200 | 201 | 202 | 204;
  readonly description: string;
  readonly body?: NamedSchema;
  /** Instead of `application/json` alone. */
  readonly mediaTypes?: readonly string[];
  /** Response headers that are always there, with what each says. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Response headers that are there at times, with what each says. */
  readonly optionalHeaders?: Readonly<Record<string, string>>;
  /** Whether it is the state of something: it carries an ETag, and 304 is answered to an If-None-Match that names it. Default: a GET is. */
  readonly conditional?: boolean;
}

/** One operation of the HTTP API, as the OpenAPI document describes it. */
export interface Operation {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** As OpenAPI writes it: `/api/v1/accounts/{id}`. */
  readonly path: string;
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** Whether it can be called without a key. */
  readonly open?: boolean;
  /** An object schema whose properties are the query's parameters. */
  readonly query?: JsonSchema;
  readonly body?: NamedSchema;
  /** Request headers that it heeds, with what each does. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly answer: Answer;
  /** The statuses of its errors, beside those that every operation has. */
  readonly errors: readonly number[];
}
