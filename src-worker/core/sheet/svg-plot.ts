/**
 * Curves as pictures in a page: an SVG with axes, grid and labels, drawn from numbers. Coordinates have two decimals of a
 * picture some 500 units wide, so that a value can be read back within a thousandth of its axis.
 */
import {
  evenTicks,
  FREQUENCY_AXIS,
  FREQUENCY_TICKS,
  linearAxis,
  type Axis,
  type Tick,
} from '../plot/axis.ts';
import { escaped } from './page.ts';

export interface PlotAxis {
  readonly axis: Axis;
  /** Where lines are drawn; those without a label are for the eye only. */
  readonly ticks: readonly Tick[];
  readonly label: string;
}

export interface PlotOptions {
  /** Says what the picture shows, for those who do not see it. */
  readonly title: string;
  readonly width?: number;
  readonly height?: number;
  readonly x: PlotAxis;
  readonly y: PlotAxis;
}

const MARGIN = { left: 44, right: 10, top: 14, bottom: 32 };
/** Beyond its frame a curve goes on for this part of the height, so that its cut end does not show. */
const OVERSHOOT = 0.2;

const written = (coordinate: number): string => String(Number(coordinate.toFixed(2)));

export const FREQUENCY_PLOT_AXIS: PlotAxis = {
  axis: FREQUENCY_AXIS,
  ticks: FREQUENCY_TICKS,
  label: 'Frequency, Hz',
};

/** An even axis with lines at the multiples of `step`. */
export function evenPlotAxis(
  label: string,
  [from, to]: readonly [number, number],
  step: number,
  text: (value: number) => string,
): PlotAxis {
  const axis = linearAxis(from, to);
  return { axis, ticks: evenTicks(axis, step, text), label };
}

/** A picture that is drawn on and then written; later marks lie on earlier ones. */
export class SvgPlot {
  private readonly width: number;
  private readonly height: number;
  private readonly inner: string[] = [];
  private readonly outer: string[] = [];

  constructor(private readonly options: PlotOptions) {
    this.width = (options.width ?? 520) - MARGIN.left - MARGIN.right;
    this.height = (options.height ?? 210) - MARGIN.top - MARGIN.bottom;
  }

  /** One line through points; those at −∞ or +∞ lie just beyond the frame. */
  curve(xs: ArrayLike<number>, ys: ArrayLike<number>, className: string): this {
    const places = Array.from(xs, (x, i) => `${written(this.placeX(x))} ${written(this.placeY(ys[i]!))}`);
    this.inner.push(`<path class="${className}" d="M${places.join(' L')}"/>`);
    return this;
  }

  line(x1: number, y1: number, x2: number, y2: number, className: string): this {
    const [ax, ay, bx, by] = [this.placeX(x1), this.placeY(y1), this.placeX(x2), this.placeY(y2)].map(
      written,
    );
    this.inner.push(`<line class="${className}" x1="${ax}" y1="${ay}" x2="${bx}" y2="${by}"/>`);
    return this;
  }

  /** A short word at a place, kept within the frame. */
  mark(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end' = 'middle'): this {
    const top = Math.min(Math.max(this.placeY(y), 9), this.height - 4);
    this.inner.push(
      `<text class="mark" x="${written(this.placeX(x))}" y="${written(top)}" text-anchor="${anchor}">${escaped(text)}</text>`,
    );
    return this;
  }

  /** A word above the frame, from its left or right end. */
  above(text: string, side: 'start' | 'end'): this {
    const x = side === 'start' ? 0 : this.width;
    this.outer.push(`<text x="${MARGIN.left + x}" y="9" text-anchor="${side}">${escaped(text)}</text>`);
    return this;
  }

  toString(): string {
    const { title, x, y } = this.options;
    const { width, height } = this;
    const full = [width + MARGIN.left + MARGIN.right, height + MARGIN.top + MARGIN.bottom];
    const grid = [
      ...x.ticks.map(({ value }) => `M${written(this.placeX(value))} 0V${height}`),
      ...y.ticks.map(({ value }) => `M0 ${written(this.placeY(value))}H${width}`),
    ];
    const labels = [
      ...x.ticks.map(({ value, label }) =>
        label === undefined
          ? ''
          : `<text class="tick-x" x="${written(MARGIN.left + this.placeX(value))}" y="${MARGIN.top + height + 12}" text-anchor="middle">${escaped(label)}</text>`,
      ),
      ...y.ticks.map(({ value, label }) =>
        label === undefined
          ? ''
          : `<text class="tick-y" x="${MARGIN.left - 5}" y="${written(MARGIN.top + this.placeY(value) + 3)}" text-anchor="end">${escaped(label)}</text>`,
      ),
      `<text x="${MARGIN.left + width / 2}" y="${MARGIN.top + height + 26}" text-anchor="middle">${escaped(x.label)}</text>`,
      `<text x="9" y="${MARGIN.top + height / 2}" text-anchor="middle" transform="rotate(-90 9 ${MARGIN.top + height / 2})">${escaped(y.label)}</text>`,
    ];
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${full.join(' ')}">`,
      `<title>${escaped(title)}</title>`,
      // A nested picture cuts off what lies beyond its edges.
      `<svg x="${MARGIN.left}" y="${MARGIN.top}" width="${width}" height="${height}" overflow="hidden">`,
      `<path class="grid" d="${grid.join('')}"/>`,
      ...this.inner,
      '</svg>',
      `<rect class="frame" x="${MARGIN.left}" y="${MARGIN.top}" width="${width}" height="${height}"/>`,
      ...labels.filter((label) => label !== ''),
      ...this.outer,
      '</svg>',
    ].join('\n');
  }

  private placeX(value: number): number {
    return this.options.x.axis.toUnit(value) * this.width;
  }

  private placeY(value: number): number {
    const up = this.options.y.axis.toUnit(value);
    return (1 - Math.min(1 + OVERSHOOT, Math.max(-OVERSHOOT, up))) * this.height;
  }
}
