/** The layers of the map: grid and density, the dots, and what belongs to the setting. */
import { evenTicks } from '#core/plot/axis.ts';
import { drawGrid, LABEL_FONT } from '../../lib/plot/draw.ts';
import type { Drawing } from '../../lib/plot/plot-canvas.svelte';
import { MAP_AXIS, type Point } from './mapping.ts';

const DOT_RADIUS = 3;
const RING_RADIUS = 7;
const LETTER_RADIUS = 7;
/** Beyond this many dots they are drawn fainter, so that they show where many are. */
const MANY = 600;

const TICKS = evenTicks(MAP_AXIS, 1, (value) =>
  value === 0 ? '0' : `${value < 0 ? '−' : '+'}${Math.abs(value)} σ`,
);

/** Grid with the prior's density: its contours at 1, 2 and 3 standard deviations, closed curves of equal likelihood. */
export function drawDensity(drawing: Drawing): void {
  const { context, width, height, colours } = drawing;
  drawGrid(drawing, { axis: MAP_AXIS, ticks: TICKS }, { axis: MAP_AXIS, ticks: TICKS });
  const unitX = (MAP_AXIS.toUnit(1) - MAP_AXIS.toUnit(0)) * width;
  const unitY = (MAP_AXIS.toUnit(1) - MAP_AXIS.toUnit(0)) * height;
  for (const deviations of [3, 2, 1]) {
    context.beginPath();
    context.ellipse(width / 2, height / 2, deviations * unitX, deviations * unitY, 0, 0, 2 * Math.PI);
    context.fillStyle = colours.accent;
    context.globalAlpha = 0.05;
    context.fill();
    context.strokeStyle = colours['plot-spectrum'];
    context.globalAlpha = 0.7;
    context.stroke();
  }
  context.globalAlpha = 1;
}

export interface MapDot extends Point {
  readonly id: string;
  readonly name: string;
  readonly isFavourite: boolean;
  /** Whether it lies where it is drawn, and not further out. */
  readonly isInside: boolean;
}

export function drawDots({ context, colours }: Drawing, dots: readonly MapDot[]): void {
  context.globalAlpha = dots.length > MANY ? 0.5 : 0.9;
  for (const { x, y, isFavourite, isInside } of dots) {
    context.beginPath();
    context.arc(x, y, DOT_RADIUS, 0, 2 * Math.PI);
    const ink = colours[isFavourite ? 'target' : 'processed'];
    if (isInside) {
      context.fillStyle = ink;
      context.fill();
    } else {
      context.strokeStyle = ink;
      context.stroke();
    }
  }
  context.globalAlpha = 1;
}

/** Rings around dots that are selected or pointed at. */
export function drawRings({ context, colours }: Drawing, points: readonly Point[]): void {
  context.beginPath();
  for (const { x, y } of points) {
    context.moveTo(x + RING_RADIUS, y);
    context.arc(x, y, RING_RADIUS, 0, 2 * Math.PI);
  }
  context.strokeStyle = colours.text;
  context.lineWidth = 1.5;
  context.stroke();
}

/** A slot that holds a setting: its letter in a square; or an end of a morph, in a circle. */
export function drawLetter(
  { context, colours }: Drawing,
  { x, y }: Point,
  letter: string,
  kind: 'slot' | 'end',
): void {
  const colour = kind === 'slot' ? 'text-quiet' : 'warn';
  context.fillStyle = colours['plot-ground'];
  context.strokeStyle = colours[colour];
  context.lineWidth = 1.5;
  context.beginPath();
  context.roundRect(
    x - LETTER_RADIUS,
    y - LETTER_RADIUS,
    2 * LETTER_RADIUS,
    2 * LETTER_RADIUS,
    kind === 'slot' ? 3 : LETTER_RADIUS,
  );
  context.fill();
  context.stroke();
  context.font = `600 ${LABEL_FONT}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillStyle = colours[colour];
  context.fillText(letter, x, y + 0.5);
  context.textAlign = 'start';
}

/** The way of a morph. */
export function drawWay({ context, colours }: Drawing, from: Point, to: Point): void {
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.lineTo(to.x, to.y);
  context.strokeStyle = colours.warn;
  context.lineWidth = 1.5;
  context.setLineDash([5, 4]);
  context.stroke();
  context.setLineDash([]);
}
