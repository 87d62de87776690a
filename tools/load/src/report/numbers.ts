/** A figure for people: three significant digits or more, thousands apart; `–` where there is none. */
export function shown(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  if (value !== 0 && Math.abs(value) < 0.01) return value.toPrecision(2);
  if (value >= 100) return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ' ');
  return value.toFixed(value >= 10 ? 1 : 2);
}

/** A count. */
export const whole = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
