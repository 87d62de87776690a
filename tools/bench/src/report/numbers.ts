/** A figure as it stands in a table: three significant digits or more, thousands apart; `–` where there is none. */
export function shown(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  if (value >= 100) return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ' ');
  return value.toFixed(value >= 10 ? 1 : 2);
}
