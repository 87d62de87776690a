import { Inject, Injectable } from '@nestjs/common';
import { Caches, type Cache } from '@purser/caching';
import { sourceSecrets } from '@purser/contracts';
import { invalidField } from '@purser/errors';
import { isLinkLocal, SecretBox } from '@purser/secrets';
import type { Problem } from '../items/problems.ts';
import { Unreadable } from '../items/unreadable.ts';
import type { NewSource, SourceInput } from '../sources/sources.repository.ts';
import type { Reading, ReadRequest, SourceReader } from '../sync/source-reader.ts';
import { TRAINING_CONFIG, type TrainingConfig } from '../training.config.ts';
import { readBookmark, type Bookmark } from './bookmark.ts';
import { GithubAnswers, githubAnswers } from './github-answers.ts';
import { GithubApi } from './github-api.ts';
import { GithubLimited } from './github-limited.ts';
import { GithubHttp } from './github-http.ts';
import { limits } from './limits.ts';
import { RepositoryReading } from './repository-reading.ts';

/** After this no further request begins: what was read by then is stored, and the rest follows. */
const READING_MS = 12_000;
/** A webpage is not an API. */
const WEBSITES = new Set(['github.com', 'www.github.com']);

/** Reads the issues of repositories at GitHub, or at a server of its kind. */
@Injectable()
export class GithubReader implements SourceReader {
  readonly kind = 'github';
  readonly #http: GithubHttp;
  readonly #box: SecretBox;
  readonly #cache: Cache;
  readonly #config: Pick<TrainingConfig, 'GITHUB_SYNC_INTERVAL_MS' | 'GITHUB_SWEEP_INTERVAL_MS'>;

  constructor(http: GithubHttp, box: SecretBox, caches: Caches, @Inject(TRAINING_CONFIG) config: TrainingConfig) {
    this.#http = http;
    this.#box = box;
    this.#cache = githubAnswers(caches);
    this.#config = config;
  }

  /** @throws DomainError `invalid_request` for a base URL that is not to be asked; whether the repository exists, a sync tells */
  async admit(input: SourceInput<'github'>): Promise<NewSource> {
    const { kind, repository, disabled, sealedToken = null, sealedWebhookSecret = null } = input;
    const { host, href } = new URL(input.baseUrl);
    if (isLinkLocal(href)) throw invalidField('baseUrl', 'must not be a link-local or metadata address');
    if (WEBSITES.has(host)) throw invalidField('baseUrl', 'must be where the API is: https://api.github.com');
    const baseUrl = href.replace(/\/+$/, '');
    return {
      ...{ kind, repository, baseUrl, disabled, sealedToken, sealedWebhookSecret },
      path: `${baseUrl}/repos/${repository.toLowerCase()}`,
      nextSyncAt: this.#nextSync(),
    };
  }

  /** Reads for some seconds at most: what is left then, or waits for GitHub's rate limit, the next reading goes on with. */
  async read({ source, known, bookmark: stored, signal }: ReadRequest): Promise<Reading> {
    const token = this.#tokenOf(source.sealedToken);
    const bookmark = readBookmark(stored, token, source.staleSince);
    const waitsUntil = bookmark.waitsUntil === null ? null : new Date(bookmark.waitsUntil);
    const api = new GithubApi(this.#http, { baseUrl: source.baseUrl!, token, waitsUntil }, signal);
    const answers = new GithubAnswers(this.#cache, api, { id: source.id, token });
    const reading = new RepositoryReading(api, source.repository!, { known, bookmark, answers }, this.#options());
    const stopped = await reading.run().then(
      (done) => (done ? null : GOES_ON),
      (error: unknown) => stopOf(error, api, reading.bookmark !== bookmark),
    );
    return {
      complete: false,
      overtakable: true,
      items: [...reading.items.values()],
      removed: [...reading.removed],
      problems: [...reading.problems, ...(stopped === null ? [] : [stopped])],
      bookmark: { ...reading.bookmark, waitsUntil: api.waitsUntil?.toISOString() ?? null } satisfies Bookmark,
      nextSyncAt: stopped === GOES_ON ? new Date() : (api.waitsUntil ?? this.#nextSync()),
      unasked: api.requests === 0,
    };
  }

  #nextSync(): Date {
    return new Date(Date.now() + this.#config.GITHUB_SYNC_INTERVAL_MS);
  }

  #options() {
    return { limits, endsAt: Date.now() + READING_MS, sweepIntervalMs: this.#config.GITHUB_SWEEP_INTERVAL_MS };
  }

  #tokenOf(sealed: string | null): string | null {
    try {
      return sealed === null ? null : this.#box.open(sealed, sourceSecrets.token);
    } catch (cause) {
      const reason = 'has a token that was sealed under another PURSER_MASTER_KEY; give it again';
      throw new Unreadable(reason, { cause });
    }
  }
}

const GOES_ON: Problem = { path: '.', reason: 'is not read to its end yet; goes on by itself' };

/** The problem that ended a reading. @throws the error where nothing was read that is to be kept */
function stopOf(error: unknown, api: GithubApi, progressed: boolean): Problem {
  if (error instanceof GithubLimited) {
    const until = error.until.toISOString();
    return { path: '.', reason: `waits for the rate limit of ${api.host}; goes on by itself at ${until}` };
  }
  if (error instanceof Unreadable && progressed) return { path: '.', reason: error.message };
  throw error;
}
