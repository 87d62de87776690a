import { IDEMPOTENCY_KEYS_TABLE } from '@purser/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The catalogue: definitions, domains, objectives. Each row holds its resource as it is answered, in `document`; what is
 * filtered and sorted by is taken out of it by the database itself, so that the two can't differ.
 *
 * The one row of `catalogue` is locked by every write and counts them: what was read under a revision holds while it lasts.
 */
export class MetricCatalogue1764200000000 implements MigrationInterface {
  name = 'MetricCatalogue1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(CATALOGUE);
    await runner.query(METRICS);
    await runner.query(DOMAINS);
    await runner.query(OBJECTIVES);
    for (const table of ['metrics', 'domains', 'objectives']) await runner.query(uncompressed(table));
    await runner.query(IDEMPOTENCY_KEYS_TABLE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE idempotency_keys, objectives, domains, metrics, catalogue');
  }
}

const CATALOGUE = `
      CREATE TABLE catalogue (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        revision bigint NOT NULL
      );
      INSERT INTO catalogue (revision) VALUES (1)`;

const ENTRY = `
        key text COLLATE "C" PRIMARY KEY,
        revision integer NOT NULL,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        document json NOT NULL`;

/** Documents are read more often than written. Said apart from the table, since PostgreSQL 15 can't say it with it. */
const uncompressed = (table: string): string => `ALTER TABLE ${table} ALTER document SET STORAGE EXTERNAL`;

const taken = (column: string, field: string): string =>
  `${column} text COLLATE "C" GENERATED ALWAYS AS (document->>'${field}') STORED`;

const AS_JSONB = '(document::text::jsonb)';

/** Words by where they stand: names and ids before tags and category, those before the description, then all other texts. */
const WORDS = `
          setweight(to_tsvector('english', (document->>'name') || ' ' || coalesce(document->>'shortName', '')), 'A')
          || setweight(to_tsvector('simple', (document->>'metricId') || ' '
            || translate(document->>'metricId', '._:-', '    ')), 'A')
          || setweight(jsonb_to_tsvector('english', ${AS_JSONB}->'tags', '["string"]'), 'B')
          || setweight(to_tsvector('english', document->>'category'), 'B')
          || setweight(to_tsvector('english', document->>'description'), 'C')
          || setweight(jsonb_to_tsvector('english', ${AS_JSONB}
            - '{id,metricId,name,shortName,tags,category,description,createdAt,updatedAt}'::text[], '["string"]'), 'D')`;

const METRICS = `
      CREATE TABLE metrics (${ENTRY},
        ${taken('name', 'name')},
        ${taken('category', 'category')},
        ${taken('tier', 'tier')},
        ${taken('business_domain', 'businessDomain')},
        ${taken('metric_type', 'metricType')},
        ${taken('owner', 'owner')},
        ${taken('status', 'status')},
        tags jsonb GENERATED ALWAYS AS (${AS_JSONB}->'tags') STORED,
        has_targets boolean GENERATED ALWAYS AS (json_typeof(document->'targets') = 'object') STORED,
        words tsvector GENERATED ALWAYS AS (${WORDS}) STORED
      );
      CREATE INDEX metrics_name ON metrics (name, key);
      CREATE INDEX metrics_category ON metrics (category, key);
      CREATE INDEX metrics_business_domain ON metrics (business_domain, key);
      CREATE INDEX metrics_owner ON metrics (owner, key);
      CREATE INDEX metrics_tags ON metrics USING gin (tags);
      CREATE INDEX metrics_words ON metrics USING gin (words)`;

const DOMAINS = `
      CREATE TABLE domains (${ENTRY},
        ${taken('name', 'name')},
        ${taken('owner', 'owner')},
        CONSTRAINT domains_name UNIQUE (name)
      )`;

const OBJECTIVES = `
      CREATE TABLE objectives (${ENTRY},
        ${taken('title', 'title')},
        ${taken('domain', 'domain')},
        ${taken('owner', 'owner')},
        ${taken('status', 'status')},
        metric_ids jsonb GENERATED ALWAYS AS (jsonb_path_query_array(${AS_JSONB}, '$.keyResults[*].metricId')) STORED
      );
      CREATE INDEX objectives_metric_ids ON objectives USING gin (metric_ids)`;
