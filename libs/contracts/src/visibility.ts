import { z } from 'zod';
import { id } from './scalars.ts';

/** The most accounts that one message names, so that it fits into what NATS carries by default (1 MiB). */
export const MAX_VISIBLE_ACCOUNTS = 20_000;

/**
 * The accounts whose rows the asker may see; all of them where it is absent. The gateway puts it into the messages of
 * lists and reports, from the caller's role; it is no parameter of HTTP.
 */
export const visibleTo = z.array(id).max(MAX_VISIBLE_ACCOUNTS).optional();

/**
 * Beside `accountId`: the rows of the accounts below it too. A parameter of HTTP alone: the gateway, which knows the tree,
 * names the accounts by `visibleTo` instead.
 */
export const subtree = z.enum(['true', 'false'], { error: 'must be true or false' }).optional();
