import { Controller } from '@nestjs/common';
import {
  hello,
  lease,
  listLeases,
  recover,
  releaseLease,
  type LeaseView,
  type ReceivedOf,
  type ResponseOf,
} from '@purser/contracts';
import { DomainError, invalidField, notFound } from '@purser/errors';
import { Handles } from '@purser/messaging';
import { LeaseService } from './lease.service.ts';
import { LeaseViewRepository } from './lease-view.repository.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

@Controller()
export class LeasesController {
  readonly #leases: LeaseService;
  readonly #views: LeaseViewRepository;

  constructor(leases: LeaseService, views: LeaseViewRepository) {
    this.#leases = leases;
    this.#views = views;
  }

  @Handles(hello)
  hello(message: ReceivedOf<typeof hello>): Promise<ResponseOf<typeof hello>> {
    return this.#leases.hello(message);
  }

  @Handles(lease)
  lease(message: ReceivedOf<typeof lease>): Promise<ResponseOf<typeof lease>> {
    return this.#leases.lease(message);
  }

  @Handles(recover)
  recover(message: ReceivedOf<typeof recover>): Promise<ResponseOf<typeof recover>> {
    return this.#leases.recover(message);
  }

  @Handles(listLeases)
  async list(query: ReceivedOf<typeof listLeases>): Promise<ResponseOf<typeof listLeases>> {
    if (query.cursor !== undefined && !UUID.test(query.cursor)) {
      throw invalidField('cursor', 'must be a nextCursor of an earlier answer');
    }
    const rows = await this.#views.list(query, query.cursor);
    const data = rows.slice(0, query.limit);
    const nextCursor = rows.length > query.limit ? (data.at(-1)?.id ?? null) : null;
    return { data, pagination: { limit: query.limit, nextCursor } };
  }

  @Handles(releaseLease)
  async release({ id, input }: ReceivedOf<typeof releaseLease>): Promise<LeaseView> {
    if (!UUID.test(id)) throw notFound('lease', id);
    await this.#leases.release(id, input.as);
    const view = await this.#views.get(id);
    if (!view) throw new DomainError('internal', 'A released lease cannot be read back.');
    return view;
  }
}
