import { countOf, durationMs, resetMs, textOf, untilMs, type AnswerHeaders } from './header-values.ts';

/** What an upstream says of one of its quotas. */
export interface LearnedQuota {
  /** What it counts: `requests`, `tokens`, `input-tokens`, or what the upstream calls it. */
  readonly dimension: string;
  /** Where there are several of a dimension. */
  readonly policy: string;
  /** Undefined where it is not told. */
  readonly limit: number | undefined;
  readonly remaining: number;
  /** Until all of it is there again. */
  readonly resetMs: number;
  /** Whether it comes back bit by bit until then, as a token bucket does, or at once. */
  readonly isGradual: boolean;
}

type Reader = (headers: AnswerHeaders, now: number) => readonly LearnedQuota[];

const OPENAI_DIMENSIONS = ['requests', 'tokens'];
const ANTHROPIC_DIMENSIONS = ['requests', 'tokens', 'input-tokens', 'output-tokens'];
const MAX_HEADER = 2_048;
const MAX_POLICIES = 16;

/** Everything that an answer says of quotas. What is no number, negative or has a part missing is passed over. */
export function quotasIn(headers: AnswerHeaders, now: number): readonly LearnedQuota[] {
  return READERS.flatMap((read) => read(headers, now));
}

/**
 * `x-ratelimit-limit`, `-remaining` and `-reset`, as GitHub has them: of the primary limit, that of `x-ratelimit-resource` where
 * it is not `core`. https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
const github: Reader = (headers, now) => {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((part) =>
    countOf(headers, `x-ratelimit-${part}`),
  );
  if (limit === undefined || remaining === undefined || reset === undefined) return [];
  const resource = textOf(headers, 'x-ratelimit-resource') ?? 'core';
  const dimension = resource === 'core' || !/^\w{1,32}$/.test(resource) ? 'requests' : resource;
  return [{ dimension, policy: '', limit, remaining, resetMs: resetMs(reset, headers, now), isGradual: false }];
};

/**
 * `x-ratelimit-limit-requests` and its like, of requests and tokens; the reset is a duration until the bucket is full.
 * https://platform.openai.com/docs/guides/rate-limits
 */
const openai: Reader = (headers) =>
  OPENAI_DIMENSIONS.flatMap((dimension) => {
    const limit = countOf(headers, `x-ratelimit-limit-${dimension}`);
    const remaining = countOf(headers, `x-ratelimit-remaining-${dimension}`);
    const reset = durationMs(textOf(headers, `x-ratelimit-reset-${dimension}`));
    if (limit === undefined || remaining === undefined || reset === undefined) return [];
    return [{ dimension, policy: '', limit, remaining, resetMs: reset, isGradual: true }];
  });

/**
 * `anthropic-ratelimit-requests-limit` and its like; the reset is an RFC 3339 time at which the bucket is full.
 * https://docs.anthropic.com/en/api/rate-limits
 */
const anthropic: Reader = (headers, now) =>
  ANTHROPIC_DIMENSIONS.flatMap((dimension) => {
    const limit = countOf(headers, `anthropic-ratelimit-${dimension}-limit`);
    const remaining = countOf(headers, `anthropic-ratelimit-${dimension}-remaining`);
    const at = Date.parse(textOf(headers, `anthropic-ratelimit-${dimension}-reset`) ?? '');
    if (limit === undefined || remaining === undefined || Number.isNaN(at)) return [];
    return [{ dimension, policy: '', limit, remaining, resetMs: untilMs(at, headers, now), isGradual: true }];
  });

/** `RateLimit: "name";r=50;t=30` and `RateLimit-Policy: "name";q=100;w=60` of draft-ietf-httpapi-ratelimit-headers-11. */
const ietf: Reader = (headers) => {
  const policies = new Map(
    itemsOf(textOf(headers, 'ratelimit-policy')).map(({ name, numbers, unit }) => [name, { numbers, unit }]),
  );
  return itemsOf(textOf(headers, 'ratelimit')).flatMap(({ name, numbers }) => {
    const remaining = numbers.get('r');
    const seconds = numbers.get('t');
    const { numbers: policy, unit = 'requests' } = policies.get(name) ?? {};
    if (remaining === undefined || seconds === undefined) return [];
    const limit = policy?.get('q');
    const reset = durationMs(String(seconds))!;
    return [{ dimension: unit, policy: name, limit, remaining, resetMs: reset, isGradual: false }];
  });
};

const READERS: readonly Reader[] = [github, openai, anthropic, ietf];

interface Item {
  readonly name: string;
  readonly numbers: ReadonlyMap<string, number>;
  readonly unit: string | undefined;
}

const ITEM =
  /^\s*(?:"([\x20\x21\x23-\x5b\x5d-\x7e]{0,64})"|([A-Za-z*][\w.*:/-]{0,63}))((?:\s*;[^",;]*(?:"[^"]*")?[^",;]*)*)\s*$/;
const PARAMETER = /;\s*([a-z*][\w.*-]*)=(?:(\d{1,15})(?![\w.])|"([^"]{1,64})")/g;

/** A list of strings or tokens with parameters (RFC 9651); what is none is passed over. */
function itemsOf(header: string | undefined): readonly Item[] {
  if (header === undefined || header.length > MAX_HEADER) return [];
  const parts = header.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).slice(0, MAX_POLICIES);
  return parts.flatMap((part) => {
    const [, quoted, token, parameters] = ITEM.exec(part) ?? [];
    if (parameters === undefined) return [];
    const found = [...parameters.matchAll(PARAMETER)];
    const numbers = new Map(found.flatMap(([, key, number]) => (number === undefined ? [] : [[key!, Number(number)]])));
    const unit = found.find(([, key, , text]) => key === 'qu' && text !== undefined)?.[3];
    return [{ name: quoted ?? token ?? '', numbers, unit }];
  });
}
