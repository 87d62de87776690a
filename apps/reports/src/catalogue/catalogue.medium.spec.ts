import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  catalogueParts,
  domains,
  exportCatalogue,
  importCatalogue,
  metrics,
  objectives,
  stageCatalogue,
  type CatalogueSection,
} from '@purser/contracts';
import { testDatabase } from '@purser/testing';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { TestCatalogue } from '../testing/test-catalogue.ts';

type Entry = Record<string, unknown>;
type File = Partial<Record<CatalogueSection, Entry[]>>;

const catalogue = new TestCatalogue();
const { actor } = catalogue;
beforeAll(async () => catalogue.start(await testDatabase({ migrations, schema: 'reports' })));
afterAll(() => catalogue.stop());
beforeEach(() => catalogue.empty());

const metric = (metricId: string, more: Entry = {}): Entry => ({
  ...{ metricId, name: metricId, description: '', category: 'c', tier: 't', businessDomain: 'Sales', ...more },
});
const objective = (id: string, ...metricIds: string[]): Entry => ({
  ...{ id, title: id, keyResults: metricIds.map((metricId) => ({ title: 'more', metricId, target: 1 })) },
});
const full: File = {
  domains: [{ id: 'sales', name: 'Sales' }],
  metrics: [metric('a', { governance: { steward: 'Ada' } }), metric('b', { targets: { target: 1 } })],
  objectives: [objective('grow', 'a', 'b')],
};

async function importText(text: string, options: { dryRun?: boolean; mode?: 'merge' | 'replace'; size?: number } = {}) {
  const { dryRun = false, mode = 'merge', size } = options;
  const importId = uuidv7();
  const texts = [...catalogueParts(text, size)];
  for (const [part, text] of texts.entries()) await catalogue.client.request(stageCatalogue, { importId, part, text });
  return catalogue.client.request(importCatalogue, { importId, parts: texts.length, dryRun, mode });
}
const importFile = (file: unknown, options?: Parameters<typeof importText>[1]) =>
  importText(JSON.stringify(file), options);

async function exported(): Promise<Record<CatalogueSection, Entry[]>> {
  const file: Record<CatalogueSection, Entry[]> = { domains: [], metrics: [], objectives: [] };
  for (const section of ['domains', 'metrics', 'objectives'] as const) {
    let after: string | undefined;
    do {
      const { rows, next } = await catalogue.client.request(exportCatalogue, { section, after });
      file[section].push(...(JSON.parse(`[${rows}]`) as Entry[]));
      after = next ?? undefined;
    } while (after !== undefined);
  }
  return file;
}

const none = { created: 0, updated: 0, unchanged: 0, removed: 0 };

