import { z } from 'zod';
import { defineResource, pageFields, pageOf, sortBy } from '../pagination.ts';
import { label, searchText } from '../scalars.ts';
import { catalogueId, measure, optionalLabel, prose, tags, tagsAsked } from './catalogue-scalars.ts';
import { betterDirection, expectedDirection, type ExpectedDirection } from './directions.ts';
import { sectionsWithin } from './free-sections.ts';
import { defineTextPage } from './text-pages.ts';

/** The words that stand where `:id` does in paths below `/api/v1/metrics`. */
const PATHS: readonly string[] = ['export', 'import', 'search', 'stats'];

/** What a definition is called, for ever. */
export const metricId = catalogueId.refine(
  (text) => !PATHS.includes(text),
  `must not be one of ${PATHS.join(', ')}, which are paths of the API`,
);

const formula = prose(4_000).nullable().optional();

/** How a metric is reckoned. What else it says is kept as given. */
const definition = z.looseObject({
  formula,
  numerator: formula,
  denominator: formula,
  unit: prose(100).nullable().optional(),
  expectedDirection: expectedDirection.nullable().optional(),
});

const threshold = measure.nullable().optional();

/** What is aimed at, and from where on it is a warning or critical to fall short of it. */
const targets = z.strictObject({ target: threshold, warning: threshold, critical: threshold });
export type MetricTargets = z.output<typeof targets>;

/** The steps from good to bad. */
const STEPS = ['target', 'warning', 'critical'] as const;

const fields = {
  metricId,
  name: label,
  shortName: optionalLabel,
  description: prose(10_000),
  category: label,
  tier: label,
  businessDomain: label,
  metricType: optionalLabel,
  tags: tags.default([]),
  owner: optionalLabel,
  definition: definition.nullable().default(null),
  targets: targets.nullable().default(null),
  status: label.default('active'),
  /** Of the definition, set by its author; what counts changes is `revision`. */
  version: optionalLabel,
};
const known: ReadonlySet<string> = new Set(Object.keys(fields));

/** A definition as its author gives it. Further fields are sections of its own and kept as given, null ones too. */
export const metricInput = z
  .looseObject(fields)
  .superRefine(sectionsWithin(known))
  .superRefine((value, context) => {
    const fault = misplacedTarget(value.definition?.expectedDirection, value.targets);
    if (fault) context.addIssue({ code: 'custom', ...fault });
  });
export type MetricInput = z.output<typeof metricInput>;

const { metricId: _fixed, ...changeable } = fields;

/**
 * What is changed is replaced as a whole, field by field and section by section. null takes away what may be absent: a
 * section goes, a field is null from then on.
 */
export const metricChanges = z
  .looseObject({
    ...changeable,
    metricId: z.never('can not be changed: make a new definition').optional(),
    shortName: label.nullable(),
    metricType: label.nullable(),
    tags,
    owner: label.nullable(),
    definition: definition.nullable(),
    targets: targets.nullable(),
    status: label,
    version: label.nullable(),
  })
  .partial()
  .superRefine(sectionsWithin(known));

/** Where `targets` contradict the direction: the better of two steps must not lie beyond the worse one. */
function misplacedTarget(
  direction: ExpectedDirection | null | undefined,
  given: MetricTargets | null | undefined,
): { path: string[]; message: string } | undefined {
  if (!direction || !given) return undefined;
  const isHigher = betterDirection(direction) === 'higher';
  const set = STEPS.filter((step) => given[step] != null);
  for (const [index, step] of set.entries()) {
    const better = set[index - 1];
    if (better === undefined) continue;
    const [good, bad] = [given[better]!, given[step]!];
    if (isHigher ? bad <= good : bad >= good) continue;
    const relation = isHigher ? 'at most' : 'at least';
    return {
      path: ['targets', step],
      message: `must be ${relation} "${better}" (${good}) where expectedDirection is "${direction}"`,
    };
  }
  return undefined;
}

/** A definition of the catalogue, with the sections of its own. */
export const metric = z.looseObject({
  /** The `metricId`. */
  id: z.string(),
  metricId: z.string(),
  name: z.string(),
  shortName: z.string().nullable(),
  description: z.string(),
  category: z.string(),
  tier: z.string(),
  businessDomain: z.string(),
  metricType: z.string().nullable(),
  tags: z.array(z.string()),
  owner: z.string().nullable(),
  definition: definition.nullable(),
  targets: targets.nullable(),
  status: z.string(),
  version: z.string().nullable(),
  /** 1 at first, one more with each change: the ETag. */
  revision: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Metric = z.output<typeof metric>;

const filters = {
  category: searchText.optional(),
  tier: searchText.optional(),
  businessDomain: searchText.optional(),
  /** As `businessDomain`, and a domain's id stands for its name, and its name for its id. */
  domain: searchText.optional(),
  owner: searchText.optional(),
  status: searchText.optional(),
  metricType: searchText.optional(),
  /** All of them. */
  tags: tagsAsked.optional(),
  /** One of them at least. */
  tagsAny: tagsAsked.optional(),
};

/**
 * Definitions. HTTP lists them as `metrics.list` says; between services a page travels as text: `pageMetrics`.
 */
export const metrics = defineResource('reports.metrics', {
  resource: metric,
  create: metricInput,
  update: metricChanges,
  filters: {
    ...filters,
    q: searchText.optional(),
    sort: sortBy('metricId', 'name', 'category', 'tier', 'businessDomain', 'owner', 'status', 'createdAt', 'updatedAt'),
  },
});

/** What HTTP takes for a search; all the words count, the last one as a beginning. */
export const metricSearch = z.strictObject({
  ...pageFields,
  ...filters,
  q: z
    .string('is required and must be the words to look for')
    .trim()
    .min(1, 'must be the words to look for')
    .pipe(searchText),
});

/** What HTTP answers to a search: the best first. */
export const metricsFound = pageOf(metric.extend({ rank: z.number() }));

/** A page of definitions as they are stored, in JSON text. */
export const pageMetrics = defineTextPage('reports.metrics.page', metrics.list.request);

/** A page of what is found, likewise; each row has its `rank`. */
export const searchMetrics = defineTextPage('reports.metrics.search', metricSearch);
