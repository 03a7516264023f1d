/** The heat map of correlations: its cells as one small picture that is enlarged, its dendrogram, and its labels. */
import { effectGroupOf } from '#core/prior/dimensions.ts';
import type { Merge } from '#core/prior/clustering.ts';
import { LABEL_FONT } from '../../../lib/plot/draw.ts';
import type { Drawing } from '../../../lib/plot/plot-canvas.svelte';
import type { Colours } from '../../../lib/theme/theme.svelte.ts';
import type { Cell, HeatView } from './heat-view.ts';

/** Where things are in the picture, in CSS pixels. */
export interface HeatPlace {
  readonly left: number;
  readonly top: number;
  /** Of the square. */
  readonly side: number;
}

/** Names fit beside cells that are this high. */
const NAMED_CELL = 10;
const NAMED_RUN = 11;
const LEFT = 84;
const RIGHT = 8;
const TREE = 34;
const BELOW = 78;
/** Pictures lower than this have no room for names below. */
const LEAST_HEIGHT_WITH_NAMES = 330;

/** The width that a picture of this height can use, at most `most`. @param hasTree whether a dendrogram stands above */
export function widthFor(height: number, most: number, hasTree: boolean): number {
  const { left, side } = placeIn(Infinity, height, hasTree);
  return Math.min(most, left + side + RIGHT);
}

/** @param hasTree whether a dendrogram stands above */
export function placeIn(width: number, height: number, hasTree: boolean): HeatPlace {
  const top = hasTree ? TREE : 4;
  const below = height < LEAST_HEIGHT_WITH_NAMES ? 4 : BELOW;
  return { left: LEFT, top, side: Math.max(40, Math.min(width - LEFT - RIGHT, height - top - below)) };
}

type Rgb = readonly [number, number, number];

