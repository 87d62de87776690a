interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
}

interface Described {
  readonly operationId: string;
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components?: { readonly parameters?: Readonly<Record<string, Parameter>> };
}

/** One operation of the control plane, as Purser itself describes it. */
export interface Operation {
  readonly id: string;
  /** In capitals. */
  readonly method: string;
  /** With braces, as in `/api/v1/metrics/{id}`. */
  readonly path: string;
  /** Query parameters without which it is refused. */
  readonly required: readonly string[];
}

const METHODS = new Set(['get', 'post', 'patch', 'put', 'delete']);
const BASE = '/api/v1/';

/** Every operation of the control plane, in the order of the document: what is added to Purser is in it by itself. */
export async function describedOperations(url: string): Promise<Operation[]> {
  const response = await fetch(`${url}/openapi.json`, { signal: AbortSignal.timeout(30_000) });
  if (!response.ok) throw new Error(`/openapi.json was answered ${response.status}.`);
  const document = (await response.json()) as Document;
  const parameterOf = (parameter: Parameter | { readonly $ref: string }): Parameter | undefined =>
    '$ref' in parameter ? document.components?.parameters?.[parameter.$ref.split('/').at(-1)!] : parameter;
  return Object.entries(document.paths)
    .filter(([path]) => path.startsWith(BASE))
    .flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([method]) => METHODS.has(method))
        .map(([method, { operationId, parameters = [] }]) => ({
          ...{ id: operationId, method: method.toUpperCase(), path },
          required: parameters
            .map(parameterOf)
            .filter((parameter) => parameter?.in === 'query' && parameter.required === true)
            .map((parameter) => parameter!.name),
        })),
    );
}
