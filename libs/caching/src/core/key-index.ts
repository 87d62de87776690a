/** What is below a segment: the one key there is, or several, by their next segments. */
type Below = string | Node;
type Node = Map<string, Below>;

const SEPARATOR = ':';
/** In the place of a segment, of a key that ends here. No segment holds a separator. */
const END = SEPARATOR;

/**
 * The keys of a namespace by their segments, so that those below a prefix are found without looking at the others.
 *
 * A key goes no deeper than it has to so that it stands alone: most of them take a single place in their group's map. A node
 * has two keys or more below it, but for the root.
 */
export class KeyIndex {
  readonly #root: Node = new Map();

  add(key: string): void {
    let node = this.#root;
    for (let from = 0; ;) {
      const segment = segmentAt(key, from);
      const below = node.get(segment);
      if (below === undefined) node.set(segment, key);
      if (below === undefined || below === key) return;
      from += segment.length + 1;
      node = typeof below === 'string' ? goneDown(node, segment, below, from) : below;
    }
  }

  remove(key: string): void {
    removeBelow(this.#root, key, 0);
  }

  /** The keys that begin so. */
  withPrefix(prefix: string): string[] {
    let node = this.#root;
    let from = 0;
    for (let end = prefix.indexOf(SEPARATOR); end >= 0; end = prefix.indexOf(SEPARATOR, from)) {
      const below = node.get(prefix.slice(from, end));
      if (below === undefined) return [];
      if (typeof below === 'string') return below.startsWith(prefix) ? [below] : [];
      node = below;
      from = end + 1;
    }
    const last = prefix.slice(from);
    const found: string[] = [];
    for (const [segment, below] of node) {
      if (typeof below !== 'string') {
        if (segment.startsWith(last)) collect(below, found);
      } else if (below.startsWith(prefix)) found.push(below);
    }
    return found;
  }
}

/** The segment of a key that begins at `from`, where all before it is the same as what led here. */
function segmentAt(key: string, from: number): string {
  if (from > key.length) return END;
  const end = key.indexOf(SEPARATOR, from);
  return key.slice(from, end < 0 ? undefined : end);
}

/** Makes room for another key beside the one that was alone below a segment. */
function goneDown(node: Node, segment: string, alone: string, from: number): Node {
  const child: Node = new Map([[segmentAt(alone, from), alone]]);
  node.set(segment, child);
  return child;
}

/** As deep as keys have segments in common: less than a stack holds, as keys are bounded. */
function removeBelow(node: Node, key: string, from: number): void {
  const segment = segmentAt(key, from);
  const below = node.get(segment);
  if (below === key) node.delete(segment);
  if (below === undefined || typeof below === 'string') return;
  removeBelow(below, key, from + segment.length + 1);
  if (below.size > 1) return;
  // Who is left alone goes up again.
  const [alone] = below.values();
  if (typeof alone === 'string') node.set(segment, alone);
}

/** A stack of its own: keys may have as many segments as characters. */
function collect(start: Node, found: string[]): void {
  const open = [start];
  for (let node = open.pop(); node; node = open.pop()) {
    for (const below of node.values()) {
      if (typeof below === 'string') found.push(below);
      else open.push(below);
    }
  }
}
