import { describe, expect, it } from '@jest/globals';
import type { WorkEffort } from '@purser/contracts';
import { withShorterDescriptions } from './page-size.ts';

const row = (description: string): WorkEffort => ({
  ...{ id: 'i', sourceId: 's', externalId: 'e', title: 't', description, status: 'planned', progress: 0, branch: null },
  ...{ repository: null, tags: [], createdAt: 'c', updatedAt: 'u' },
});

describe('withShorterDescriptions', () => {
  it('leaves a page alone that fits', () => {
    const rows = [row('x'.repeat(5_000)), row('short')];
    expect(withShorterDescriptions(rows)).toBe(rows);
  });

  it.each(['x', '"', '漢', '🪙'])('makes any page fit, whatever its descriptions are of: %s', (character) => {
    const rows = Array.from({ length: 100 }, () => row(character.repeat(6_000)));
    const page = withShorterDescriptions([...rows, row('short')], 200_000);
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(200_000);
    expect(page).toHaveLength(101);
    expect(page.at(-1)!.description).toBe('short');
    expect(page[0]!.description.length).toBeGreaterThan(200);
    expect(page[0]!.description.isWellFormed()).toBe(true);
  });
});
