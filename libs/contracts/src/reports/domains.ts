import { z } from 'zod';
import { defineResource, sortBy, stored } from '../pagination.ts';
import { label, searchText } from '../scalars.ts';
import { catalogueId, optionalLabel, prose } from './catalogue-scalars.ts';
import { defineTextPage } from './text-pages.ts';

/** A part of the business. A metric belongs to it whose `businessDomain` is its id or its name. */
export const domain = z.object({
  ...stored,
  id: z.string(),
  name: z.string(),
  description: z.string(),
  owner: z.string().nullable(),
  /** How many metrics belong to it. */
  metrics: z.int(),
});
export type Domain = z.output<typeof domain>;

/** As its author gives it. Without an id it gets one. */
export const domainInput = z.strictObject({
  id: catalogueId.optional(),
  name: label,
  description: prose(10_000).default(''),
  owner: optionalLabel,
});
export type DomainInput = z.output<typeof domainInput>;

/** As it stands in a catalogue file: there, its id says which domain it is. */
export const domainEntry = domainInput.extend({ id: catalogueId });

export const domains = defineResource('reports.domains', {
  resource: domain,
  create: domainInput,
  update: z.strictObject({
    name: label.optional(),
    description: prose(10_000).optional(),
    owner: label.nullable().optional(),
  }),
  filters: {
    name: searchText.optional(),
    owner: searchText.optional(),
    sort: sortBy('name', 'owner', 'createdAt', 'updatedAt'),
  },
});

export const pageDomains = defineTextPage('reports.domains.page', domains.list.request);
