import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fromRoot, root, writtenFiles } from './workspace.ts';

const pages = writtenFiles(root).filter((path) => path.endsWith('.md'));

/** A page without its blocks and spans of code, in which nothing is a link or a heading. */
function proseOf(path: string): string {
  return readFileSync(path, 'utf8').replaceAll(/^ *```[^]*?^ *```/gm, '');
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(path: string): string[] {
  const headings = [...proseOf(path).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** What is wrong with a link of a page, if anything. Only links within the repository are looked at. */
function fault(page: string, link: string): string | undefined {
  if (/^[a-z]+:/.test(link)) return undefined;
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : resolve(dirname(page), path);
  if (!existsSync(target)) return `${link}: there is no ${fromRoot(target)}`;
  const broken = anchor !== undefined && !anchorsOf(target).includes(anchor);
  return broken ? `${link}: ${fromRoot(target)} has no such heading` : undefined;
}

describe('links', () => {
  it.each(pages.map((page) => [fromRoot(page), page]))('of %s lead somewhere', (_name, page) => {
    const links = [
      ...proseOf(page)
        .replaceAll(/`[^`\n]*`/g, '')
        .matchAll(/\]\(([^)\s]+)\)/g),
    ];
    expect(links.map(([, link]) => fault(page, link!)).filter(Boolean)).toEqual([]);
  });
});
