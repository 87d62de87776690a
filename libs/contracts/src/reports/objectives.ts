import { z } from 'zod';
import { defineResource, sortBy, stored } from '../pagination.ts';
import { instant, label, searchText } from '../scalars.ts';
import { catalogueId, measure, optionalLabel, prose } from './catalogue-scalars.ts';
import { defineTextPage } from './text-pages.ts';

const MAX_KEY_RESULTS = 20;

/** What shows that an objective is reached: a metric that goes from `baseline` to `target`. */
const keyResultInput = z
  .strictObject({
    id: catalogueId.optional(),
    title: label,
    metricId: catalogueId,
    baseline: measure.default(0),
    target: measure,
    /** The metric's value as it was last reported; null before the first. */
    current: measure.nullable().default(null),
    unit: optionalLabel,
  })
  .refine(({ baseline, target }) => target !== baseline, { path: ['target'], error: 'must differ from baseline' });

const keyResults = z
  .array(keyResultInput, 'must be a list of {title, metricId, baseline, target}')
  .max(MAX_KEY_RESULTS, `must have at most ${MAX_KEY_RESULTS} entries`)
  .superRefine((list, context) => {
    const seen = new Set<string>();
    for (const [index, { id }] of list.entries()) {
      if (id === undefined) continue;
      if (seen.has(id)) context.addIssue({ code: 'custom', path: [index, 'id'], message: 'must not be there twice' });
      seen.add(id);
    }
  });

const fields = {
  id: catalogueId.optional(),
  title: label,
  description: prose(10_000).default(''),
  /** A domain's id or name; as free as `businessDomain` of a metric is. */
  domain: optionalLabel,
  owner: optionalLabel,
  status: label.default('active'),
  startsAt: instant.nullable().default(null),
  endsAt: instant.nullable().default(null),
  keyResults: keyResults.default([]),
};

const inOrder = ({ startsAt, endsAt }: { startsAt: string | null; endsAt: string | null }) =>
  startsAt === null || endsAt === null || Date.parse(startsAt) < Date.parse(endsAt);
const outOfOrder = { path: ['endsAt'], error: 'must be after startsAt' };

/** An objective as its author gives it. Without an id it gets one, and so do its key results. */
export const objectiveInput = z.strictObject(fields).refine(inOrder, outOfOrder);
export type ObjectiveInput = z.output<typeof objectiveInput>;

/** As it stands in a catalogue file: there, its id says which objective it is. */
export const objectiveEntry = z.strictObject({ ...fields, id: catalogueId }).refine(inOrder, outOfOrder);

const percentage = z.int().min(0).max(100);

/** A key result and how far it is, in per cent of the way from `baseline` to `target`. */
export const keyResult = z.object({
  id: z.string(),
  title: z.string(),
  metricId: z.string(),
  baseline: z.number(),
  target: z.number(),
  current: z.number().nullable(),
  unit: z.string().nullable(),
  progress: percentage,
});

/** What is to be reached, and how far that is. */
export const objective = z.object({
  ...stored,
  id: z.string(),
  title: z.string(),
  description: z.string(),
  domain: z.string().nullable(),
  owner: z.string().nullable(),
  status: z.string(),
  startsAt: z.string().nullable(),
  endsAt: z.string().nullable(),
  keyResults: z.array(keyResult),
  /** The mean of its key results' progress, to the nearest whole; null without any. */
  progress: percentage.nullable(),
});
export type Objective = z.output<typeof objective>;

export const objectives = defineResource('reports.objectives', {
  resource: objective,
  create: objectiveInput,
  update: z.strictObject({
    title: label.optional(),
    description: prose(10_000).optional(),
    domain: label.nullable().optional(),
    owner: label.nullable().optional(),
    status: label.optional(),
    startsAt: instant.nullable().optional(),
    endsAt: instant.nullable().optional(),
    /** All of them: one that is left out is gone. */
    keyResults: keyResults.optional(),
  }),
  filters: {
    domain: searchText.optional(),
    owner: searchText.optional(),
    status: searchText.optional(),
    metricId: searchText.optional(),
    sort: sortBy('title', 'domain', 'owner', 'status', 'createdAt', 'updatedAt'),
  },
});

export const pageObjectives = defineTextPage('reports.objectives.page', objectives.list.request);
