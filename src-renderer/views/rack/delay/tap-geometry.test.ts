import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CEILING_DB,
  FLOOR_DB,
  brightness,
  feedbackAtLevel,
  gainAtLevel,
  secondLevelDb,
  spanSeconds,
  tapGeometry,
} from './tap-geometry.ts';

describe('the picture of the repeats', () => {
  const sizes = fc.record({
    width: fc.integer({ min: 300, max: 2000 }),
    height: fc.integer({ min: 120, max: 800 }),
    seconds: fc.constantFrom(1, 2, 4),
  });

  it('reads back where it puts times, levels and places', () => {
    fc.assert(
      fc.property(sizes, fc.double({ min: 0, max: 1, noNaN: true }), ({ width, height, seconds }, unit) => {
        const geometry = tapGeometry(width, height, seconds);
        expect(geometry.secondsAt(geometry.xOf(unit * seconds))).toBeCloseTo(unit * seconds, 9);
        const levelDb = FLOOR_DB + unit * (CEILING_DB - FLOOR_DB);
        expect(geometry.levelAt(geometry.yOfLevel(levelDb))).toBeCloseTo(levelDb, 9);
        expect(geometry.panAt(geometry.yOfPan(200 * unit - 100))).toBeCloseTo(200 * unit - 100, 9);
      }),
    );
  });

  it('keeps everything inside, levels over places, with room for handles', () => {
    fc.assert(
      fc.property(sizes, ({ width, height, seconds }) => {
        const geometry = tapGeometry(width, height, seconds);
        expect(geometry.xOf(0)).toBeGreaterThan(20);
        expect(geometry.xOf(seconds)).toBeLessThanOrEqual(width - 12);
        const down = [
          12,
          geometry.yOfLevel(CEILING_DB),
          geometry.yOfLevel(-20),
          geometry.yOfLevel(FLOOR_DB),
          geometry.yOfPan(-100),
          geometry.yOfPan(100),
          height - 11,
        ];
        expect(down).toEqual(down.toSorted((a, b) => a - b));
        expect(geometry.yOfPan(-100) - geometry.yOfLevel(FLOOR_DB)).toBeGreaterThanOrEqual(12);
      }),
    );
  });

  it('holds levels beyond the scale at its ends', () => {
    const geometry = tapGeometry(800, 300, 2);
    expect(geometry.yOfLevel(-Infinity)).toBe(geometry.levelsBottom);
    expect(geometry.yOfLevel(20)).toBe(geometry.levelsTop);
  });

  it('shows what is heard, two repeats at least and twelve at most', () => {
    expect(spanSeconds(400, 0.4)).toBe(1);
    expect(spanSeconds(400, 1.6)).toBe(2);
    expect(spanSeconds(1000, 0)).toBe(3);
    expect(spanSeconds(100, 20)).toBe(1.5);
    expect(spanSeconds(1000, 20)).toBe(4);
    expect(spanSeconds(500, -Infinity)).toBe(1.5);
  });
});

describe('levels that are dragged', () => {
  it('become gains, and none at the floor', () => {
    expect(gainAtLevel(-20)).toBeCloseTo(0.1, 12);
    expect(gainAtLevel(3)).toBe(1);
    expect(gainAtLevel(FLOOR_DB)).toBe(0);
  });

  it('become the feedback that puts the second repeat there', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        (gain, feedback) => {
          expect(feedbackAtLevel(secondLevelDb(gain, feedback), gain, 0.5)).toBeCloseTo(feedback, 9);
        },
      ),
    );
    expect(feedbackAtLevel(0, 0.5, 0.1)).toBe(1);
    expect(feedbackAtLevel(-60, 0.5, 0.1)).toBe(0);
  });

  it('count from the feedback there was where the first repeat is silent', () => {
    expect(secondLevelDb(0, 0.5)).toBe(FLOOR_DB);
    expect(feedbackAtLevel(FLOOR_DB + 6.02, 0, 0.25)).toBeCloseTo(0.5, 3);
    expect(feedbackAtLevel(FLOOR_DB + 6, 0, 0)).toBeGreaterThan(0);
  });
});

it('a repeat is darker the lower its low-passes cut', () => {
  expect(brightness(16_000)).toBe(1);
  expect(brightness(200)).toBe(0);
  expect(brightness(100)).toBe(0);
  expect(brightness(Math.sqrt(200 * 16_000))).toBeCloseTo(0.5, 12);
});
