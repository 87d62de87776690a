import type { ReceivedOf, pageMetrics } from '@purser/contracts';
import { searchWords, wordsQuery } from './search-words.ts';

/** What of the definitions is asked for. */
export type MetricFilters = Omit<ReceivedOf<typeof pageMetrics>, 'page' | 'limit' | 'skip' | 'revision' | 'sort'>;

/** A condition in SQL with the values of its parameters. */
export interface Condition {
  /** Which filters there are; the same names make the same text. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

const COLUMNS = {
  category: 'category',
  tier: 'tier',
  businessDomain: 'business_domain',
  owner: 'owner',
  status: 'status',
  metricType: 'metric_type',
} as const;

/** A metric names its domain by the domain's id or by its name: who asks by one of them means both. */
const DOMAIN = (value: string): string => `business_domain = ANY (ARRAY(
    SELECT ${value} UNION SELECT unnest(ARRAY[key, name]) FROM domains WHERE key = ${value} OR name = ${value}))`;

type Part = readonly [name: string, text: (...parameters: string[]) => string, ...values: unknown[]];

/**
 * The filters as one condition.
 * @param first the number of its first parameter
 */
export function conditionOf(filters: MetricFilters, first: number): Condition {
  const parts = [...equalities(filters), ...others(filters)];
  let next = first;
  const texts = parts.map(([, text, ...values]) => text(...values.map(() => `$${next++}`)));
  return {
    name: parts.map(([name]) => name).join(','),
    text: texts.length === 0 ? 'true' : texts.join(' AND '),
    values: parts.flatMap(([, , ...values]) => values),
  };
}

function equalities(filters: MetricFilters): Part[] {
  return Object.entries(COLUMNS).flatMap(([name, column]): Part[] => {
    const value = filters[name as keyof typeof COLUMNS];
    return value === undefined ? [] : [[name, (parameter) => `${column} = ${parameter}`, value]];
  });
}

function others({ domain, tags, tagsAny, q }: MetricFilters): Part[] {
  const parts: Part[] = [];
  if (domain !== undefined) parts.push(['domain', (value) => DOMAIN(`${value}::text`), domain]);
  if (tags !== undefined) parts.push(['tags', (list) => `tags @> ${list}::jsonb`, JSON.stringify(tags)]);
  if (tagsAny !== undefined) parts.push(['tagsAny', (list) => `tags ?| ${list}::text[]`, tagsAny]);
  if (q !== undefined) parts.push(['q', (...words) => `words @@ ${wordsQuery(words)}`, ...searchWords(q)]);
  return parts;
}
