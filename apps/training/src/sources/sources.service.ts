import { Injectable, Logger } from '@nestjs/common';
import { paginate, sources } from '@purser/contracts';
import type { ReceivedOf, ResponseOf, Source, syncSource } from '@purser/contracts';
import { IdempotencyKeys } from '@purser/database';
import { DomainError, invalidField } from '@purser/errors';
import { SecretBox } from '@purser/secrets';
import { orderedProblems } from '../items/problems.ts';
import { SourceReaders } from '../sync/source-readers.ts';
import { SyncService } from '../sync/sync.service.ts';
import { toSource } from './source.view.ts';
import { SourcesRepository } from './sources.repository.ts';
import { withWebhookSecret } from './webhook-secret.ts';

type Create = ReceivedOf<typeof sources.create>;
type Created = ResponseOf<typeof sources.create>;
type Update = ReceivedOf<typeof sources.update>;

/** How long the answer to a creation waits for the first sync. */
const FIRST_SYNC_WAIT_MS = 2_000;
/** Problems of each source in a list, so that a page of them fits one message; `get` answers with all. */
const LISTED_PROBLEMS = 20;

/** The places that work comes from. */
@Injectable()
export class SourcesService {
  readonly #logger = new Logger('Sources');
  readonly #repository: SourcesRepository;
  readonly #readers: SourceReaders;
  readonly #sync: SyncService;
  readonly #keys: IdempotencyKeys;
  readonly #box: SecretBox;

  constructor(
    repository: SourcesRepository,
    readers: SourceReaders,
    sync: SyncService,
    keys: IdempotencyKeys,
    box: SecretBox,
  ) {
    this.#repository = repository;
    this.#readers = readers;
    this.#sync = sync;
    this.#keys = keys;
    this.#box = box;
  }

  /** Adds a source and reads it; a large one is still being read (`syncing`) when this answers. */
  async create({ input, actor, idempotencyKey: key }: Create): Promise<Created> {
    if (key === undefined) return this.#read(await this.#add(input));
    const use = { actorKeyId: actor.keyId, subject: sources.create.subject, key, request: input };
    const { answer, repeated } = await this.#keys.once(use, () => this.#add(input));
    if (repeated) {
      // Whoever added it the first time may have been ended before it could say so.
      await this.#repository.tell(answer.id);
      return answer;
    }
    const read = await this.#read(answer);
    await this.#keys.remember(use, read);
    return read;
  }

  async get({ id }: ReceivedOf<typeof sources.get>): Promise<Source> {
    return toSource(await this.#repository.rows.get(id));
  }

  async list(query: ReceivedOf<typeof sources.list>): Promise<ResponseOf<typeof sources.list>> {
    const { data: rows, total } = await this.#repository.rows.page(query, {});
    const data = rows
      .map(toSource)
      .map((row) => ({ ...row, problems: orderedProblems(row.problems, LISTED_PROBLEMS) }));
    return { data, pagination: paginate(query, total) };
  }

  /** A source that is enabled, or gets another token, is read again soon. */
  async update({ id, ifMatch, changes }: Update): Promise<Source> {
    const { rows } = this.#repository;
    const changed = await rows.change(id, ifMatch, async (row) => {
      refuseSecrets(row.kind, changes);
      if (changes.sealedWebhookSecret != null && row.sealedWebhookSecret === null) {
        await this.#repository.admitWebhookSecret();
      }
      const again = changes.disabled === false || changes.sealedToken !== undefined;
      return this.#repository.update(row, again ? { ...changes, nextSyncAt: new Date() } : changes);
    });
    if (changed.disabled) this.#readers.forget(id);
    return toSource(changed);
  }

  async remove({ id, ifMatch }: ReceivedOf<typeof sources.remove>): Promise<ResponseOf<typeof sources.remove>> {
    await this.#repository.rows.change(id, ifMatch, (row) => this.#repository.remove(row));
    this.#readers.forget(id);
    return {};
  }

  async sync({ id }: ReceivedOf<typeof syncSource>): Promise<Source> {
    const { disabled } = await this.#repository.rows.get(id);
    if (disabled)
      throw new DomainError('conflict', 'The source is disabled; enable it to sync it.', { field: 'disabled' });
    await this.#sync.sync(id);
    return this.get({ id });
  }

  async #add(given: Create['input']): Promise<Created> {
    const { input, made } = withWebhookSecret(given, this.#box);
    const source = toSource(await this.#repository.insert(await this.#readers.of(input.kind).admit(input)));
    return source.kind === 'github' && made !== undefined ? { ...source, webhookSecret: made } : source;
  }

  /** Begins the first sync, and answers when it is done or when the wait is over. */
  async #read(source: Created): Promise<Created> {
    if (source.disabled) return source;
    const done = this.#sync.sync(source.id).catch((error: unknown) => {
      this.#logger.warn(`The first sync of source ${source.id} failed: ${String(error)}`);
    });
    const { promise: late, resolve: giveUp } = Promise.withResolvers<void>();
    const timer = setTimeout(giveUp, FIRST_SYNC_WAIT_MS);
    await Promise.race([done, late]).finally(() => clearTimeout(timer));
    return { ...source, ...(await this.get(source)) } as Created;
  }
}

function refuseSecrets(kind: Source['kind'], { sealedToken, sealedWebhookSecret }: Update['changes']): void {
  if (kind === 'github') return;
  const reason = 'is of sources of the kind "github" alone';
  if (sealedToken !== undefined) throw invalidField('token', reason);
  if (sealedWebhookSecret !== undefined) throw invalidField('webhookSecret', reason);
}
