import { describe, expect, it } from 'vitest';
import { HIGHEST_DB, LOWEST_DB, SILENT_READING, meterFraction, nextReading } from './ballistics.ts';

describe('a level meter', () => {
  it('rises at once and falls steadily to silence', () => {
    let reading = nextReading(SILENT_READING, -6, -12, 1 / 60);
    expect([reading.peakDb, reading.rmsDb]).toEqual([-6, -12]);
    reading = nextReading(reading, -Infinity, -Infinity, 0.5);
    expect([reading.peakDb, reading.rmsDb]).toEqual([-18, -24]);
    reading = nextReading(reading, -Infinity, -Infinity, 3);
    expect(reading.peakDb).toBe(-Infinity);
  });

  it('holds the highest peak, then lets it fall', () => {
    let reading = nextReading(SILENT_READING, -3, -12, 0.1);
    reading = nextReading(reading, -20, -20, 1.4);
    expect(reading.holdDb).toBe(-3);
    reading = nextReading(reading, -20, -20, 0.2);
    expect(reading.holdDb).toBeCloseTo(-3 - 24 * 0.2, 9);
    reading = nextReading(reading, -1, -20, 0.1);
    expect(reading.holdDb).toBe(-1);
    expect(nextReading(reading, -20, -20, 1.4).holdDb).toBe(-1);
  });

  it('has a scale that rises all the way', () => {
    expect(meterFraction(-Infinity)).toBe(0);
    expect(meterFraction(NaN)).toBe(0);
    expect(meterFraction(LOWEST_DB)).toBe(0);
    expect(meterFraction(HIGHEST_DB)).toBe(1);
    expect(meterFraction(20)).toBe(1);
    for (let db = LOWEST_DB; db < HIGHEST_DB; db++)
      expect(meterFraction(db + 1)).toBeGreaterThan(meterFraction(db));
  });
});
