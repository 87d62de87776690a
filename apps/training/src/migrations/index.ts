import type { MigrationClass } from '@purser/database';
import { SourcesAndWorkEfforts1763600000000 } from './0-sources-and-work-efforts.ts';
import { IdempotencyAnswers1764280000000 } from './1-idempotency-answers.ts';
import { TagsAndFieldsOfItems1764290000000 } from './2-tags-and-fields-of-items.ts';
import { Search1764300000000 } from './3-search.ts';
import { GithubSources1764310000000 } from './4-github-sources.ts';
import { Stamps1764320000000 } from './5-stamps.ts';
import { FoldersAreDue1764330000000 } from './6-folders-are-due.ts';
import { UnsealedAnswers1764340000000 } from './7-unsealed-answers.ts';
import { EventsThatReadAlike1764350000000 } from './8-events-that-read-alike.ts';
import { NaturalOrder1764360000000 } from './9-natural-order.ts';

/** All migrations of the schema `training`, oldest first. */
export const migrations: readonly MigrationClass[] = [
  SourcesAndWorkEfforts1763600000000,
  IdempotencyAnswers1764280000000,
  TagsAndFieldsOfItems1764290000000,
  Search1764300000000,
  GithubSources1764310000000,
  Stamps1764320000000,
  FoldersAreDue1764330000000,
  UnsealedAnswers1764340000000,
  EventsThatReadAlike1764350000000,
  NaturalOrder1764360000000,
];
