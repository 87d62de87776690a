import type { TicketStatus } from '@purser/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One step of a work effort. */
@Entity('tickets')
export class TicketEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'work_effort_id' })
  workEffortId!: string;

  @Column('text', { name: 'external_id' })
  externalId!: string;

  @Column('text')
  title!: string;

  @Column('text')
  status!: TicketStatus;

  @Column('integer')
  sequence!: number;

  @Column('text', { nullable: true })
  parent!: string | null;

  @Column('text', { name: 'assigned_to', nullable: true })
  assignedTo!: string | null;

  @Column('timestamptz', { name: 'created_at', nullable: true })
  createdAt!: Date | null;
}
