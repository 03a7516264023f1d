import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellAt, pulledView, settledView, viewAround, viewWith, wholeView, zoomedView } from './heat-view.ts';

const N = 130;
const part = fc.double({ min: 0, max: 0.999, noNaN: true });
const view = fc
  .record({ x: part, y: part, span: part })
  .map(({ x, y, span }) => settledView({ x: x * N, y: y * N, span: span * N }, N));

describe('the view of a heat map', () => {
  it('zooms about the pointer: the cell below it stays', () => {
    fc.assert(
      fc.property(view, part, part, fc.double({ min: 1, max: 3, noNaN: true }), (from, x, y, factor) => {
        const to = zoomedView(from, factor, { x, y }, N);
        expect(to.span).toBeLessThanOrEqual(from.span);
        expect(to.x + x * to.span).toBeCloseTo(from.x + x * from.span, 6);
        expect(to.y + y * to.span).toBeCloseTo(from.y + y * from.span, 6);
      }),
    );
  });

  it('never leaves the square', () => {
    const pull = fc.double({ min: -5, max: 5, noNaN: true });
    fc.assert(
      fc.property(
        view,
        pull,
        pull,
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        (from, dx, dy, factor) => {
          for (const { x, y, span } of [
            pulledView(from, dx, dy, N),
            zoomedView(from, factor, { x: 0.3, y: 0.9 }, N),
          ]) {
            expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
            expect(Math.max(x, y) + span).toBeLessThanOrEqual(N + 1e-9);
            expect(span).toBeGreaterThanOrEqual(6);
          }
        },
      ),
    );
  });

  it('comes back to the whole', () => {
    let at = viewAround({ row: 100, column: 7 }, N);
    expect(at).toEqual({ x: 0.5, y: 93.5, span: 14 });
    for (let step = 0; step < 20; step++) at = zoomedView(at, 0.7, { x: 0.2, y: 0.8 }, N);
    expect(at).toEqual(wholeView(N));
  });

  it('knows the cell at a place', () => {
    expect(cellAt(wholeView(N), { x: 0, y: 0.999 }, N)).toEqual({ row: 129, column: 0 });
    expect(cellAt({ x: 10, y: 20, span: 10 }, { x: 0.55, y: 0.05 }, N)).toEqual({ row: 20, column: 15 });
    expect(cellAt(wholeView(N), { x: 1, y: 0.5 }, N)).toBeNull();
    expect(cellAt(wholeView(N), { x: -0.1, y: 0.5 }, N)).toBeNull();
  });

  it('moves no more than a cell needs', () => {
    const from = { x: 10, y: 20, span: 10 };
    expect(viewWith(from, { row: 25, column: 12 }, N)).toEqual(from);
    expect(viewWith(from, { row: 30, column: 9 }, N)).toEqual({ x: 9, y: 21, span: 10 });
  });

  it('is happy with few cells', () => {
    expect(viewAround({ row: 1, column: 2 }, 4)).toEqual(wholeView(4));
    expect(zoomedView(wholeView(4), 2, { x: 0.5, y: 0.5 }, 4)).toEqual(wholeView(4));
  });
});
