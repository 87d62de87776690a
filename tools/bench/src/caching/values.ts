/** What is cached: about 100 bytes of JSON, as a record has, or about 5 000, as a page of them has. */
export type ValueSize = 'small' | 'large';

export const VALUE_NAMES: Readonly<Record<ValueSize, string>> = { small: '100 B', large: '5 KB' };

const RECORDS_ON_A_PAGE = 50;

/** A value of its own for each key, none of which shares what it holds with another's. */
export function valueOf(size: ValueSize, key: string): object {
  if (size === 'small') return recordOf(key, 0);
  const items = Array.from({ length: RECORDS_ON_A_PAGE }, (_, index) => recordOf(key, index));
  return { items, pagination: { total: 1_000, limit: RECORDS_ON_A_PAGE, next: `${key}-next` } };
}

function recordOf(key: string, index: number): object {
  const hash = numberOf(key) + index;
  return {
    id: `acct-${hash}`,
    name: `Team ${hash % 977}`,
    plan: PLANS[hash % PLANS.length],
    limitUsd: (hash % 10_000) / 8,
    active: hash % 3 === 0,
  };
}

const PLANS = ['free', 'team', 'enterprise'] as const;

function numberOf(key: string): number {
  let hash = 0;
  for (let at = 0; at < key.length; at++) hash = (hash * 31 + key.charCodeAt(at)) % 1_000_000_007;
  return hash;
}

/** Keys as services make them. */
export function keysOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `account:${index}:usage`);
}

/** Two for each key: its own, and one that a tenth of a thousand others have. */
export function tagsOf(key: string): readonly string[] {
  return [key, `owner-${numberOf(key) % 100}`];
}
