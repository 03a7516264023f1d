import { expect, it } from 'vitest';
import { TapTempo } from './tap-tempo.ts';

/** What each of a row of taps answers. */
const tapped = (...timesMs: number[]): (number | null)[] => {
  const tempo = new TapTempo();
  return timesMs.map((timeMs) => tempo.tap(timeMs));
};

it('says the tempo from the second tap on', () => {
  expect(tapped(1000)).toEqual([null]);
  expect(tapped(1000, 1500, 2000)).toEqual([null, 120, 120]);
});

it('evens out an unsteady hand', () => {
  expect(tapped(0, 480, 1010, 1500).at(-1)).toBeCloseTo(120, 9);
});

it('counts the last eight intervals, so that a new tempo is reached', () => {
  const slow = Array.from({ length: 8 }, (_, i) => 1000 * i);
  const quick = Array.from({ length: 8 }, (_, i) => 7000 + 500 * (i + 1));
  expect(tapped(...slow).at(-1)).toBeCloseTo(60, 9);
  expect(tapped(...slow, ...quick).at(-1)).toBeCloseTo(120, 9);
  expect(tapped(...slow, ...quick.slice(0, -1)).at(-1)).toBeCloseTo((60 * 8) / 4.5, 9);
});

it('begins anew after a pause', () => {
  expect(tapped(0, 500, 2501, 3101)).toEqual([null, 120, null, 100]);
  expect(tapped(0, 2000)).toEqual([null, 30]);
});
