/** How much of `type/subtype` an Accept header wants, from 0 to 1; the range that fits closest counts (RFC 9110). */
function weightOf(accept: string, type: string, subtype: string): number {
  const closeness = new Map([
    [`${type}/${subtype}`, 3],
    [`${type}/*`, 2],
    ['*/*', 1],
  ]);
  let best = { closeness: 0, weight: 0 };
  for (const range of accept.split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const close = closeness.get(name) ?? 0;
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    const weight = quality === undefined ? 1 : Number(quality);
    if (close > best.closeness && weight >= 0 && weight <= 1) best = { closeness: close, weight };
  }
  return best.weight;
}

/** Whether plain text is wanted more than JSON, which is given where nothing is said. */
export function prefersText(accept = '*/*'): boolean {
  return weightOf(accept, 'text', 'plain') > weightOf(accept, 'application', 'json');
}
