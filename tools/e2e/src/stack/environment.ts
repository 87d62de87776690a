/** Taken away from the shell that runs the tests: what would configure Purser, or is Jest's own. */
const foreign =
  /^(PURSER_(?!TEST_)|PORT$|HOST$|NATS_URL$|DATABASE_|REDIS_URL$|NODE_ENV$|NODE_OPTIONS$|JEST_|.*_API_KEY$|OLLAMA_HOST$|CI$)/;

/** The environment of a child: none of the shell's own settings of Purser, and these. */
export function childEnvironment(own: Readonly<Record<string, string>>): Record<string, string | undefined> {
  const removed = Object.keys(process.env).filter((name) => foreign.test(name));
  return { ...Object.fromEntries(removed.map((name) => [name, undefined])), ...own };
}
