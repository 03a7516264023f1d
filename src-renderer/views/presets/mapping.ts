/** Where settings lie on the map: weights of two components, in standard deviations, as CSS pixels of the picture. */
import { linearAxis, type Axis } from '#core/plot/axis.ts';

/** The map shows this many standard deviations to either side. */
export const MAP_DEVIATIONS = 4;
/** What lies further out is marked this far from the edge, in CSS pixels. */
export const EDGE = 9;
/** A dot this near to the pointer, in CSS pixels, is meant. */
const REACH = 9;

export const MAP_AXIS: Axis = linearAxis(-MAP_DEVIATIONS, MAP_DEVIATIONS);

export interface Extent {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

const within = (value: number, size: number): number =>
  Math.min(Math.max(value, EDGE), Math.max(EDGE, size - EDGE));

/** In the picture, also where it lies beyond. */
export function pointOf([x, y]: readonly [number, number], { width, height }: Extent): Point {
  return {
    x: within(MAP_AXIS.toUnit(x) * width, width),
    y: within((1 - MAP_AXIS.toUnit(y)) * height, height),
  };
}

/** Whether weights lie in what the map shows. */
export function isOnMap([x, y]: readonly [number, number]): boolean {
  return Math.abs(x) <= MAP_DEVIATIONS && Math.abs(y) <= MAP_DEVIATIONS;
}

/** Weights of a point, at most those at the edges. */
export function weightsAt({ x, y }: Point, { width, height }: Extent): [number, number] {
  const bounded = (value: number): number => Math.min(MAP_DEVIATIONS, Math.max(-MAP_DEVIATIONS, value));
  return [bounded(MAP_AXIS.toValue(x / width)), bounded(MAP_AXIS.toValue(1 - y / height))];
}

/** The nearest of some points within reach; the last of several equally near, which is drawn on top. */
export function pointedAt<T extends Point>(points: readonly T[], { x, y }: Point): T | null {
  let best: T | null = null;
  let least = REACH ** 2;
  for (const point of points) {
    const squared = (point.x - x) ** 2 + (point.y - y) ** 2;
    if (squared > least) continue;
    least = squared;
    best = point;
  }
  return best;
}

/** Standard deviations as people read them: `+1.2 σ`, `−0.5 σ`. */
export function deviationText(deviations: number): string {
  const size = Math.abs(deviations).toFixed(1);
  const sign = size === '0.0' ? '' : deviations < 0 ? '−' : '+';
  return `${sign}${size} σ`;
}
