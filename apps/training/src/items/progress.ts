import type { TicketStatus } from '@purser/contracts';

/** The share of completed tickets in per cent, to the nearest whole, halves up; 0 where there are none. */
export function progressOf(tickets: readonly { readonly status: TicketStatus }[]): number {
  const completed = tickets.filter(({ status }) => status === 'completed').length;
  return tickets.length === 0 ? 0 : Math.round((100 * completed) / tickets.length);
}
