import type { Exchange } from './exchange.ts';
import { statusOf } from './faults.ts';
import type { Fault } from './faults.ts';
import type { Tokens } from './money.ts';
import type { SimulatorSettings } from './settings.ts';
import { faultError } from './wire-error.ts';

/**
 * Acts out the faults that come before an answer's first byte, and notices a client that went away.
 *
 * @param read what the provider had read when nothing was generated yet
 * @returns whether the exchange is over
 */
export async function strikesFirst(
  exchange: Exchange,
  fault: Fault | undefined,
  read: Tokens,
  settings: SimulatorSettings,
): Promise<boolean> {
  const status = statusOf(fault);
  if (status !== undefined) {
    const headers = status === 429 ? { 'retry-after': String(settings.retryAfterSeconds) } : undefined;
    exchange.sendError(faultError(status), headers);
    return true;
  }
  if (fault === 'hang') await exchange.sleep(settings.hangMs);
  if (!exchange.closed && fault !== 'hang' && fault !== 'drop-before-byte') return false;
  await exchange.drop(read);
  return true;
}
