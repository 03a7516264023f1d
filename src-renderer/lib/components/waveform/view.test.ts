import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fractionAt,
  pageTo,
  rulerTicks,
  scrolled,
  secondsAt,
  spanOf,
  viewAround,
  wheelZoom,
  wholeView,
  zoomed,
  type View,
} from './view.ts';

const extent = { durationSeconds: 180, shortestSeconds: 0.001 };

const anyView: fc.Arbitrary<View> = fc
  .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 1e-4, max: 1, noNaN: true }))
  .map(([at, part]) => zoomed(wholeView(extent), part, at, extent));

describe('zoom and scroll', () => {
  it('keep what is under the pointer where it is, away from the ends', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.3, max: 0.7, noNaN: true }),
        fc.double({ min: 0.2, max: 0.99, noNaN: true }),
        (fraction, factor) => {
          const before = { startSeconds: 60, endSeconds: 120 };
          const after = zoomed(before, factor, fraction, extent);
          expect(spanOf(after)).toBeCloseTo(60 * factor, 9);
          expect(secondsAt(after, fraction)).toBeCloseTo(secondsAt(before, fraction), 9);
        },
      ),
    );
  });

  it('never leave the sound, nor show more than all or less than the shortest', () => {
    const length = fc.double({ min: -400, max: 400, noNaN: true });
    fc.assert(
      fc.property(anyView, length, fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (view, by, factor) => {
        for (const after of [
          scrolled(view, by, extent),
          zoomed(view, factor, 0.5, extent),
          pageTo(view, by, extent),
          viewAround(by, by + 3, extent),
        ]) {
          expect(after.startSeconds).toBeGreaterThanOrEqual(0);
          expect(after.endSeconds).toBeLessThanOrEqual(180 + 1e-9);
          expect(spanOf(after)).toBeGreaterThanOrEqual(0.001 - 1e-9);
        }
        expect(spanOf(scrolled(view, by, extent))).toBeCloseTo(spanOf(view), 9);
      }),
    );
  });

  it('go in and out by the wheel', () => {
    expect(wheelZoom({ deltaY: 100, deltaMode: 0 })).toBeGreaterThan(1.2);
    expect(wheelZoom({ deltaY: -3, deltaMode: 1 })).toBeLessThan(0.8);
    expect(wheelZoom({ deltaY: 100, deltaMode: 0 }) * wheelZoom({ deltaY: -100, deltaMode: 0 })).toBeCloseTo(
      1,
      12,
    );
  });

  it('show a loop with room around it', () => {
    expect(viewAround(20, 40, extent)).toEqual({ startSeconds: 19, endSeconds: 41 });
    expect(fractionAt({ startSeconds: 20, endSeconds: 40 }, 25)).toBe(0.25);
  });

  it('show nothing of nothing', () => {
    const empty = { durationSeconds: 0, shortestSeconds: 0.001 };
    expect(wholeView(empty)).toEqual({ startSeconds: 0, endSeconds: 0 });
    expect(rulerTicks(wholeView(empty), 800)).toEqual([]);
  });
});

describe('the ruler', () => {
  const labels = (startSeconds: number, endSeconds: number, width = 1000): (string | null)[] =>
    rulerTicks({ startSeconds, endSeconds }, width)
      .map(({ text }) => text)
      .filter((text) => text !== null);

  it('labels round times', () => {
    expect(labels(0, 60).slice(0, 4)).toEqual(['0:00', '0:05', '0:10', '0:15']);
    expect(labels(0, 180)).toContain('2:45');
    expect(labels(0, 10_800)).toContain('1:15:00');
    expect(labels(12.3, 13.3)).toContain('0:12.5');
    expect(labels(1, 1.001)).toContain('0:01.0005');
  });

  it('keeps labels apart at every zoom, and has some', () => {
    fc.assert(
      fc.property(anyView, fc.integer({ min: 300, max: 2500 }), (view, width) => {
        const ticks = rulerTicks(view, width, 76);
        expect(ticks.length).toBeLessThan((width / 76) * 5 + 6);
        const at = ticks
          .filter(({ text }) => text !== null)
          .map(({ seconds }) => fractionAt(view, seconds) * width);
        expect(ticks.length).toBeGreaterThan(2);
        for (let i = 1; i < at.length; i++) expect(at[i]! - at[i - 1]!).toBeGreaterThan(75.9);
      }),
    );
  });
});
