/**
 * What is no longer true. Everything that the cache holds of it, and everything that was being loaded when it was said, is
 * never given out again.
 *
 * - `keys`: these entries
 * - `tags`: all entries with one of these tags; costs the same whatever their number
 * - `prefix`: all entries whose key begins so
 * - `pattern`: all entries whose whole key matches; `*` stands for any characters, `?` for one, `\` takes the next literally
 * - `all`: the namespace
 */
export type Invalidation =
  | { readonly kind: 'keys'; readonly keys: readonly string[] }
  | { readonly kind: 'tags'; readonly tags: readonly string[] }
  | { readonly kind: 'prefix'; readonly prefix: string }
  | { readonly kind: 'pattern'; readonly pattern: string }
  | { readonly kind: 'all' };
