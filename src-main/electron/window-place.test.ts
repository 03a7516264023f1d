import { describe, expect, test } from 'vitest';
import { SMALLEST, windowBounds } from './window-place.ts';

const LAPTOP = { x: 0, y: 25, width: 1512, height: 920 };
const LEFT = { x: -2560, y: 0, width: 2560, height: 1440 };

describe('the window opens', () => {
  test.each([
    ['on the only display', { x: 10, y: 40, width: 1200, height: 800 }, [LAPTOP]],
    ['on a display to the left', { x: -2000, y: 100, width: 1600, height: 1000 }, [LAPTOP, LEFT]],
    ['half beyond the edge', { x: 1200, y: 100, width: 1200, height: 800 }, [LAPTOP]],
  ])('where it was, %s', (_, saved, displays) => {
    expect(windowBounds(saved, displays)).toEqual(saved);
  });

  test.each([
    ['whose display is gone', { x: -2000, y: 100, width: 1600, height: 1000 }, [LAPTOP]],
    ['of which only a corner could be seen', { x: 1500, y: 100, width: 1600, height: 1000 }, [LAPTOP]],
    ['with its title above the display', { x: 0, y: -500, width: 1600, height: 1000 }, [LAPTOP]],
    ['with its title below the display', { x: 0, y: 940, width: 1600, height: 1000 }, [LAPTOP]],
  ])('where the system puts it, when it was at a place %s', (_, saved, displays) => {
    expect(windowBounds(saved, displays)).toEqual({ width: 1600, height: 1000 });
  });

  test('at a usual size at first, and never too small', () => {
    expect(windowBounds(null, [LAPTOP])).toEqual({ width: 1440, height: 900 });
    expect(windowBounds({ x: 0, y: 30, width: 5, height: 5 }, [LAPTOP])).toEqual({
      x: 0,
      y: 30,
      ...SMALLEST,
    });
  });
});
