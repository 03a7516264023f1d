/** Figures of the analysis as SVG: heat maps, dendrograms, histograms and curves; each is a whole picture. */
import { escaped } from '../sheet/page.ts';
import { roundUp } from '../plot/axis.ts';
import { evenPlotAxis, FREQUENCY_PLOT_AXIS, SvgPlot, type PlotAxis } from '../sheet/svg-plot.ts';
import type { Merge } from './clustering.ts';
import { CURVE_FREQUENCIES_HZ, CURVE_LEVELS_DB, type ComponentCurve, type CurveKind } from './curves.ts';
import type { Histogram } from './distribution.ts';

/** A number on an axis, with a true minus. */
const tick = (value: number): string => String(Number(value.toPrecision(3))).replace('-', '−');

const written = (value: number): string => String(Number(value.toFixed(2)));

/** What pictures need to look the same in a page and alone. */
export const FIGURE_STYLE = `
svg { background: #fff; font: 9px 'Inter', 'Segoe UI', 'Helvetica Neue', Arial, sans-serif; }
svg text { fill: #4d5560; }
svg text.mark { fill: #16191d; font-weight: 600; }
svg text.light { fill: #fff; font-weight: 600; }
.frame { fill: none; stroke: #6b7480; stroke-width: 0.8; }
.grid { fill: none; stroke: #dfe3e8; stroke-width: 0.6; }
.curve { fill: none; stroke: #0b4f9e; stroke-width: 2; stroke-linejoin: round; }
.second { fill: none; stroke: #b04a00; stroke-width: 1.6; stroke-dasharray: 5 3; stroke-linejoin: round; }
.third { fill: none; stroke: #2c6e49; stroke-width: 1.6; stroke-dasharray: 1.5 2.5; stroke-linejoin: round; }
.mean { fill: none; stroke: #16191d; stroke-width: 1.4; stroke-linejoin: round; }
.guide { fill: none; stroke: #9aa3ae; stroke-width: 0.9; stroke-dasharray: 2 3; }
.bars { fill: #0b4f9e; stroke: none; }
.tree { fill: none; stroke: #16191d; stroke-width: 0.5; }
`;

function picture(title: string, width: number, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${written(width)} ${written(height)}">`,
    `<title>${escaped(title)}</title>`,
    ...parts,
    '</svg>',
  ].join('\n');
}

