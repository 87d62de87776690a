import { escapeHtml } from './escape.ts';
import { shown } from './numbers.ts';

/** One line of a chart; a gap where there is no value. */
export interface Line {
  readonly name: string;
  readonly values: readonly (number | undefined)[];
}

const WIDTH = 860;
const HEIGHT = 240;
const LEFT = 56;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 28;
const TICKS = 4;

interface Scale {
  readonly max: number;
  readonly ticks: readonly number[];
}

/** Lines over time from zero, as a figure with its legend. @param seconds where each value stands, ascending */
export function lineChart(title: string, unit: string, seconds: readonly number[], lines: readonly Line[]): string {
  const scale = scaleFor(lines.flatMap(({ values }) => values.filter(isNumber)));
  const end = Math.max(1, seconds.at(-1) ?? 1);
  const x = (at: number): number => LEFT + (at / end) * (WIDTH - LEFT - RIGHT);
  const y = heightIn(scale);
  const paths = lines.map(({ values }, index) => {
    let draw = false;
    const steps = values.map((value, at) => {
      const step = isNumber(value) ? `${draw ? 'L' : 'M'}${x(seconds[at]!).toFixed(1)} ${y(value).toFixed(1)}` : '';
      draw = isNumber(value);
      return step;
    });
    return `<path class="line c${index}" d="${steps.join('')}"/>`;
  });
  const xTicks = scaleFor([end]).ticks.filter((tick) => tick <= end);
  const labels = xTicks.map((tick) =>
    label(x(tick), HEIGHT - 8, `${tickText(tick)} s`, tick === 0 ? 'start' : 'middle'),
  );
  return figure(title, unit, lines, [...grid(scale), ...labels, ...paths]);
}

/** Bars side by side, as a figure. `labels` stand below the bars that have one. */
export function barChart(
  title: string,
  unit: string,
  bars: readonly { readonly value: number; readonly tip: string; readonly label?: string }[],
): string {
  const scale = scaleFor(bars.map(({ value }) => value));
  const width = (WIDTH - LEFT - RIGHT) / Math.max(1, bars.length);
  const y = heightIn(scale);
  const shapes = bars.flatMap(({ value, tip, label: text }, index) => {
    const left = LEFT + index * width;
    const top = y(value);
    const rect = `<rect class="bar" x="${left.toFixed(1)}" y="${top.toFixed(1)}" width="${(width - 1).toFixed(1)}" height="${(HEIGHT - BOTTOM - top).toFixed(1)}"><title>${escapeHtml(tip)}</title></rect>`;
    return text === undefined ? [rect] : [rect, label(left, HEIGHT - 8, text, 'start')];
  });
  return figure(title, unit, [], [...grid(scale), ...shapes]);
}

function figure(title: string, unit: string, lines: readonly Line[], shapes: readonly string[]): string {
  const legend = lines.map(({ name }, index) => `<span><i class="c${index}"></i>${escapeHtml(name)}</span>`).join('');
  return `<figure><figcaption>${escapeHtml(title)} <small>${escapeHtml(unit)}</small>${legend}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">${shapes.join('')}</svg></figure>`;
}

function grid(scale: Scale): string[] {
  const y = heightIn(scale);
  return scale.ticks.flatMap((tick) => [
    `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}"/>`,
    label(LEFT - 8, y(tick) + 4, tickText(tick), 'end'),
  ]);
}

function label(x: number, y: number, text: string, anchor: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escapeHtml(text)}</text>`;
}

function heightIn({ max }: Scale): (value: number) => number {
  return (value) => HEIGHT - BOTTOM - (Math.min(value, max) / max) * (HEIGHT - BOTTOM - TOP);
}

/** Round steps from zero to the largest value or just above it. */
function scaleFor(values: readonly number[]): Scale {
  const largest = values.reduce((most, value) => Math.max(most, value), 0) || 1;
  const raw = largest / TICKS;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw * 0.999_999)!;
  const count = Math.ceil(largest / step - 1e-9);
  return { max: step * count, ticks: Array.from({ length: count + 1 }, (_, index) => index * step) };
}

/** Round, as ticks are: no zeros after the point. */
function tickText(tick: number): string {
  return tick < 100 ? String(Number(tick.toPrecision(3))) : shown(tick);
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined && !Number.isNaN(value);
}
