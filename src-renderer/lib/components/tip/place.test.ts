import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeTip } from './place.ts';

const WINDOW = { width: 1024, height: 700 };
const TIP = { width: 240, height: 60 };

describe('the place of a tip', () => {
  it('is below, in the middle', () => {
    expect(placeTip({ left: 400, top: 100, width: 40, height: 20 }, TIP, WINDOW)).toEqual({
      left: 300,
      top: 126,
    });
  });

  it('is above at the bottom of the window', () => {
    expect(placeTip({ left: 400, top: 680, width: 40, height: 16 }, TIP, WINDOW)?.top).toBe(614);
  });

  it('is inside the window and never on what it is about', () => {
    fc.assert(
      fc.property(
        fc.record({
          left: fc.integer({ min: 0, max: 1000 }),
          top: fc.integer({ min: 0, max: 680 }),
          width: fc.integer({ min: 10, max: 1024 }),
          height: fc.integer({ min: 10, max: 700 }),
        }),
        (about) => {
          const place = placeTip(about, TIP, WINDOW);
          if (!place) return;
          expect(place.left).toBeGreaterThanOrEqual(8);
          expect(place.top).toBeGreaterThanOrEqual(8);
          expect(place.left + TIP.width).toBeLessThanOrEqual(WINDOW.width - 8);
          expect(place.top + TIP.height).toBeLessThanOrEqual(WINDOW.height - 8);
          const isBeside =
            place.left >= about.left + about.width ||
            place.left + TIP.width <= about.left ||
            place.top >= about.top + about.height ||
            place.top + TIP.height <= about.top;
          expect(isBeside).toBe(true);
        },
      ),
    );
  });
});
