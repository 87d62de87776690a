/** What the upstream says that each completion took. */
export const upstreamTokens = { prompt_tokens: 24, completion_tokens: 17 } as const;