/** A picture as a file of its own. */
export function standalone(svg: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${svg.replace('<title>', `<style>${FIGURE_STYLE}</style>\n<title>`)}\n`;
}

/** Whole pictures in a grid, as one; each keeps its size. */
export function sideBySide(title: string, pictures: readonly string[], columns: number): string {
  const sizes = pictures.map((svg) => sizeOf(svg));
  const width = Math.max(...sizes.map((size) => size.width));
  const height = Math.max(...sizes.map((size) => size.height));
  const placed = pictures.map((svg, i) => {
    const x = (i % columns) * width;
    const y = Math.floor(i / columns) * height;
    return svg.replace(
      '<svg ',
      `<svg x="${x}" y="${y}" width="${sizes[i].width}" height="${sizes[i].height}" `,
    );
  });
  return picture(title, columns * width, Math.ceil(pictures.length / columns) * height, placed);
}

/** Width and height of a picture's view box. Throws a RangeError for text without one. */
export function sizeOf(svg: string): { readonly width: number; readonly height: number } {
  const [, width, height] = /<svg[^>]* viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? [];
  if (width === undefined) throw new RangeError(`There is no view box in “${svg.slice(0, 80)}”.`);
  return { width: Number(width), height: Number(height) };
}

const SHADES = 10;
const NEGATIVE = [11, 79, 158] as const;
const POSITIVE = [176, 74, 0] as const;

/** Blue for −1, white for 0, orange for 1, in 21 shades. */
function shadeOf(value: number): string {
  const part = Math.min(1, Math.abs(Math.round(value * SHADES) / SHADES));
  const full = value < 0 ? NEGATIVE : POSITIVE;
  return `rgb(${full.map((channel) => Math.round(255 + part * (channel - 255))).join(',')})`;
}

export interface HeatMap {
  readonly title: string;
  /** n×n, −1 to 1. */
  readonly values: Float64Array;
  readonly labels: readonly string[];
  /** Which row and column stands where. */
  readonly order: readonly number[];
  /** Drawn above, in the same order. */
  readonly merges?: readonly Merge[];
  /** Shades end here instead of at 1. */
  readonly full?: number;
  /** Whether values are written into the cells. */
  readonly isWritten?: boolean;
  readonly cellSize: number;
}

/** A square of shades; labels stand at the left and, where cells are wide, below. */
export function heatMap(options: HeatMap): string {
  const { title, values, labels, order, merges = [], full = 1, isWritten = false, cellSize } = options;
  const n = order.length;
  const side = n * cellSize;
  const left = 92;
  const tree = merges.length > 0 ? 90 : 0;
  const top = tree + 4;
  const fontSize = Math.min(9, cellSize * 0.95);
  const byShade = new Map<string, string[]>();
  const numbers: string[] = [];
  order.forEach((row, y) => {
    order.forEach((column, x) => {
      const value = values[row * labels.length + column];
      if (Number.isNaN(value)) return;
      const shade = shadeOf(value / full);
      const cells = byShade.get(shade) ?? [];
      cells.push(`M${x} ${y}h1v1h-1z`);
      byShade.set(shade, cells);
      if (isWritten)
        numbers.push(
          `<text class="${Math.abs(value / full) > 0.7 ? 'light' : 'mark'}" x="${written(left + (x + 0.5) * cellSize)}" y="${written(top + (y + 0.5) * cellSize + 3)}" text-anchor="middle">${value.toFixed(3).replace('0.', '.')}</text>`,
        );
    });
  });
  const cells = Array.from(byShade, ([shade, paths]) => `<path fill="${shade}" d="${paths.join('')}"/>`);
  const names = order.map(
    (index, y) =>
      `<text x="${left - 3}" y="${written(top + (y + 0.5) * cellSize + fontSize / 3)}" text-anchor="end" font-size="${written(fontSize)}">${escaped(labels[index])}</text>`,
  );
  const below = isWritten
    ? order.map(
        (index, x) =>
          `<text x="${written(left + (x + 0.5) * cellSize)}" y="${written(top + side + 12)}" text-anchor="middle">${escaped(labels[index])}</text>`,
      )
    : [];
  return picture(title, left + side + 8, top + side + (isWritten ? 20 : 8), [
    ...(merges.length > 0 ? [dendrogram(merges, order, left, cellSize, tree)] : []),
    `<g transform="translate(${left} ${top}) scale(${cellSize})" shape-rendering="crispEdges">`,
    ...cells,
    '</g>',
    `<rect class="frame" x="${left}" y="${top}" width="${written(side)}" height="${written(side)}"/>`,
    ...names,
    ...below,
    ...numbers,
  ]);
}

/** Lines of a dendrogram that stands on the cells of `order`. */
function dendrogram(
  merges: readonly Merge[],
  order: readonly number[],
  left: number,
  cellSize: number,
  height: number,
): string {
  const n = order.length;
  const tallest = merges.at(-1)?.height || 1;
  const x = new Float64Array(n + merges.length);
  const y = new Float64Array(n + merges.length).fill(height);
  order.forEach((item, place) => {
    x[item] = left + (place + 0.5) * cellSize;
  });
  const lines = merges.map(({ first, second, height: at }, m) => {
    const joined = height - ((height - 4) * at) / tallest;
    x[n + m] = (x[first] + x[second]) / 2;
    y[n + m] = joined;
    return `M${written(x[first])} ${written(y[first])}V${written(joined)}H${written(x[second])}V${written(y[second])}`;
  });
  return `<path class="tree" d="${lines.join('')}"/>`;
}

export interface NamedHistogram {
  readonly label: string;
  readonly histogram: Histogram;
}

const TILE = { width: 128, height: 62, columns: 6, bars: 40 } as const;

/** Small histograms side by side, least and largest value below each. */
export function histogramGrid(title: string, histograms: readonly NamedHistogram[]): string {
  const parts = histograms.map(({ label, histogram: { from, to, counts } }, i) => {
    const left = (i % TILE.columns) * TILE.width + 6;
    const top = Math.floor(i / TILE.columns) * TILE.height + 12;
    const width = TILE.width - 14;
    const tallest = Math.max(1, ...counts);
    const step = width / counts.length;
    const bars = counts.map((count, bin) => {
      const height = (TILE.bars * count) / tallest;
      return `M${written(left + bin * step)} ${written(top + TILE.bars)}v${written(-height)}h${written(step * 0.9)}v${written(height)}z`;
    });
    return [
      `<text x="${left}" y="${top - 3}" font-size="7.5">${escaped(label)}</text>`,
      `<path class="bars" d="${bars.join('')}"/>`,
      `<path class="grid" d="M${left} ${top + TILE.bars}h${width}"/>`,
      `<text x="${left}" y="${top + TILE.bars + 7}" font-size="6">${tick(from)}</text>`,
      `<text x="${left + width}" y="${top + TILE.bars + 7}" font-size="6" text-anchor="end">${tick(to)}</text>`,
    ].join('');
  });
  return picture(
    title,
    TILE.columns * TILE.width,
    Math.ceil(histograms.length / TILE.columns) * TILE.height + 8,
    parts,
  );
}

/** One line of a plot of cumulative variance. */
export interface CumulativeCurve {
  readonly label: string;
  /** Running sum of shares, 0..1. */
  readonly shares: Float64Array;
}

export function cumulativePlot(title: string, curves: readonly CumulativeCurve[]): string {
  const most = Math.max(...curves.map(({ shares }) => shares.length));
  const plot = new SvgPlot({
    title,
    height: 240,
    x: evenPlotAxis('Number of components', [0, most], Math.max(1, roundUp(most / 10)), String),
    y: evenPlotAxis('Variance, %', [0, 100], 20, String),
  }).line(0, 99, most, 99, 'guide');
  curves.forEach(({ label, shares }, i) => {
    const xs = Array.from({ length: shares.length + 1 }, (_, k) => k);
    plot.curve(xs, [0, ...Array.from(shares, (share) => 100 * share)], ['curve', 'second', 'third'][i % 3]);
    plot.mark(most * 0.98, 52 - 9 * i, `${['whole', 'dashed', 'dotted'][i % 3]} line: ${label}`, 'end');
  });
  return plot.toString();
}

const CURVE_TITLES: Readonly<Record<CurveKind, string>> = {
  eq: 'EQ',
  reverbEq: 'EQ of the reverb',
  decay: 'Decay time of the reverb',
  compression: 'Compressor and expander',
};

function curveAxes(kind: CurveKind, curves: readonly ComponentCurve[]): { x: PlotAxis; y: PlotAxis } {
  switch (kind) {
    case 'eq':
    case 'reverbEq':
      return {
        x: FREQUENCY_PLOT_AXIS,
        y: evenPlotAxis('Gain, dB', [-18, 18], 6, tick),
      };
    case 'decay': {
      const longest = roundUp(Math.max(0.5, ...curves.flatMap(({ curves: of }) => Array.from(of.decay))));
      return {
        x: FREQUENCY_PLOT_AXIS,
        y: evenPlotAxis('T60, s', [0, longest], longest / 5, tick),
      };
    }
    case 'compression':
      return {
        x: evenPlotAxis('Level in, dB', [-80, 0], 20, tick),
        y: evenPlotAxis('Level out, dB', [-80, 10], 20, tick),
      };
    default:
      throw new RangeError(`No curve is called “${String(kind satisfies never)}”.`);
  }
}

/** The mean and both sides of a component in one picture: whole line up, dashed line down. */
export function componentPlot(name: string, kind: CurveKind, curves: readonly ComponentCurve[]): string {
  const plot = new SvgPlot({
    title: `${CURVE_TITLES[kind]} along ${name}`,
    width: 380,
    height: 180,
    ...curveAxes(kind, curves),
  });
  const xs = kind === 'compression' ? CURVE_LEVELS_DB : CURVE_FREQUENCIES_HZ;
  for (const { deviations, curves: of } of curves) {
    const className = deviations === 0 ? 'mean' : deviations > 0 ? 'curve' : 'second';
    plot.curve(xs, of[kind], className);
  }
  return plot.above(CURVE_TITLES[kind], 'start').toString();
}
