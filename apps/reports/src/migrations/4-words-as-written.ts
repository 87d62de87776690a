import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The words of a name as they are written, beside their stems: a search ranks who has the very word before who has another
 * form of it. The column is made anew, which rewrites the table; nobody reads or writes it meanwhile.
 */
export class WordsAsWritten1764200002000 implements MigrationInterface {
  name = 'WordsAsWritten1764200002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(withWords(`${NAMES_AS_WRITTEN} || ${GAP} || ${NAMES} || ${OTHERS}`));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(withWords(`${NAMES} || ${OTHERS}`));
  }
}

const withWords = (words: string): string => `
      ALTER TABLE metrics DROP COLUMN words,
        ADD COLUMN words tsvector GENERATED ALWAYS AS (${words}) STORED;
      CREATE INDEX metrics_words ON metrics USING gin (words)`;

const AS_JSONB = '(document::text::jsonb)';
const NAME = `(document->>'name') || ' ' || coalesce(document->>'shortName', '')`;
const NAMES = `setweight(to_tsvector('english', ${NAME}), 'A')`;
const NAMES_AS_WRITTEN = `setweight(to_tsvector('simple', ${NAME}), 'A')`;

/** Positions that no phrase reaches across: a name's last word and its first stem are no neighbours. No text has this word. */
const GAP = `'''  '':300'::tsvector`;

/** As the column was made with at first. */
const OTHERS = `setweight(to_tsvector('simple', (document->>'metricId') || ' '
            || translate(document->>'metricId', '._:-', '    ')), 'A')
          || setweight(jsonb_to_tsvector('english', ${AS_JSONB}->'tags', '["string"]'), 'B')
          || setweight(to_tsvector('english', document->>'category'), 'B')
          || setweight(to_tsvector('english', document->>'description'), 'C')
          || setweight(jsonb_to_tsvector('english', ${AS_JSONB}
            - '{id,metricId,name,shortName,tags,category,description,createdAt,updatedAt}'::text[], '["string"]'), 'D')`;
