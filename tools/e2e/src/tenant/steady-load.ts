import type { Balancer } from './balancer.ts';
import type { Tenant } from './tenant.ts';

/** One request as its client saw it end. */
export interface Ended {
  readonly kind: 'chat' | 'stream' | 'read';
  readonly requestId: string;
  readonly url: string;
  /** Undefined where it was whole and right. */
  readonly fault: string | undefined;
  readonly atMs: number;
  readonly tookMs: number;
}

const CHAT_EVERY_MS = 60;
const STREAM_EVERY_MS = 300;
const READ_EVERY_MS = 120;
const STREAM_TOKENS = 120;
const CHAT_TOKENS = 12;
const ANSWER_WITHIN_MS = 60_000;

/**
 * Chats, streams of several seconds and reads of the control plane, each at a steady pace whatever becomes of the others,
 * on kept-alive connections through a balancer. Nothing is repeated.
 */
export class SteadyLoad {
  readonly ended: Ended[] = [];
  readonly #tenant: Tenant;
  readonly #balancer: Balancer;
  readonly #adminKey: string;
  readonly #timers: NodeJS.Timeout[];
  readonly #running = new Set<Promise<void>>();
  readonly #startedAt = performance.now();
  #count = 0;

  constructor(tenant: Tenant, balancer: Balancer, adminKey: string) {
    this.#tenant = tenant;
    this.#balancer = balancer;
    this.#adminKey = adminKey;
    const every = (ms: number, kind: Ended['kind']): NodeJS.Timeout => setInterval(() => this.#send(kind), ms);
    this.#timers = [every(CHAT_EVERY_MS, 'chat'), every(STREAM_EVERY_MS, 'stream'), every(READ_EVERY_MS, 'read')];
  }

  get faults(): readonly Ended[] {
    return this.ended.filter(({ fault }) => fault !== undefined);
  }

  count(kind: Ended['kind']): number {
    return this.ended.filter((each) => each.kind === kind).length;
  }

  /** Sends nothing more; resolves when all that was sent has ended. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#running);
  }

  #send(kind: Ended['kind']): void {
    const requestId = `steady-${process.pid}-${(this.#count += 1)}`;
    const startedAt = performance.now();
    let url = '';
    const perform = async (): Promise<string | undefined> => {
      url = this.#balancer.next();
      return kind === 'read' ? this.#read(url, requestId) : this.#chat(url, requestId, kind === 'stream');
    };
    const running = perform()
      .catch((error: unknown) => describe(error))
      .then((fault) => {
        const atMs = startedAt - this.#startedAt;
        this.ended.push({ kind, requestId, url, fault, atMs, tookMs: performance.now() - startedAt });
        this.#running.delete(running);
      });
    this.#running.add(running);
  }

  async #chat(url: string, requestId: string, stream: boolean): Promise<string | undefined> {
    const tokens = stream ? STREAM_TOKENS : CHAT_TOKENS;
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...this.#headers(this.#tenant.key, requestId), 'content-type': 'application/json' },
      body: JSON.stringify({
        ...{ model: this.#tenant.model(), max_tokens: tokens, stream },
        messages: [{ role: 'user', content: `${requestId} [[tokens:${tokens}]]` }],
      }),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const text = await response.text();
    if (response.status !== 200) return `${response.status} ${text}`;
    if (!stream) return (JSON.parse(text) as { usage?: object }).usage ? undefined : 'no usage';
    if (!text.endsWith('data: [DONE]\n\n')) return `cut stream, after ${text.slice(-80)}`;
    const pieces = text.match(/"delta":\{"content":/g)?.length ?? 0;
    return pieces === tokens ? undefined : `a stream of ${pieces} pieces instead of ${tokens}`;
  }

  async #read(url: string, requestId: string): Promise<string | undefined> {
    const { accountId, budgetId } = this.#tenant;
    const paths = [`accounts/${accountId}`, `budgets/${budgetId}`, `usage?limit=20&accountId=${accountId}`];
    const all = [...paths, 'models?limit=20', 'work-efforts?limit=20', 'sources?limit=20'];
    const response = await fetch(`${url}/api/v1/${all[this.#count % all.length]}`, {
      ...{ headers: this.#headers(this.#adminKey, requestId), signal: AbortSignal.timeout(ANSWER_WITHIN_MS) },
    });
    const text = await response.text();
    if (response.status !== 200) return `${response.status} ${text}`;
    JSON.parse(text);
    return undefined;
  }

  #headers(key: string, requestId: string): Record<string, string> {
    return { authorization: `Bearer ${key}`, 'x-request-id': requestId };
  }
}

function describe(error: unknown): string {
  const { message, cause } = error as { message: string; cause?: { code?: string; message?: string } };
  return `${message} ${cause?.code ?? cause?.message ?? ''}`;
}
