import type { Invalidation } from './invalidation.ts';
import { MAX_KEY_LENGTH, MAX_NAME_LENGTH } from './key.ts';

/** What is counted together has this name in heartbeats, which no namespace can have. */
export const TOGETHER = '\0together';

/** Something was invalidated: the `seq`-th message of its sender in its namespace, counted from 1. */
export interface InvalidationMessage {
  readonly type: 'invalidation';
  readonly from: string;
  readonly namespace: string;
  readonly seq: number;
  readonly invalidation: Invalidation;
  /** Whether shared tiers were told by the sender. Else whoever hears of it tells them. */
  readonly applied: boolean;
  /** Whether its sender waits for a {@link ReceiptMessage} of everybody. */
  readonly wantsReceipt: boolean;
  /** Whether `seq` is that of all namespaces that its sender does not count each apart. */
  readonly together?: boolean;
}

/** An invalidation holds in a replica. */
export interface ReceiptMessage {
  readonly type: 'receipt';
  readonly from: string;
  /** Who sent the invalidation, and which. */
  readonly to: string;
  readonly namespace: string;
  readonly seq: number;
}

/** A replica is there. `seqs`: its latest message of each namespace, so that a lost last one is missed too. */
export interface HeartbeatMessage {
  readonly type: 'heartbeat';
  readonly from: string;
  /** Counts its heartbeats. */
  readonly beat: number;
  readonly seqs: Readonly<Record<string, number>>;
  /** It is leaving: nothing will follow. */
  readonly last?: boolean;
}

export type BusMessage = InvalidationMessage | ReceiptMessage | HeartbeatMessage;

/** Most namespaces that a heartbeat may tell of. */
const MAX_NAMESPACES = 10_000;

/**
 * What came over the bus, if it is one of ours. Others may have other versions, or no right to be there. An invalidation that
 * can't be read is missed when its sender's next heartbeat comes.
 */
export function busMessage(value: unknown): BusMessage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { type, from } = value as Record<string, unknown>;
  if (!isText(from, MAX_NAME_LENGTH)) return undefined;
  if (type === 'heartbeat') return isHeartbeat(value) ? value : undefined;
  if (type === 'receipt') return isReceipt(value) ? value : undefined;
  return type === 'invalidation' && isInvalidation(value) ? value : undefined;
}

function isReceipt(value: object): value is ReceiptMessage {
  const { to, namespace, seq } = value as Record<string, unknown>;
  return isText(to, MAX_NAME_LENGTH) && isText(namespace, MAX_NAME_LENGTH) && isCount(seq);
}

function isHeartbeat(value: object): value is HeartbeatMessage {
  const { beat, seqs, last } = value as Record<string, unknown>;
  if (!isCount(beat) || typeof seqs !== 'object' || seqs === null) return false;
  if (last !== undefined && typeof last !== 'boolean') return false;
  const names = Object.keys(seqs);
  return names.length <= MAX_NAMESPACES && Object.values(seqs).every(isCount);
}

function isInvalidation(value: object): value is InvalidationMessage {
  const { namespace, seq, invalidation, applied, wantsReceipt, together = false } = value as Record<string, unknown>;
  if (!isText(namespace, MAX_NAME_LENGTH) || !isCount(seq)) return false;
  if (![applied, wantsReceipt, together].every((flag) => typeof flag === 'boolean')) return false;
  const { kind, keys, tags, prefix, pattern } = (invalidation ?? {}) as Record<string, unknown>;
  switch (kind) {
    case 'keys':
      return isTexts(keys, MAX_KEY_LENGTH);
    case 'tags':
      return isTexts(tags, MAX_NAME_LENGTH);
    case 'prefix':
      return isText(prefix, MAX_KEY_LENGTH);
    case 'pattern':
      return isText(pattern, MAX_KEY_LENGTH);
    default:
      return kind === 'all';
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxLength && !value.includes('\0');
}

function isTexts(value: unknown, maxLength: number): boolean {
  return Array.isArray(value) && value.every((item) => isText(item, maxLength));
}

/** The most that one message carries, in characters: a message broker bounds what it takes. */
const MAX_CHARACTERS = 100_000;

/** An invalidation as messages carry it: one of many keys or tags in several. */
export function inPieces(invalidation: Invalidation): readonly Invalidation[] {
  if (invalidation.kind === 'keys') return pieces(invalidation.keys).map((keys) => ({ kind: 'keys', keys }));
  if (invalidation.kind === 'tags') return pieces(invalidation.tags).map((tags) => ({ kind: 'tags', tags }));
  return [invalidation];
}

function pieces(names: readonly string[]): string[][] {
  const all: string[][] = [[]];
  let characters = 0;
  for (const name of names) {
    characters += name.length;
    if (characters > MAX_CHARACTERS && all.at(-1)!.length > 0) {
      all.push([]);
      characters = name.length;
    }
    all.at(-1)!.push(name);
  }
  return all;
}
