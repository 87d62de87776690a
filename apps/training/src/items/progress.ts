import type { TicketStatus } from '@purser/contracts';

/**
 * The share of completed tickets in per cent, to the nearest whole, halves up; 0 where there are none. Those that could
 * not be read (`unread`) count as not completed.
 */
export function progressOf(tickets: readonly { readonly status: TicketStatus }[], unread = 0): number {
  const completed = tickets.filter(({ status }) => status === 'completed').length;
  const all = tickets.length + unread;
  return all === 0 ? 0 : Math.round((100 * completed) / all);
}
