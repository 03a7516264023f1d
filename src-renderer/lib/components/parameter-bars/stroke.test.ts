import { describe, expect, it } from 'vitest';
import { crossingAt, strokeBetween } from './stroke.ts';

describe('a stroke over bars', () => {
  const box = { left: 100, top: 50, width: 490, height: 80 };

  it('finds the bar and the height under the pointer, also outside', () => {
    expect(crossingAt({ clientX: 125, clientY: 70 }, box, 49)).toEqual({ bar: 2, position: 0.75 });
    expect(crossingAt({ clientX: 0, clientY: 500 }, box, 49)).toEqual({ bar: 0, position: 0 });
    expect(crossingAt({ clientX: 9999, clientY: 0 }, box, 49)).toEqual({ bar: 48, position: 1 });
  });

  it('leaves no bar out when the pointer is quick, in both directions', () => {
    expect(strokeBetween({ bar: 3, position: 0 }, { bar: 6, position: 0.6 })).toEqual([
      { bar: 4, position: expect.closeTo(0.2, 12) as number },
      { bar: 5, position: expect.closeTo(0.4, 12) as number },
      { bar: 6, position: 0.6 },
    ]);
    expect(strokeBetween({ bar: 2, position: 1 }, { bar: 0, position: 0 }).map(({ bar }) => bar)).toEqual([
      1, 0,
    ]);
    expect(strokeBetween({ bar: 2, position: 1 }, { bar: 2, position: 0.5 })).toEqual([
      { bar: 2, position: 0.5 },
    ]);
  });
});
