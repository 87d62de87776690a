/** A search as SQL takes it: one list of values for each column of its words. */
export type SearchWords = readonly [
  alternatives: readonly number[],
  texts: readonly string[],
  excluded: readonly boolean[],
  befores: readonly (string | null)[],
  beginnings: readonly (string | null)[],
];

interface Word {
  /** All words of one alternative have to match; those of one alternative suffice. */
  readonly alternative: number;
  readonly text: string;
  readonly excluded: boolean;
  /** Where the word may not be finished yet: what of it is, and what matches as a beginning. */
  readonly unfinished?: readonly [before: string, beginning: string] | undefined;
}

/** A "phrase", which the end of the search ends as well, or a word; with `-` in front it is excluded. */
const TOKEN = /(?<not>-*)(?:"(?<phrase>[^"]*)"?|(?<word>[^\s"]+))/gu;
const UNFINISHED = /^(.*?)(?<![\p{L}\p{N}_-])([\p{L}\p{N}]+)$/su;

/** Takes a search apart: words, "phrases", `or` and `-excluded`; the last word also matches as a beginning. */
export function searchWords(q: string): SearchWords {
  const words = wordsOf(q.trimEnd());
  return [
    words.map(({ alternative }) => alternative),
    words.map(({ text }) => text),
    words.map(({ excluded }) => excluded),
    words.map(({ unfinished }) => unfinished?.[0] ?? null),
    words.map(({ unfinished }) => unfinished?.[1] ?? null),
  ];
}

function wordsOf(q: string): Word[] {
  const words: Word[] = [];
  let alternative = 0;
  for (const { 0: token, index, groups } of q.matchAll(TOKEN)) {
    const { not, phrase, word = '' } = groups as { not: string; phrase?: string; word?: string };
    if (token.toLowerCase() === 'or') {
      alternative += 1;
      continue;
    }
    const excluded = not !== '';
    const isLast = phrase === undefined && !excluded && index + token.length === q.length;
    const match = isLast ? UNFINISHED.exec(word) : null;
    words.push({ alternative, text: phrase ?? word, excluded, unfinished: match ? [match[1]!, match[2]!] : undefined });
  }
  return words;
}

const both = (call: string, text: string): string => `(${call}('english', ${text}) || ${call}('simple', ${text}))`;

/**
 * The query of words, whose parameters these are: no text of a caller becomes part of a statement or of a query's syntax.
 * Each word may match by its stem or as it is written, whatever the others do, and what is excluded must do neither. Words
 * without a stem, as "the", count only where there are no others.
 */
export function wordsQuery(parameters: readonly string[]): string {
  const [alternatives, texts, excluded, befores, beginnings] = parameters;
  return `(SELECT coalesce(string_agg(alternative, ' | '), '')::tsquery FROM (
      SELECT coalesce('(' || string_agg(format('(%s)', query), ' & ') FILTER (WHERE counts) || ')',
        '(' || string_agg(format('(%s)', query), ' & ') FILTER (WHERE numnode(query) > 0) || ')') AS alternative
      FROM unnest(${alternatives}::int[], ${texts}::text[], ${excluded}::bool[], ${befores}::text[], ${beginnings}::text[])
        AS word (alternative, text, is_excluded, before, beginning)
      CROSS JOIN LATERAL (SELECT CASE
        WHEN is_excluded THEN !! phraseto_tsquery('english', text) && !! phraseto_tsquery('simple', text)
        WHEN beginning IS NULL THEN ${both('phraseto_tsquery', 'text')}
        ELSE ${both('phraseto_tsquery', 'text')} || (${both('phraseto_tsquery', 'before')} && ${both('to_tsquery', `(beginning || ':*')`)})
      END AS query) AS queries
      CROSS JOIN LATERAL (SELECT numnode(query) > 0 AND (is_excluded OR numnode(phraseto_tsquery('english', text)) > 0) AS counts)
        AS counted
      GROUP BY word.alternative
    ) AS alternatives)`;
}

/** The same, without a last word that is only the beginning of one. */
export function wholeWordsQuery([alternatives, texts, excluded]: readonly string[]): string {
  return wordsQuery([alternatives!, texts!, excluded!, 'NULL', 'NULL']);
}
