import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import type { ApiAnswer } from '../tenant/api.ts';
import type { DescribedOperation, Node, OpenApiDocument } from './document.ts';

// CommonJS: the function is the module itself, which its types don't say.
const addFormats = addFormatsModule as unknown as typeof addFormatsModule.default;

/** Headers of HTTP itself, about connection, framing, coding and caches, and those for browsers: not about the operation. */
const STANDING = [
  ...['connection', 'content-encoding', 'content-length', 'content-type', 'date', 'keep-alive', 'transfer-encoding'],
  ...['cache-control', 'vary', 'content-security-policy', 'cross-origin-resource-policy', 'referrer-policy'],
  ...['x-content-type-options', 'x-frame-options'],
];

/** Holds answers to what the document says of them. */
export class AnswerCheck {
  readonly #ajv: Ajv2020;
  readonly #components: Node;

  constructor({ components }: OpenApiDocument) {
    this.#components = components;
    this.#ajv = new Ajv2020({ strict: true, allErrors: true, strictTypes: false, strictRequired: false });
    addFormats(this.#ajv);
    this.#ajv.addVocabulary(['components']);
    this.#ajv.addSchema({ $id: 'document', components });
  }

  /** What of an answer the document does not say, or says otherwise; empty where they agree. */
  faults(operation: DescribedOperation, answer: ApiAnswer): string[] {
    const described: Node = this.#resolved(operation.responses[String(answer.status)]);
    if (described === undefined) return [`the status ${answer.status} is not described: ${answer.text.slice(0, 300)}`];
    return [...this.#headerFaults(described, answer.headers), ...this.#bodyFaults(described, answer)];
  }

  #headerFaults({ headers: described = {} }: Node, headers: Headers): string[] {
    const names = Object.keys(described).map((name) => name.toLowerCase());
    const missing = Object.entries<Node>(described)
      .filter(([name, header]) => this.#resolved(header).required === true && !headers.has(name))
      .map(([name]) => `the header ${name} is missing`);
    const unknown = [...headers.keys()]
      .filter((name) => !names.includes(name) && !STANDING.includes(name))
      .map((name) => `the header ${name} is not described`);
    return [...missing, ...unknown];
  }

  /** What a reference stands for; anything else is itself. */
  #resolved(node: Node): Node {
    const [, part, name] = /^#\/components\/(\w+)\/(\w+)$/.exec(node?.$ref ?? '') ?? [];
    return part === undefined ? node : this.#components[part][name!];
  }

  #bodyFaults(described: Node, { headers, text, body }: ApiAnswer): string[] {
    const type = headers.get('content-type')?.split(';')[0];
    if (described.content === undefined) {
      return text === '' ? [] : [`no body is described, and there is one of ${type}`];
    }
    const content: Node = described.content[type ?? ''];
    if (content === undefined) return [`the content type ${type} is not described`];
    if (!/json$/.test(type!)) return text === '' ? ['the body is empty'] : [];
    const validate = this.#ajv.compile(rooted(content.schema));
    if (validate(body)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `body${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  }
}

/** The schema with its references pointed at the document. */
function rooted(schema: Node): Node {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/'));
}
