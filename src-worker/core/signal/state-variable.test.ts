import { describe, expect, it } from 'vitest';
import { noise } from '../../test-support/effect-contract.ts';
import { designBiquad, filterBiquad, type FilterSettings } from './biquad.ts';
import {
  STATE_VARIABLE_NUMBERS,
  biquadFromState,
  filterPlace,
  stateFromBiquad,
  writeStateVariable,
} from './state-variable.ts';

const FS = 44_100;
const FILTERS: readonly FilterSettings[] = [
  { kind: 'peak', gainDb: 12, freqHz: 800, q: 3 },
  { kind: 'peak', gainDb: -24, freqHz: 40, q: 12 },
  { kind: 'lowShelf', gainDb: 9, freqHz: 120, q: 0.707 },
  { kind: 'lowShelf', gainDb: -15, freqHz: 300, q: 0.707 },
  { kind: 'highShelf', gainDb: 6, freqHz: 8000, q: 0.707 },
  { kind: 'highShelf', gainDb: -18, freqHz: 1500, q: 0.707 },
  { kind: 'lowPass', gainDb: 0, freqHz: 200, q: 0.5 },
  { kind: 'lowPass', gainDb: 0, freqHz: 18_000, q: 8 },
  { kind: 'highPass', gainDb: 0, freqHz: 30_000, q: 0.7 },
  { kind: 'highPass', gainDb: 0, freqHz: 20, q: 0.7 },
];

/** The filter as the file's equations say, from states i1, i2; returns the output and the states after it. */
function stateVariable(settings: FilterSettings, x: ArrayLike<number>, states: readonly number[]) {
  const numbers = new Float64Array(STATE_VARIABLE_NUMBERS);
  writeStateVariable(settings.kind, Float64Array.from(filterPlace(settings, FS)), 0, FS, numbers, 0);
  const [g, k, m0, m1, m2] = numbers as unknown as [number, number, number, number, number];
  let [i1, i2] = states as [number, number];
  const c1 = 1 / (1 + g * (g + k));
  const y = Float64Array.from(x, (sample) => {
    const v1 = c1 * i1 + g * c1 * (sample - i2);
    const v2 = i2 + g * v1;
    i1 = 2 * v1 - i1;
    i2 = 2 * v2 - i2;
    return m0 * sample + m1 * v1 + m2 * v2;
  });
  return { numbers, y, states: [i1, i2] as const };
}

describe.each(FILTERS)('$kind at $freqHz Hz, $gainDb dB, Q $q', (settings) => {
  const x = noise(4000);
  const biquad = designBiquad(settings.kind, settings, FS);
  const expected = new Float64Array(x.length);
  filterBiquad(biquad, Float64Array.from(x), expected);

  it('filters as the biquad does', () => {
    stateVariable(settings, x, [0, 0]).y.forEach((y, n) =>
      expect(Math.abs(y - expected[n]!)).toBeLessThan(1e-9),
    );
  });

  it('hands the sound to the biquad and takes it back', () => {
    const { b0, b1, b2, a1, a2 } = biquad;
    const { numbers, states } = stateVariable(settings, x.subarray(0, 1000), [0, 0]);
    const handed = new Float64Array(2);
    biquadFromState(...states, a1, numbers, 0, handed, 0, 1);
    let [s1, s2] = handed as unknown as [number, number];
    for (let n = 1000; n < 2000; n++) {
      const y = b0 * x[n]! + s1;
      expect(Math.abs(y - expected[n]!)).toBeLessThan(1e-9);
      s1 = b1 * x[n]! - a1 * y + s2;
      s2 = b2 * x[n]! - a2 * y;
    }
    stateFromBiquad(s1, s2, a1, numbers, 0, handed, 0, 1);
    stateVariable(settings, x.subarray(2000), Array.from(handed)).y.forEach((y, n) =>
      expect(Math.abs(y - expected[2000 + n]!)).toBeLessThan(1e-8),
    );
  });
});

it('starts from rest where the biquad has no state to tell', () => {
  const flat = { kind: 'peak', gainDb: 0, freqHz: 1000, q: 1 } as const;
  const { numbers } = stateVariable(flat, [0], [0, 0]);
  const states = Float64Array.of(NaN, NaN);
  stateFromBiquad(1e-17, -1e-17, -1.9, numbers, 0, states, 0, 1);
  expect([...states]).toEqual([0, 0]);
});
