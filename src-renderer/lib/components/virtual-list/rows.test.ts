import { describe, expect, it } from 'vitest';
import { rowAfterKey, rowsInSight, scrollTopFor } from './rows.ts';

const place = { scrollTopPx: 0, heightPx: 200, rowHeightPx: 40, count: 10_000 };

describe('rows of a long list', () => {
  it('draws what is in sight and little more', () => {
    for (const scrollTopPx of [0, 39, 40, 123_456, 10_000 * 40 - 200]) {
      const { from, to } = rowsInSight({ ...place, scrollTopPx });
      expect(from * 40).toBeLessThanOrEqual(scrollTopPx);
      expect(to * 40).toBeGreaterThanOrEqual(scrollTopPx + 200);
      expect(to - from).toBeLessThan(20);
    }
  });

  it('draws no row that is not there', () => {
    expect(rowsInSight({ ...place, count: 3 })).toEqual({ from: 0, to: 3 });
    expect(rowsInSight({ ...place, count: 0 })).toEqual({ from: 0, to: 0 });
    // Filtered down while scrolled to the end.
    const { from, to } = rowsInSight({ ...place, scrollTopPx: 399_800, count: 2 });
    expect([from, to]).toEqual([2, 2]);
  });

  it('scrolls as little as it takes to show a row', () => {
    const at = { ...place, scrollTopPx: 400 };
    expect(scrollTopFor(10, at)).toBe(400);
    expect(scrollTopFor(14, at)).toBe(400);
    expect(scrollTopFor(15, at)).toBe(440);
    expect(scrollTopFor(3, at)).toBe(120);
  });

  it('moves by a row, a page, or to an end', () => {
    expect(rowAfterKey('ArrowDown', 4, place)).toBe(5);
    expect(rowAfterKey('ArrowDown', -1, place)).toBe(0);
    expect(rowAfterKey('ArrowUp', 0, place)).toBe(0);
    expect(rowAfterKey('PageDown', 4, place)).toBe(8);
    expect(rowAfterKey('PageUp', 2, place)).toBe(0);
    expect(rowAfterKey('Home', 77, place)).toBe(0);
    expect(rowAfterKey('End', 77, place)).toBe(9_999);
    expect(rowAfterKey('x', 4, place)).toBeUndefined();
    expect(rowAfterKey('ArrowDown', -1, { ...place, count: 0 })).toBeUndefined();
  });
});
