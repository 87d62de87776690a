import { z } from 'zod';
import { definePublish } from '../define.ts';

const name = z.string().min(1).max(128);

/**
 * A replica says that it is there: at its start, every second, and at once when it hears of another for the first time;
 * with `leaving` when it takes no new work any more.
 */
export const replicaPresence = definePublish(
  'traffic.presence',
  z.object({ service: name, replica: name, leaving: z.boolean() }),
);
