import { beforeAll, describe, expect, it } from 'vitest';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { openStreamKernels } from '#engine/realtime-chain.ts';
import { defaultsWith, processAll } from '../../../test-support/effect-contract.ts';
import { realFft } from '../../signal/fft.ts';
import type { StreamKernels } from '../processor.ts';
import { EQ_BAND_IDS } from './bands.ts';
import { eqParameters } from './params.ts';
import { EqProcessor } from './realtime.ts';
import { eqBandResponseDb, eqResponseDb } from './response.ts';

const LENGTH = 2 ** 18;
const TOLERANCE_DB = 0.01;
const settings: readonly (readonly [string, readonly number[]])[] = [
  ['busy', [6, 300, 3, -9, 5000, 0.4, 4, 60, -7, 3000, 14_000, 1.5, 30, 5]],
  ['narrow', [18, 60, 15, -24, 17_500, 20, -12, 200, 12, 8300, 18_000, 0.5, 60, 10]],
  ['default', defaultsWith(eqParameters)],
];

describe('the EQ’s curve', () => {
  let kernels: StreamKernels;
  const transform = realFft(LENGTH);
  beforeAll(async () => {
    kernels = openStreamKernels(await loadKernelModule());
  });

  /** Bins and what the equaliser does to an impulse there, from 10 Hz to just below half the rate. */
  function measured(
    values: readonly number[],
    rate: number,
  ): { freqHz: Float64Array; levelDb: Float64Array } {
    const processor = new EqProcessor(kernels, rate);
    processor.set(values);
    const impulse = new Float32Array(LENGTH);
    impulse[0] = 1;
    const [response] = processAll(processor, [impulse]);
    const re = new Float64Array(transform.bins);
    const im = new Float64Array(transform.bins);
    transform.forward(Float64Array.from(response!), re, im);
    const bins = Array.from({ length: 300 }, (_, i) =>
      Math.round((10 * ((0.495 * rate) / 10) ** (i / 299) * LENGTH) / rate),
    );
    return {
      freqHz: Float64Array.from(bins, (bin) => (bin * rate) / LENGTH),
      levelDb: Float64Array.from(bins, (bin) => 20 * Math.log10(Math.hypot(re[bin]!, im[bin]!))),
    };
  }

  describe.each([44_100, 48_000, 96_000])('at %i Hz', (rate) => {
    it.each(settings)('is what an impulse gives (%s)', (_, values) => {
      const { freqHz, levelDb } = measured(values, rate);
      const drawn = eqResponseDb(values, [], freqHz, rate);
      freqHz.forEach((hz, i) => {
        // Far down, an impulse in single precision tells less.
        if (drawn[i]! > -90)
          expect(Math.abs(drawn[i]! - levelDb[i]!), `${hz} Hz: ${drawn[i]} dB`).toBeLessThan(TOLERANCE_DB);
      });
    });

    it('is the sum of its bands', () => {
      const [, values] = settings[0]!;
      const freqHz = Float64Array.from({ length: 60 }, (_, i) => 20 * 1000 ** (i / 59));
      const sum = eqResponseDb(values, ['eq.pk2', 'eq.hp', 'comp'], freqHz, rate);
      const bands = EQ_BAND_IDS.filter((band) => band !== 'eq.pk2' && band !== 'eq.hp').map((band) =>
        eqBandResponseDb(values, band, freqHz, rate),
      );
      sum.forEach((db, i) =>
        expect(db).toBeCloseTo(
          bands.reduce((total, band) => total + band[i]!, 0),
          9,
        ),
      );
    });
  });

  it('has each band’s gain where the band is', () => {
    const values = defaultsWith(eqParameters, { 'eq.pk1.gain': 7, 'eq.ls.gain': -5, 'eq.hs.gain': 4 });
    const at = (band: (typeof EQ_BAND_IDS)[number], hz: number): number =>
      eqBandResponseDb(values, band, [hz], 96_000)[0]!;
    expect(at('eq.pk1', 800)).toBeCloseTo(7, 6);
    expect(at('eq.ls', 1)).toBeCloseTo(-5, 3);
    expect(at('eq.hs', 47_999)).toBeCloseTo(4, 3);
    expect(at('eq.hp', 200)).toBeCloseTo(-3.01, 1);
    expect(at('eq.pk2', 300)).toBe(0);
  });

  it('is −∞ above half the sample rate, with bands or without', () => {
    const values = settings[0]![1];
    expect(eqResponseDb(values, [], [7999, 8000, 8001, 20_000], 16_000).slice(2)).toEqual(
      Float64Array.of(-Infinity, -Infinity),
    );
    expect(eqResponseDb(values, EQ_BAND_IDS, [7999, 8001], 16_000)).toEqual(Float64Array.of(0, -Infinity));
  });
});
