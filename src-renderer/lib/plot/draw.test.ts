import { linearAxis } from '#core/plot/axis.ts';
import { describe, expect, it } from 'vitest';
import { traceCurve } from './draw.ts';
import type { Drawing } from './plot-canvas.svelte';

/** A picture of 100 × 100 that remembers where its pen went. */
function recorded(): { drawing: Drawing; path: string[] } {
  const path: string[] = [];
  const context = {
    moveTo: (x: number, y: number) => path.push(`M${x} ${y}`),
    lineTo: (x: number, y: number) => path.push(`L${x} ${y}`),
  } as unknown as CanvasRenderingContext2D;
  return { drawing: { context, width: 100, height: 100, colours: {} as Drawing['colours'] }, path };
}

describe('a traced curve', () => {
  const axis = linearAxis(0, 10);

  it('goes through its points, up is more', () => {
    const { drawing, path } = recorded();
    traceCurve(drawing, { x: [0, 5, 10], y: [0, 10, 5] }, axis, axis);
    expect(path).toEqual(['M0 100', 'L50 0', 'L100 50']);
  });

  it('falls out of the picture at −∞ and has a gap where there is no number', () => {
    const { drawing, path } = recorded();
    traceCurve(drawing, { x: [0, 1, 2, 3, 4], y: [5, -Infinity, NaN, 5, 5] }, axis, axis);
    expect(path).toEqual(['M0 50', 'L10 10100', 'M30 50', 'L40 50']);
  });
});
