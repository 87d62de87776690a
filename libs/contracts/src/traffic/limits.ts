import { z } from 'zod';
import { definePublish } from '../define.ts';
import { id } from '../scalars.ts';

/** Whose limits begin anew: buckets full, places free. */
export const limitReset = z
  .strictObject({ keyId: id.optional(), accountId: id.optional(), providerId: id.optional() })
  .refine((owner) => Object.values(owner).filter((each) => each !== undefined).length === 1, {
    message: 'must have exactly one of keyId, accountId and providerId',
  });

/** Whose limits were reset. */
export const limitsReset = z.object({ scope: z.enum(['key', 'account', 'provider']), id });

/** Limits were reset at one gateway: the others forget what they know of them. Lost: until what they know has passed by itself. */
export const resetLimits = definePublish('traffic.limits.reset', limitsReset.extend({ replica: z.string().max(128) }));
