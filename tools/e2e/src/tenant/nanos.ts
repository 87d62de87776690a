/** Nano-dollars of a decimal USD string. The tests' own arithmetic, so that it can disagree with Purser's. */
export function toNanos(usd: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d{1,9}))?$/.exec(usd);
  if (!match) throw new Error(`'${usd}' is no amount of USD`);
  const [, sign, whole, fraction = ''] = match;
  const nanos = BigInt(whole!) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
  return sign === '-' ? -nanos : nanos;
}

/** The other way round. */
export function toUsd(nanos: bigint): string {
  const digits = String(nanos).padStart(10, '0');
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

export const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);
