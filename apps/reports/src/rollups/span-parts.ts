import type { Span } from './span.ts';

/** What sums are read from: rollups of a day, of an hour, or the rows themselves. From coarse to fine. */
export const grains = ['day', 'hour', 'row'] as const;
export type Grain = (typeof grains)[number];

/** A stretch of a span that is read from one grain; it begins and ends where the grain's intervals do. */
export interface SpanPart extends Span {
  readonly grain: Grain;
}

const LENGTH_MS: Readonly<Record<Exclude<Grain, 'row'>, number>> = { day: 86_400_000, hour: 3_600_000 };

/**
 * Cuts a span into parts that cover it exactly, in order: each as coarse as `coarsest` allows and its edges bear. At most
 * five; rows are read of less than an hour at either end, and of all where `coarsest` is `row`.
 */
export function partsOf(span: Span, coarsest: Grain): SpanPart[] {
  return cover(span.from.getTime(), span.to.getTime(), grains.indexOf(coarsest));
}

function cover(fromMs: number, toMs: number, level: number): SpanPart[] {
  if (fromMs >= toMs) return [];
  const grain = grains[level] ?? 'row';
  if (grain === 'row') return [{ grain, from: new Date(fromMs), to: new Date(toMs) }];
  const lengthMs = LENGTH_MS[grain];
  const firstMs = Math.ceil(fromMs / lengthMs) * lengthMs;
  const lastMs = Math.floor(toMs / lengthMs) * lengthMs;
  if (firstMs >= lastMs) return cover(fromMs, toMs, level + 1);
  return [
    ...cover(fromMs, firstMs, level + 1),
    { grain, from: new Date(firstMs), to: new Date(lastMs) },
    ...cover(lastMs, toMs, level + 1),
  ];
}
