/** Resolves when `work` has ended, however, or after `ms`. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, late]).catch(() => undefined);
  clearTimeout(timer);
}
