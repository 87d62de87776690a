interface Node {
  readonly children: Map<string, Node>;
  isKey: boolean;
}

const SEPARATOR = ':';

/** The keys of a namespace by their segments, so that those below a prefix are found without looking at the others. */
export class KeyIndex {
  readonly #root: Node = newNode();

  add(key: string): void {
    let node = this.#root;
    for (const segment of key.split(SEPARATOR)) {
      let child = node.children.get(segment);
      if (child === undefined) node.children.set(segment, (child = newNode()));
      node = child;
    }
    node.isKey = true;
  }

  remove(key: string): void {
    const segments = key.split(SEPARATOR);
    const path: Node[] = [this.#root];
    for (const segment of segments) {
      const child = path.at(-1)!.children.get(segment);
      if (child === undefined) return;
      path.push(child);
    }
    path.at(-1)!.isKey = false;
    // What leads to no key any more goes too.
    for (let depth = segments.length; depth > 0; depth--) {
      const node = path[depth]!;
      if (node.isKey || node.children.size > 0) return;
      path[depth - 1]!.children.delete(segments[depth - 1]!);
    }
  }

  /** The keys that begin so. */
  withPrefix(prefix: string): string[] {
    const segments = prefix.split(SEPARATOR);
    const last = segments.pop()!;
    let node: Node | undefined = this.#root;
    for (const segment of segments) node = node?.children.get(segment);
    if (node === undefined) return [];
    const found: string[] = [];
    const stem = prefix.slice(0, prefix.length - last.length);
    for (const [segment, child] of node.children) {
      if (segment.startsWith(last)) collect(child, stem + segment, found);
    }
    return found;
  }
}

function newNode(): Node {
  return { children: new Map(), isKey: false };
}

/** A stack of its own: keys may have as many segments as characters. */
function collect(start: Node, path: string, found: string[]): void {
  const open: [Node, string][] = [[start, path]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [node, prefix] = next;
    if (node.isKey) found.push(prefix);
    for (const [segment, child] of node.children) open.push([child, prefix + SEPARATOR + segment]);
  }
}
