import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Position } from '../../core/store.ts';
import { checksum } from './body.ts';
import { concernOf, type Concern, type MarkChanges, type Sweep } from './marks.ts';
import { UnusableFile } from './sqlite-error.ts';

/** What a store knows beside its entries. */
export interface State {
  /** The last position that was given out. */
  readonly sequence: Position;
  /** The store's clock when this was written. */
  readonly clock: number;
  /** Entries up to here are never to be trusted: something that was said of them may be missing. */
  readonly distrusted: Position;
  readonly floor: Position;
  readonly tagFloor: Position;
  /** Of all marks, in no order: a mark that was lost would bring back what it invalidated. */
  readonly marks: number;
}

const NOTHING: State = { sequence: 0, clock: 0, distrusted: 0, floor: 0, tagFloor: 0, marks: 0 };

/** The marks and the state of one database, guarded by checksums, because nothing would tell a wrong one from a right one. */
export class Records {
  readonly #saveState: StatementSync;
  readonly #insertMark: StatementSync;
  readonly #deleteMark: StatementSync;
  /** Of the marks as they are written. */
  #marks: number;
  #marksBefore: number;
  readonly state: State;
  readonly tags: (readonly [string, Position])[] = [];
  readonly sweeps: Sweep[] = [];

  /** @throws UnusableFile when it is not as it was written */
  constructor(database: DatabaseSync) {
    this.#saveState = database.prepare('insert or replace into state (id, text, checksum) values (1, ?, ?)');
    this.#insertMark = database.prepare('insert into mark (name, sweep, position) values (?, ?, ?)');
    this.#deleteMark = database.prepare('delete from mark where name = ? and sweep = ? returning position');
    this.state = stateOf(database);
    this.#marks = this.#marksBefore = this.#load(database);
    if (this.#marks !== this.state.marks)
      throw new UnusableFile('what it knows of invalidations is not as it was written');
  }

  save(changes: MarkChanges, state: Omit<State, 'marks'>): void {
    for (const [name, position] of changes.tags) this.#replace(name, 0, position);
    for (const [sweep, change] of changes.sweeps)
      this.#replace(nameOf(sweep), 1, change === 'new' ? sweep.position : undefined);
    const text = JSON.stringify({ ...state, marks: this.#marks });
    this.#saveState.run(text, checksum([text]));
  }

  committed(): void {
    this.#marksBefore = this.#marks;
  }

  rolledBack(): void {
    this.#marks = this.#marksBefore;
  }

  #replace(name: string, sweep: number, position: Position | undefined): void {
    for (const { position: old } of this.#deleteMark.all(name, sweep) as { position: number }[])
      this.#marks ^= checksum([name, sweep, old]);
    if (position === undefined) return;
    this.#insertMark.run(name, sweep, position);
    this.#marks ^= checksum([name, sweep, position]);
  }

  #load(database: DatabaseSync): number {
    let sum = 0;
    const rows = database.prepare('select name, sweep, position from mark order by position').all();
    for (const { name, sweep, position } of rows as { name: string; sweep: number; position: number }[]) {
      sum ^= checksum([name, sweep, position]);
      if (sweep === 0) this.tags.push([name, position]);
      else this.sweeps.push(sweepOf(name, position));
    }
    return sum;
  }
}

function stateOf(database: DatabaseSync): State {
  const row = database.prepare('select text, checksum from state').get() as
    { text: string; checksum: number } | undefined;
  if (!row) return NOTHING;
  if (checksum([row.text]) !== row.checksum) throw new UnusableFile('what it knows of itself is not as it was written');
  return JSON.parse(row.text) as State;
}

/** Also by its position: the same may be said again before it is worked off. */
function nameOf({ namespace, invalidation, position }: Sweep): string {
  return JSON.stringify([namespace, invalidation, position]);
}

function sweepOf(name: string, position: Position): Sweep {
  try {
    const [namespace, invalidation] = JSON.parse(name) as [string, Concern['invalidation']];
    const concern = concernOf(namespace, position, invalidation);
    return { ...concern, after: concern.prefix };
  } catch {
    throw new UnusableFile('what it knows of invalidations can not be read');
  }
}