describe('an import', () => {
  it('creates what is new, changes what differs, leaves the rest alone', async () => {
    expect(await importFile(full)).toMatchObject({
      domains: { ...none, created: 1 },
      metrics: { ...none, created: 2 },
      objectives: { ...none, created: 1 },
    });
    const again = { metrics: [metric('a', { governance: { steward: 'Grace' } }), full.metrics![1], metric('c')] };
    expect(await importFile(again)).toEqual({
      ...{ dryRun: false, mode: 'merge', domains: none, objectives: none },
      metrics: { created: 1, updated: 1, unchanged: 1, removed: 0 },
      changes: [
        { kind: 'metric', id: 'c', change: 'created' },
        { kind: 'metric', id: 'a', change: 'updated' },
      ],
    });
    const revisions = await Promise.all(['a', 'b', 'c'].map((id) => catalogue.client.request(metrics.get, { id })));
    expect(revisions.map(({ revision }) => revision)).toEqual([2, 1, 1]);
    expect(await catalogue.client.request(domains.get, { id: 'sales' })).toMatchObject({ name: 'Sales', metrics: 3 });
    expect(await catalogue.client.request(objectives.get, { id: 'grow' })).toMatchObject({ progress: 0 });
  });

  it('takes no other order of fields for a change', async () => {
    await importFile({ metrics: [metric('a', { x: { one: 1, two: 2 }, y: 1 })] });
    const reordered = Object.fromEntries(Object.entries(metric('a', { y: 1, x: { two: 2, one: 1 } })).reverse());
    expect(await importFile({ metrics: [reordered] })).toMatchObject({ metrics: { ...none, unchanged: 1 } });
  });

  it('in replace mode removes what the file leaves out, of the kinds that it has', async () => {
    await importFile(full);
    const bound = importFile({ metrics: [metric('b')] }, { mode: 'replace' });
    await expect(bound).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringMatching(/^metrics: must have "a", which a key result of the objective "grow"/),
    });
    expect((await exported()).metrics).toHaveLength(2);
    const replaced = await importFile({ metrics: [metric('b')], objectives: [] }, { mode: 'replace' });
    expect(replaced).toMatchObject({
      domains: none,
      metrics: { created: 0, updated: 1, unchanged: 0, removed: 1 },
      objectives: { ...none, removed: 1 },
    });
    const { metrics: left, ...others } = await exported();
    expect([left.map(({ metricId }) => metricId), others.domains.length, others.objectives]).toEqual([['b'], 1, []]);
  });

  it('lets two domains swap names', async () => {
    const named = (one: string, two: string) => ({
      domains: [
        { id: 'one', name: one },
        { id: 'two', name: two },
      ],
    });
    await importFile(named('Sales', 'Support'));
    expect(await importFile(named('Support', 'Sales'))).toMatchObject({ domains: { ...none, updated: 2 } });
    expect(await catalogue.client.request(domains.get, { id: 'one' })).toMatchObject({ name: 'Support' });
  });

  it('lets names go round among more domains than one statement writes, and to new ones', async () => {
    const count = 1_200;
    const named = (names: (n: number) => string, more = 0) => ({
      domains: Array.from({ length: count + more }, (_, n) => ({ id: `d${n}`, name: names(n) })),
    });
    await importFile(named((n) => `name ${n}`));
    const turned = named((n) => `name ${n === count ? 0 : n + 1}`, 1);
    expect(await importFile(turned)).toMatchObject({ domains: { ...none, created: 1, updated: count } });
    expect(await catalogue.client.request(domains.get, { id: 'd700' })).toMatchObject({ name: 'name 701' });
  });

  it('that is run dry says the same, and writes nothing', async () => {
    await importFile({ metrics: [metric('a'), metric('old')] });
    const before = await exported();
    for (const mode of ['merge', 'replace'] as const) {
      const dry = await importFile(full, { dryRun: true, mode });
      expect(await exported()).toEqual(before);
      expect(dry).toMatchObject({ dryRun: true, mode, metrics: { created: 1, updated: 1 } });
      expect(dry.metrics.removed).toBe(mode === 'replace' ? 1 : 0);
    }
    const bad = importFile({ ...full, objectives: [objective('grow', 'nothing')] }, { dryRun: true });
    await expect(bad).rejects.toMatchObject({ details: { field: 'objectives[0].keyResults[0].metricId' } });
  });

  it.each([
    ['metrics[1].targets.warning', { metrics: [metric('x'), metric('y', { targets: { warning: 'low' } })] }],
    ['metrics[1].metricId', { metrics: [metric('x'), metric('x')] }],
    ['metrics[0].name', { metrics: [metric('x', { name: '' })] }],
    ['metrics[0]', { metrics: ['x'] }],
    ['metrics', { metrics: {} }],
    ['domains[0].id', { domains: [{ name: 'Sales' }] }],
    [
      'domains[1].name',
      {
        domains: [
          { id: 'x', name: 'X' },
          { id: 'y', name: 'x' },
        ],
      },
    ],
    ['domains[0].name', { domains: [{ id: 'x', name: 'Stored' }] }],
    ['domains[0].id', { domains: [{ id: 'Stored', name: 'X' }] }],
    ['objectives[0].id', { objectives: [{ title: 'x' }] }],
    ['objectives[0].keyResults[1].metricId', { objectives: [objective('x', 'stored', 'nothing')] }],
    [
      'objectives[0].keyResults[0].target',
      { objectives: [{ ...objective('x'), keyResults: [{ title: 'x', metricId: 'x', target: null }] }] },
    ],
    ['format', { format: 'other/1', metrics: [] }],
    ['colour', { colour: 'red', metrics: [] }],
    ['body', {}],
    ['body', []],
  ])('with a bad %s changes nothing, and says where: %j', async (field, bad) => {
    await importFile({ metrics: [metric('stored')], domains: [{ id: 'stored-domain', name: 'Stored' }] });
    const before = await exported();
    // A good entry beside the bad one, wherever the fault is not that there is nothing at all.
    const file = field === 'body' ? bad : { metrics: [metric('new')], ...(bad as File) };
    await expect(importFile(file)).rejects.toMatchObject({ code: 'invalid_request', details: { field } });
    expect(await exported()).toEqual(before);
  });

  it('names every fault, a hundred at most', async () => {
    const bad = Array.from({ length: 150 }, (_, n) => metric(`m${n}`, { tier: n }));
    const failed = await importFile({ metrics: bad }).catch((error: unknown) => error);
    expect(failed).toMatchObject({
      message: 'metrics[0].tier: must be a string of 1 to 200 characters (and at least 99 more)',
    });
    const { issues } = (failed as { details: { issues: { field: string }[] } }).details;
    expect(issues).toHaveLength(100);
    expect(issues[99]).toMatchObject({ field: 'metrics[99].tier' });
  });

  it('of which a part is missing, or that nobody sent, changes nothing', async () => {
    const importId = uuidv7();
    await catalogue.client.request(stageCatalogue, { importId, part: 0, text: JSON.stringify(full) });
    const asked = catalogue.client.request(importCatalogue, { importId, parts: 2, dryRun: false, mode: 'merge' });
    await expect(asked).rejects.toMatchObject({ code: 'unavailable' });
    const never = catalogue.client.request(importCatalogue, {
      importId: uuidv7(),
      parts: 1,
      dryRun: false,
      mode: 'merge',
    });
    await expect(never).rejects.toMatchObject({ code: 'unavailable' });
    await expect(importText('{"metrics": [')).rejects.toMatchObject({ details: { field: 'body' } });
    expect((await exported()).metrics).toEqual([]);
  });

  it('is refused while many others are on their way, until those expire', async () => {
    const stage = (importId: string) => catalogue.client.request(stageCatalogue, { importId, part: 0, text: '{' });
    for (let n = 0; n < 16; n++) await stage(uuidv7());
    await expect(stage(uuidv7())).rejects.toMatchObject({ code: 'unavailable' });
    await catalogue.database.query("UPDATE catalogue_import_parts SET staged_at = staged_at - interval '11 minutes'");
    await stage(uuidv7());
    expect(await catalogue.database.query('SELECT FROM catalogue_import_parts')).toHaveLength(1);
  });

  it('takes thousands of definitions', async () => {
    const many = Array.from({ length: 3_000 }, (_, n) => metric(`m${n}`, { notes: 'x'.repeat(300) }));
    expect(await importFile({ metrics: many })).toMatchObject({ metrics: { ...none, created: 3_000 } });
    expect(await importFile({ metrics: many })).toMatchObject({ metrics: { ...none, unchanged: 3_000 }, changes: [] });
    expect((await exported()).metrics).toHaveLength(3_000);
  });
});