function rgbOf(hex: string): Rgb {
  const value = parseInt(hex.trim().slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** −1 is the left channel's colour, 0 the ground, 1 the right channel's. */
function shadesOf(colours: Colours): (value: number) => Rgb {
  const [ground, negative, positive] = [
    colours['plot-ground'],
    colours['plot-left'],
    colours['plot-right'],
  ].map(rgbOf) as [Rgb, Rgb, Rgb];
  return (value) => {
    const full = value < 0 ? negative : positive;
    const part = Math.min(1, Math.abs(value));
    return ground.map((channel, i) => Math.round(channel + part * (full[i]! - channel))) as unknown as Rgb;
  };
}

/** One pixel a cell. */
export function cellsOf(rho: Float64Array, order: readonly number[], colours: Colours): HTMLCanvasElement {
  const n = order.length;
  const canvas = Object.assign(document.createElement('canvas'), { width: n, height: n });
  const shade = shadesOf(colours);
  const image = new ImageData(n, n);
  order.forEach((row, y) => {
    order.forEach((column, x) => {
      image.data.set([...shade(rho[row * n + column]!), 255], 4 * (y * n + x));
    });
  });
  canvas.getContext('2d')!.putImageData(image, 0, 0);
  return canvas;
}

export interface HeatPicture {
  readonly cells: HTMLCanvasElement;
  readonly ids: readonly string[];
  readonly order: readonly number[];
  /** Drawn above; empty where the order is the signal's. */
  readonly merges: readonly Merge[];
  readonly view: HeatView;
}

export function drawHeat(drawing: Drawing, picture: HeatPicture, place: HeatPlace): void {
  const { context, colours } = drawing;
  const { cells, view, merges } = picture;
  const { left, top, side } = place;
  context.imageSmoothingEnabled = false;
  context.drawImage(cells, view.x, view.y, view.span, view.span, left, top, side, side);
  if (merges.length > 0) drawTree(drawing, picture, place);
  context.strokeStyle = colours['line-strong'];
  context.lineWidth = 1;
  context.strokeRect(left - 0.5, top - 0.5, side + 1, side + 1);
  drawNames(drawing, picture, place);
}

function drawTree({ context, colours }: Drawing, picture: HeatPicture, { left, top, side }: HeatPlace): void {
  const { order, merges, view } = picture;
  const n = order.length;
  const cell = side / view.span;
  const tallest = merges.at(-1)!.height || 1;
  const foot = top - 3;
  const x = new Float64Array(n + merges.length);
  const y = new Float64Array(n + merges.length).fill(foot);
  order.forEach((item, at) => {
    x[item] = left + (at + 0.5 - view.x) * cell;
  });
  context.save();
  context.beginPath();
  context.rect(left, 0, side, top);
  context.clip();
  context.beginPath();
  merges.forEach(({ first, second, height }, m) => {
    const joined = foot - ((foot - 3) * height) / tallest;
    x[n + m] = (x[first]! + x[second]!) / 2;
    y[n + m] = joined;
    context.moveTo(x[first]!, y[first]!);
    context.lineTo(x[first]!, joined);
    context.lineTo(x[second]!, joined);
    context.lineTo(x[second]!, y[second]!);
  });
  context.strokeStyle = colours['text-quiet'];
  context.lineWidth = 0.75;
  context.stroke();
  context.restore();
}

function drawNames(drawing: Drawing, picture: HeatPicture, { left, top, side }: HeatPlace): void {
  const { context, height, colours } = drawing;
  const { ids, order, view, merges } = picture;
  const cell = side / view.span;
  context.font = LABEL_FONT;
  context.fillStyle = colours['text-quiet'];
  context.textBaseline = 'middle';
  context.save();
  context.beginPath();
  context.rect(0, top, left, side);
  context.rect(left, top + side, side, height - top - side);
  context.clip();
  if (cell >= NAMED_CELL) {
    const hasBelow = height - top - side > BELOW / 2;
    for (
      let at = Math.floor(view.x < view.y ? view.x : view.y);
      at < Math.min(order.length, Math.max(view.x, view.y) + view.span);
      at++
    ) {
      const name = ids[order[at]!]!;
      context.textAlign = 'right';
      context.fillText(name, left - 4, top + (at + 0.5 - view.y) * cell, left - 6);
      if (!hasBelow) continue;
      context.save();
      context.translate(left + (at + 0.5 - view.x) * cell, top + side + 4);
      context.rotate(-Math.PI / 2);
      context.fillText(name, 0, 0, BELOW - 6);
      context.restore();
    }
  } else if (merges.length === 0) drawGroups(drawing, picture, { left, top, side });
  context.restore();
  context.textAlign = 'start';
}

/** The parts of the chain along the left edge, in signal order. */
function drawGroups({ context }: Drawing, picture: HeatPicture, { left, top, side }: HeatPlace): void {
  const { ids, view } = picture;
  const cell = side / view.span;
  let from = 0;
  ids.forEach((id, at) => {
    const group = effectGroupOf(id);
    const next = ids[at + 1];
    if (next !== undefined && effectGroupOf(next) === group) return;
    const start = top + (from - view.y) * cell;
    const end = top + (at + 1 - view.y) * cell;
    from = at + 1;
    context.fillRect(left - 4, start + 1, 2, Math.max(1, end - start - 2));
    if (end - start < NAMED_RUN) return;
    const middle = (Math.max(start, top) + Math.min(end, top + side)) / 2;
    context.textAlign = 'right';
    context.fillText(group, left - 8, middle);
  });
}

/** A frame around a cell, with lines to its names. */
export function drawCellMark(
  { context, colours }: Drawing,
  { row, column }: Cell,
  view: HeatView,
  { left, top, side }: HeatPlace,
  isChosen: boolean,
): void {
  const cell = side / view.span;
  const x = left + (column - view.x) * cell;
  const y = top + (row - view.y) * cell;
  context.save();
  context.beginPath();
  context.rect(left, top, side, side);
  context.clip();
  context.strokeStyle = colours.text;
  context.globalAlpha = isChosen ? 0.9 : 0.45;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(left, y + cell / 2);
  context.lineTo(x, y + cell / 2);
  context.moveTo(x + cell / 2, y + cell);
  context.lineTo(x + cell / 2, top + side);
  context.stroke();
  context.globalAlpha = 1;
  context.lineWidth = isChosen ? 2 : 1.25;
  const room = Math.max(cell, 5);
  context.strokeRect(x + cell / 2 - room / 2 - 1, y + cell / 2 - room / 2 - 1, room + 2, room + 2);
  context.restore();
}
