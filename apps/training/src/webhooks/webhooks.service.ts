import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ReceivedOf, ResponseOf, receiveGithubWebhook } from '@purser/contracts';
import { sourceSecrets } from '@purser/contracts';
import { Database } from '@purser/database';
import { DomainError, invalidField } from '@purser/errors';
import { SecretBox } from '@purser/secrets';
import { externalIdOf } from '../github/issue.ts';
import { itemOf } from '../github/issue-item.ts';
import { DueSyncs } from '../sync/due-syncs.ts';
import { ToldChangesRepository } from '../sync/told-changes.repository.ts';
import { meaningOf, readEvent, type GithubEvent, type Meaning } from './github-event.ts';
import { claimedSignature } from './signature.ts';
import { signersOf } from './signers.ts';
import { WebhooksRepository, type WebhookSource } from './webhooks.repository.ts';

type Received = ReceivedOf<typeof receiveGithubWebhook>;
type Outcome = ResponseOf<typeof receiveGithubWebhook>['outcome'];

/**
 * Webhooks of GitHub. Nothing of a body is believed, or looked up, before its signature was checked against the secret of
 * every source; so who has no secret learns nothing, not even by the time that it takes. Deliveries may come twice and in
 * any order: one that was received before, or that tells of an older state, changes nothing.
 */
@Injectable()
export class WebhooksService {
  readonly #database: Database;
  readonly #repository: WebhooksRepository;
  readonly #changes: ToldChangesRepository;
  readonly #due: DueSyncs;
  readonly #box: SecretBox;

  constructor(
    database: Database,
    repository: WebhooksRepository,
    changes: ToldChangesRepository,
    due: DueSyncs,
    box: SecretBox,
  ) {
    this.#database = database;
    this.#repository = repository;
    this.#changes = changes;
    this.#due = due;
    this.#box = box;
  }

  /**
   * @throws DomainError `invalid_signature`; where the sender has a secret, `not_found` for a repository that is no source
   * and `invalid_request` for a body that is no payload
   */
  async receive({ body: base64, headers }: Received): Promise<ResponseOf<typeof receiveGithubWebhook>> {
    const body = Buffer.from(base64, 'base64');
    const signers = await this.#signersOf(body, headers['x-hub-signature-256']);
    const name = headers['x-github-event'] ?? '';
    if (name === '') throw invalidField('x-github-event', 'must name the event');
    const event = readEvent(payloadOf(body, headers['content-type']));
    if (event === null) throw invalidField('body', 'must be a payload of GitHub');
    const meaning = meaningOf(name, event);
    const answer = (outcome: Outcome) => ({ event: name, action: event.action ?? null, outcome });
    if (meaning.kind === 'pong') return answer('pong');
    const source = sourceOf(signers, event);
    if (source.disabled || meaning.kind === 'nothing') return answer('ignored');
    const delivery = headers['x-github-delivery'] ?? '';
    if (delivery === '') throw invalidField('x-github-delivery', 'must be the id of the delivery');
    const outcome = await this.#once(source, delivery, body, (repeats) => this.#apply(source, event, meaning, repeats));
    if (outcome === 'syncing') void this.#due.look();
    return answer(outcome);
  }

  async #signersOf(body: Buffer, header: string | undefined): Promise<WebhookSource[]> {
    const claimed = claimedSignature(header);
    const open = ({ sealedWebhookSecret }: WebhookSource) => this.#open(sealedWebhookSecret);
    const signers = claimed === null ? [] : await signersOf(this.#repository.sources(), open, { body, claimed });
    if (signers.length > 0) return signers;
    throw new DomainError('invalid_signature', 'x-hub-signature-256: is not that of a source for this body.');
  }

  /** Null for one that was sealed under another master key: its source can't be told anything until it gets a new one. */
  #open(sealed: string): string | null {
    try {
      return this.#box.open(sealed, sourceSecrets.webhookSecret);
    } catch {
      return null;
    }
  }

  #once(
    source: WebhookSource,
    delivery: string,
    body: Buffer,
    apply: (repeats: boolean) => Promise<Outcome>,
  ): Promise<Outcome> {
    return this.#database.transaction(async () => {
      await this.#changes.lock(source.id);
      const remembered = await this.#repository.remember(source.id, delivery, hash('sha256', body));
      return remembered === 'known' ? 'repeated' : apply(remembered === 'same-body');
    });
  }

  /**
   * @param repeats whether the same body came before under another id: the same event through another webhook, or another
   * one that reads the same (a label's name changed there, back, and there again), which only what is stored tells apart
   */
  async #apply(source: WebhookSource, event: GithubEvent, meaning: Meaning, repeats: boolean): Promise<Outcome> {
    const { id: repositoryId, full_name: repository } = event.repository!;
    // Deleted and made anew: which issues are whose, only a reading of all of them tells.
    if (source.repositoryId !== null && source.repositoryId !== repositoryId) return this.#askForReading(source, true);
    switch (meaning.kind) {
      case 'issue': {
        const outcome = await this.#changes.store(source.id, itemOf(meaning.issue, repository, undefined));
        if (outcome === 'unclear') return this.#askForReading(source, false);
        return repeats && outcome === 'stale' ? 'repeated' : outcome;
      }
      case 'gone':
        if (repeats) return 'repeated';
        await this.#changes.remove(source.id, externalIdOf(meaning.number));
        return 'applied';
      case 'read':
        return this.#askForReading(source, meaning.all);
      case 'pong':
      case 'nothing':
        return 'ignored';
    }
  }

  async #askForReading(source: WebhookSource, all: boolean): Promise<Outcome> {
    await this.#repository.askForReading(source.id, all);
    return 'syncing';
  }
}

/** The signer's source of the event's repository: by the id that stays, or by one of its names. */
function sourceOf(signers: readonly WebhookSource[], { repository }: GithubEvent): WebhookSource {
  const name = repository?.full_name.toLowerCase();
  const found =
    signers.find(({ repositoryId }) => repositoryId !== null && repositoryId === repository?.id) ??
    signers.find((source) => [source.fullName, source.repository].some((other) => other?.toLowerCase() === name));
  if (found !== undefined) return found;
  throw new DomainError('not_found', 'No source is of this repository.', { field: 'repository.full_name' });
}

/** GitHub sends JSON, or a form with the JSON in `payload`, as the webhook is set up. @throws DomainError `invalid_request` */
function payloadOf(body: Buffer, contentType: string | undefined): unknown {
  const text = body.toString('utf8');
  const isForm = contentType?.split(';')[0]!.trim().toLowerCase() === 'application/x-www-form-urlencoded';
  try {
    return JSON.parse(isForm ? (new URLSearchParams(text).get('payload') ?? '') : text);
  } catch {
    throw invalidField('body', 'must be JSON, or a form with JSON as its payload');
  }
}
