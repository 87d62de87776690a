import { Inject, Injectable } from '@nestjs/common';
import { invalidField, notFound } from '@purser/errors';
import { MessageClient } from '@purser/messaging';
import type { Caller } from '../authentication/caller.ts';
import { WEB_GATEWAY_CONFIG, type WebGatewayConfig } from '../web-gateway.config.ts';
import { ResourceController, type Fields, type Stored } from './resource.controller.ts';
import { Visibility } from './visibility.ts';

/**
 * A resource whose rows belong to accounts: a caller sees those of the accounts that it sees (`visibility.ts`), and of any
 * other it is told what it would be told if there were none. Admins write as they like, and nothing is read first. A
 * manager's write reads what it is about to change, goes by the rules of the resource, and changes the version that was
 * read or nothing.
 */
@Injectable()
export abstract class OwnedResourceController extends ResourceController {
  /** What the service calls it where it has none: "account". */
  protected abstract readonly noun: string;

  constructor(
    client: MessageClient,
    @Inject(WEB_GATEWAY_CONFIG) config: WebGatewayConfig,
    protected readonly visibility: Visibility,
  ) {
    super(client, config);
  }

  /** The account that a resource belongs to. */
  protected abstract accountOf(resource: Stored): string;

  /** What a manager may not do to a resource that it sees, whatever the body says. @throws DomainError `forbidden` */
  protected abstract managerMayWrite(manager: Caller, current: Stored, verb: 'update' | 'remove'): void;

  /** What a manager may not make of a resource that it sees. @throws DomainError `forbidden`, `invalid_request` */
  protected abstract managerMayChange(manager: Caller, current: Stored, changes: Fields): void;

  /** What a manager may not create. @throws DomainError `forbidden`, `invalid_request` */
  protected abstract managerMayCreate(manager: Caller, input: Fields): void;

  protected override narrowed(caller: Caller, query: Fields): Fields {
    return this.visibility.narrowed(caller, query);
  }

  protected override async find(caller: Caller, id: string): Promise<Stored> {
    const found = await super.find(caller, id);
    if (this.visibility.sees(caller, this.accountOf(found))) return found;
    throw notFound(this.noun, id);
  }

  protected override async openWrite(
    caller: Caller,
    id: string,
    verb: 'update' | 'remove',
  ): Promise<Stored | undefined> {
    if (caller.role === 'admin') return undefined;
    const current = await this.find(caller, id);
    this.managerMayWrite(caller, current, verb);
    return current;
  }

  protected override allowCreation(caller: Caller, input: Fields): void {
    if (caller.role !== 'admin') this.managerMayCreate(caller, input);
  }

  protected override allowChanges(caller: Caller, current: Stored, changes: Fields): void {
    this.managerMayChange(caller, current, changes);
  }

  /** An account that the caller names but doesn't see is answered as the service answers one that does not exist. */
  protected requireVisible(caller: Caller, field: string, accountId: string): void {
    if (!this.visibility.sees(caller, accountId)) throw invalidField(field, 'must be the id of an existing account');
  }
}
