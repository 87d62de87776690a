import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  configurationChanged,
  readConfiguration,
  type ConfigurationEntry,
  type ProviderEntry,
} from '@purser/contracts';
import { temporaryFolder, testDatabase, type TemporaryFolder, type TestDatabase } from '@purser/testing';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { startTestBudget, type TestBudget } from '../testing/start-test-budget.ts';
import { ConfigurationWriter } from './configuration.writer.ts';

/** A gateway's copy of the configuration, read by pages. */
class Copy {
  readonly entries = new Map<string, ConfigurationEntry>();
  version = 0;
  pages = 0;
  readonly #budget: TestBudget;

  constructor(budget: TestBudget) {
    this.#budget = budget;
  }

  async catchUp(): Promise<void> {
    let cursor: string | null = null;
    const since = this.version;
    do {
      const page: Awaited<ReturnType<typeof this.read>> = await this.read(since, cursor);
      for (const entry of page.entries) this.entries.set(`${entry.kind} ${entry.id}`, entry);
      this.version = page.version;
      this.pages += 1;
      cursor = page.nextCursor;
    } while (cursor !== null);
  }

  read(since: number, cursor: string | null) {
    return this.#budget.client.request(readConfiguration, { since, cursor });
  }
}

function provider(id: string, changes: Partial<ProviderEntry>): ProviderEntry {
  return {
    ...{ id, name: id, kind: 'openai', baseUrl: 'https://example.com', sealedApiKey: null, concurrency: 1 },
    ...{ limits: null, cancelledStreams: 'drain', simulated: false, disabled: false, ...changes },
  };
}

describe('the configuration', () => {
  let database: TestDatabase;
  let folder: TemporaryFolder;
  let budget: TestBudget;
  let writer: ConfigurationWriter;
  beforeAll(async () => {
    [database, folder] = await Promise.all([testDatabase({ migrations, schema: 'budget' }), temporaryFolder()]);
    budget = await startTestBudget({ databaseUrl: database.url, dataDir: folder.path });
    writer = budget.app.get(ConfigurationWriter, { strict: false });
  });
  afterAll(async () => {
    await budget?.stop();
    await Promise.all([database?.drop(), folder?.remove()]);
  });

  const stored = async () => {
    const entries = await budget.database.query('SELECT kind, id, version::int, value FROM configuration_entries');
    return new Map(entries.map((entry) => [`${entry.kind as string} ${entry.id as string}`, entry]));
  };

  it('has one more version with each write, published once it can be read', async () => {
    const versions: number[] = [];
    const readable: Promise<boolean>[] = [];
    const listener = budget.broker.transport('listener');
    listener.serve(configurationChanged.subject, undefined, ({ body }) => {
      const { version } = JSON.parse(body) as { version: number };
      versions.push(version);
      readable.push(new Copy(budget).read(version, null).then((page) => page.version >= version));
    });
    const before = (await new Copy(budget).read(0, null)).version;
    await Promise.all(Array.from({ length: 20 }, () => budget.account()));
    await listener.close();
    expect(versions.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => before + 1 + i));
    expect(await Promise.all(readable)).not.toContain(false);
    expect((await new Copy(budget).read(0, null)).version).toBe(before + 20);
  });

  it('stays as it is when a write fails', async () => {
    const before = await stored();
    const { version } = await new Copy(budget).read(0, null);
    const failing = writer.write(async (draft) => {
      draft.put({ kind: 'provider', id: uuidv7(), value: null });
      throw new Error('on purpose');
    });
    await expect(failing).rejects.toThrow('on purpose');
    expect(await stored()).toEqual(before);
    expect((await new Copy(budget).read(0, null)).version).toBe(version);
  });

  it('is read by pages to a consistent whole, whatever is written meanwhile', async () => {
    const pairs = Array.from({ length: 700 }, () => [uuidv7(), uuidv7()] as const);
    const writePairs = (chosen: readonly number[], concurrency: number, gone: boolean) =>
      writer.write(async (draft) => {
        for (const index of chosen) {
          for (const id of pairs[index] ?? []) {
            draft.put({ kind: 'provider', id, value: gone ? null : provider(id, { concurrency }) });
          }
        }
      });
    await writePairs([...pairs.keys()], 0, false);

    const writes = fc.array(
      fc.record({
        chosen: fc.uniqueArray(fc.nat(pairs.length - 1), { minLength: 1, maxLength: 300 }),
        concurrency: fc.integer({ min: 1, max: 1_000_000 }),
        gone: fc.boolean(),
      }),
      { minLength: 10, maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(writes, async (planned) => {
        let writing = true;
        const following = new Copy(budget);
        const read = async (copyOf: () => Copy) => {
          do {
            const copy = copyOf();
            await copy.catchUp();
            for (const [one, two] of pairs) {
              const values = [one, two].map((id) => copy.entries.get(`provider ${id}`)?.value as ProviderEntry | null);
              expect(values[0]?.concurrency).toBe(values[1]?.concurrency);
            }
          } while (writing);
        };
        const readers = Promise.all([read(() => following), read(() => new Copy(budget))]);
        try {
          await Promise.all(planned.map((write) => writePairs(write.chosen, write.concurrency, write.gone)));
        } finally {
          writing = false;
        }
        await readers;
        await following.catchUp();
        expect(following.entries).toEqual(await stored());
      }),
      { numRuns: 4 },
    );
  });

  it('comes in pages that a message can carry, in the order of versions', async () => {
    const since = (await new Copy(budget).read(0, null)).version;
    const sealedApiKey = 'x'.repeat(16_000);
    await writer.write(async (draft) => {
      for (let i = 0; i < 80; i += 1) {
        const id = uuidv7();
        draft.put({ kind: 'provider', id, value: provider(id, { sealedApiKey }) });
      }
    });
    await budget.account();
    const seen: ConfigurationEntry[] = [];
    for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
      const page: Awaited<ReturnType<Copy['read']>> = await new Copy(budget).read(since, cursor);
      expect(page.entries.length).toBeLessThan(30);
      seen.push(...page.entries);
      cursor = page.nextCursor;
    }
    expect(seen.map(({ version }) => version - since)).toEqual([...Array<number>(80).fill(1), 2]);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(81);
  });

  it('has nothing new for who has it all', async () => {
    const copy = new Copy(budget);
    await copy.catchUp();
    expect(await copy.read(copy.version, null)).toEqual({ version: copy.version, entries: [], nextCursor: null });
  });

  it.each(['', 'x', '1 account', `1 account ${uuidv7()}x`, "1 account ' or true"])(
    'refuses the cursor "%s"',
    async (cursor) => {
      await expect(new Copy(budget).read(0, cursor)).rejects.toMatchObject({
        code: 'invalid_request',
        details: { field: 'cursor' },
      });
    },
  );
});
