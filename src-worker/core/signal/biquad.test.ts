import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  biquadResponse,
  designBiquad,
  designBiquadWithDerivatives,
  filterBiquad,
  type Biquad,
  type BiquadKind,
} from './biquad.ts';

const KINDS: BiquadKind[] = ['peak', 'lowShelf', 'highShelf', 'lowPass', 'highPass'];
const FS = 44_100;
const vector = ({ b0, b1, b2, a1, a2 }: Biquad): number[] => [b0, b1, b2, a1, a2];
const levelDb = (filter: Biquad, freqHz: number): number => {
  const { re, im } = biquadResponse(filter, freqHz, FS);
  return 20 * Math.log10(Math.hypot(re, im));
};

describe('designs', () => {
  it('a peak has its gain at its frequency and none far away', () => {
    const peak = designBiquad('peak', { gainDb: -7.5, freqHz: 1000, q: 2 }, FS);
    expect(levelDb(peak, 1000)).toBeCloseTo(-7.5, 10);
    expect(levelDb(peak, 0)).toBeCloseTo(0, 10);
    expect(levelDb(peak, FS / 2)).toBeCloseTo(0, 10);
  });

  it('a shelf has its gain on its own side and half of it at its frequency', () => {
    const settings = { gainDb: 9, freqHz: 800, q: 0.707 };
    const low = designBiquad('lowShelf', settings, FS);
    expect(levelDb(low, 0)).toBeCloseTo(9, 10);
    expect(levelDb(low, 800)).toBeCloseTo(4.5, 10);
    expect(levelDb(low, FS / 2)).toBeCloseTo(0, 10);
    const high = designBiquad('highShelf', settings, FS);
    expect(levelDb(high, 0)).toBeCloseTo(0, 10);
    expect(levelDb(high, 800)).toBeCloseTo(4.5, 10);
    expect(levelDb(high, FS / 2)).toBeCloseTo(9, 10);
  });

  it('a pass filter has the level Q at its frequency', () => {
    for (const kind of ['lowPass', 'highPass'] as const) {
      const filter = designBiquad(kind, { gainDb: 0, freqHz: 3000, q: 4 }, FS);
      expect(levelDb(filter, 3000)).toBeCloseTo(20 * Math.log10(4), 10);
      expect(levelDb(filter, kind === 'lowPass' ? 0 : FS / 2)).toBeCloseTo(0, 10);
    }
  });

  it('frequencies are held at 0.49 of the sample rate', () => {
    const held = designBiquadWithDerivatives('peak', { gainDb: 6, freqHz: 18_000, q: 1 }, 16_000);
    expect(held.coefficients).toEqual(designBiquad('peak', { gainDb: 6, freqHz: 7840, q: 1 }, 16_000));
    expect(Array.from(held.byFreqHz, Math.abs)).toEqual([0, 0, 0, 0, 0]);
  });

  it.each(KINDS)('derivatives of %s agree with central differences', (kind) => {
    fc.assert(
      fc.property(
        fc.double({ min: -24, max: 24, noNaN: true }),
        fc.double({ min: 30, max: 17_500, noNaN: true }),
        fc.double({ min: 0.2, max: 20, noNaN: true }),
        (gainDb, freqHz, q) => {
          const settings = { gainDb, freqHz, q };
          const { coefficients, byGainDb, byFreqHz, byQ } = designBiquadWithDerivatives(kind, settings, FS);
          expect(coefficients).toEqual(designBiquad(kind, settings, FS));
          for (const [name, analytic, unit] of [
            ['gainDb', byGainDb, 1],
            ['freqHz', byFreqHz, freqHz],
            ['q', byQ, q],
          ] as const) {
            const h = 1e-4 * unit;
            const at = (step: number): number[] =>
              vector(designBiquad(kind, { ...settings, [name]: settings[name] + step }, FS));
            const [up, down] = [at(h), at(-h)];
            for (let i = 0; i < 5; i++) {
              const difference = (up[i]! - down[i]!) / 2e-4;
              expect(Math.abs(analytic[i]! * unit - difference)).toBeLessThan(
                1e-7 * (1 + Math.abs(difference)),
              );
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('filterBiquad', () => {
  it('is the difference equation, in place as well', () => {
    const filter = designBiquad('lowShelf', { gainDb: 6, freqHz: 150, q: 0.707 }, FS);
    const { b0, b1, b2, a1, a2 } = filter;
    const x = Float64Array.from({ length: 700 }, (_, n) => Math.sin(n * n * 0.01));
    const expected: number[] = [];
    for (let n = 0; n < x.length; n++)
      expected.push(
        b0 * x[n]! +
          b1 * (x[n - 1] ?? 0) +
          b2 * (x[n - 2] ?? 0) -
          a1 * (expected[n - 1] ?? 0) -
          a2 * (expected[n - 2] ?? 0),
      );
    const y = new Float64Array(x.length);
    filterBiquad(filter, x, y);
    filterBiquad(filter, x, x);
    expect(x).toEqual(y);
    for (let n = 0; n < y.length; n++) expect(y[n]).toBeCloseTo(expected[n]!, 10);
  });

  it('has the frequency response it says', () => {
    const filter = designBiquad('peak', { gainDb: 6, freqHz: 5000, q: 1 }, FS);
    const impulse = new Float64Array(2048);
    impulse[0] = 1;
    filterBiquad(filter, impulse, impulse);
    for (const freqHz of [100, 5000, 12_000]) {
      const w = (2 * Math.PI * freqHz) / FS;
      let re = 0;
      let im = 0;
      impulse.forEach((h, n) => {
        re += h * Math.cos(w * n);
        im -= h * Math.sin(w * n);
      });
      const response = biquadResponse(filter, freqHz, FS);
      expect(response.re).toBeCloseTo(re, 10);
      expect(response.im).toBeCloseTo(im, 10);
    }
  });

  it('ends in exact silence after the input does', () => {
    const x = new Float64Array(100_000);
    x[0] = 1;
    filterBiquad(designBiquad('highPass', { gainDb: 0, freqHz: 900, q: 0.5 }, FS), x, x);
    expect(x.subarray(90_000).every((sample) => sample === 0)).toBe(true);
  });

  it('refuses room of another length', () => {
    const filter = designBiquad('peak', { gainDb: 0, freqHz: 900, q: 1 }, FS);
    expect(() => filterBiquad(filter, new Float64Array(4), new Float64Array(5))).toThrow('4 samples');
  });
});
