import { describe, expect, it } from 'vitest';
import { TimeRing } from './level-history-ring.ts';

describe('a ring of rows', () => {
  it('keeps the last ones in order', () => {
    const ring = new TimeRing(3, 2);
    for (let i = 0; i < 5; i++) ring.push(i, 10 * i, 100 * i);
    expect(ring.length).toBe(3);
    expect([0, 1, 2].map((row) => [ring.time(row), ring.value(row, 0), ring.value(row, 1)])).toEqual([
      [2, 20, 200],
      [3, 30, 300],
      [4, 40, 400],
    ]);
  });

  it('has nothing beyond its rows, and nothing once cleared', () => {
    const ring = new TimeRing(3, 1);
    ring.push(7, 1);
    expect(ring.time(-1)).toBeNaN();
    expect(ring.time(1)).toBeNaN();
    expect(ring.value(1, 0)).toBeNaN();
    ring.push(8);
    expect(ring.value(1, 0)).toBeNaN();
    ring.clear();
    expect(ring.length).toBe(0);
    expect(ring.time(0)).toBeNaN();
    ring.push(9, 3);
    expect([ring.time(0), ring.value(0, 0)]).toEqual([9, 3]);
  });
});
