import type { Source } from '@purser/contracts';
import type { SourceEntity } from './source.entity.ts';

/** A source as it is shown: its secrets are not. */
export function toSource(row: SourceEntity): Source {
  const { id, version, path, disabled, problems, workEfforts, syncedAt, syncingUntil } = row;
  const common = {
    ...{ id, version, path, disabled, problems, workEfforts },
    // Later on the outcome of the last sync stands until the next has one: it is read all the time.
    status: row.status === 'new' && syncingUntil && syncingUntil > new Date() ? ('syncing' as const) : row.status,
    syncedAt: syncedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
  if (row.kind === 'directory') return { ...common, kind: row.kind };
  return {
    ...common,
    kind: row.kind,
    repository: row.repository!,
    baseUrl: row.baseUrl!,
    hasToken: row.sealedToken !== null,
    hasWebhookSecret: row.sealedWebhookSecret !== null,
    nextSyncAt: disabled ? null : (row.nextSyncAt?.toISOString() ?? null),
  };
}