describe('an export', () => {
  const key = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,12}$/);
  const text = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((each) => !each.includes('\0'));
  const label = fc.stringMatching(/^[A-Za-z0-9éß漢🪙"\\'{}]{1,12}$/u);
  // As it is once it was written: JSON.stringify gives -0 as 0.
  const json = fc
    .jsonValue({ maxDepth: 3, stringUnit: 'grapheme' })
    .filter(isKept)
    .map((value) => JSON.parse(JSON.stringify(value)) as unknown);
  const section = fc.dictionary(fc.stringMatching(/^x[A-Za-z0-9_-]{0,8}$/), json, { maxKeys: 4 });
  const direction = fc.constantFrom('higher', 'lower', 'up', 'minimize', null);
  const aMetric = fc
    .record({
      ...{ metricId: key, name: label, shortName: fc.option(label), description: text, category: label, tier: label },
      ...{ businessDomain: label, tags: fc.uniqueArray(label, { maxLength: 3 }), owner: fc.option(label) },
      definition: fc.option(fc.record({ formula: text, expectedDirection: direction })),
      targets: fc.option(fc.record({ target: fc.integer() })),
      status: label,
      version: fc.option(label),
      sections: section,
    })
    .map(({ sections, ...known }) => ({ ...sections, ...known, metricType: null }) as Entry)
    .filter(({ metricId }) => !['export', 'import', 'search', 'stats'].includes(metricId as string));
  const file = fc
    .record({
      metrics: fc.uniqueArray(aMetric, { minLength: 1, maxLength: 6, selector: ({ metricId }) => metricId }),
      objectives: fc.uniqueArray(fc.record({ id: key, title: label, domain: fc.option(label) }), {
        maxLength: 3,
        selector: ({ id }) => id,
      }),
      domains: fc.uniqueArray(key, { maxLength: 3 }),
    })
    .map(({ metrics, objectives, domains }) => ({
      domains: domains.map((id) => ({ id, name: `name of ${id}`, description: '', owner: null })),
      metrics,
      objectives: objectives.map((each, n) => ({
        ...{ ...each, description: '', owner: null, status: 'active', startsAt: null, endsAt: null },
        keyResults: [
          {
            ...{ id: 'kr-1', title: 'more', metricId: metrics[n % metrics.length]!['metricId'] },
            ...{ baseline: n, target: n + 1, current: null, unit: null },
          },
        ],
      })),
    }));
  const sorted = (entries: readonly Entry[], name: string) =>
    [...entries].sort((one, other) => (String(one[name]) < String(other[name]) ? -1 : 1));

  it('of what was imported is what was imported', async () => {
    await fc.assert(
      fc.asyncProperty(file, async (given) => {
        await catalogue.empty();
        await importFile(given);
        const out = await exported();
        expect(out).toEqual({
          domains: sorted(given.domains, 'id'),
          metrics: sorted(given.metrics, 'metricId'),
          objectives: sorted(given.objectives, 'id'),
        });
        const again = await importFile(out, { mode: 'replace', size: 700 });
        expect(again.changes).toEqual([]);
        expect(again.metrics.unchanged).toBe(given.metrics.length);
      }),
      { numRuns: 30, endOnFailure: true },
    );
  }, 120_000);

  it('is of one state, or fails', async () => {
    await importFile(full);
    const { revision } = await catalogue.client.request(exportCatalogue, { section: 'domains' });
    await expect(catalogue.client.request(metrics.remove, { id: 'b', actor })).rejects.toMatchObject({
      code: 'conflict',
    });
    await catalogue.client.request(exportCatalogue, { section: 'metrics', revision });
    await catalogue.client.request(domains.remove, { id: 'sales', actor });
    const later = catalogue.client.request(exportCatalogue, { section: 'metrics', revision });
    await expect(later).rejects.toMatchObject({ code: 'concurrent_change', retryable: true });
  });
});

/** No NUL and no whole number that a double does not keep, which are refused, anywhere. */
function isKept(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  if (typeof value === 'object' && value !== null && !Object.values(value).every(isKept)) return false;
  return !JSON.stringify(value).includes('\\u0000') && JSON.stringify(value).isWellFormed();
}
