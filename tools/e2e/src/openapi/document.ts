import type { Api } from '../tenant/api.ts';

/** A part of the document, as it came. */
// Tests look at whatever came.
export type Node = any; // eslint-disable-line @typescript-eslint/no-explicit-any

export interface DescribedParameter {
  readonly in: string;
  readonly name: string;
  readonly required: boolean;
  readonly schema: Node;
}

/** One operation, as `/openapi.json` describes it. */
export interface DescribedOperation {
  readonly id: string;
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  /** Whether it can be called without a key. */
  readonly open: boolean;
  readonly parameters: readonly DescribedParameter[];
  readonly requestBody?: Node;
  readonly responses: Readonly<Record<string, Node>>;
}

/** What a running Purser says of itself. */
export interface OpenApiDocument {
  readonly operations: readonly DescribedOperation[];
  readonly components: Node;
}

/** Reads `/openapi.json`. */
export async function readDocument(api: Api): Promise<OpenApiDocument> {
  const { status, body, text } = await api.get('/openapi.json');
  if (status !== 200) throw new Error(`/openapi.json was answered ${status}: ${text}`);
  const operations = Object.entries<Node>(body.paths).flatMap(([path, methods]) =>
    Object.entries<Node>(methods).map(([method, operation]) => ({
      ...{ method: method.toUpperCase(), path, id: String(operation.operationId) },
      ...{ parameters: operation.parameters ?? [], requestBody: operation.requestBody },
      ...{ responses: operation.responses, open: operation.security?.length === 0 },
    })),
  );
  return { operations, components: body.components };
}
