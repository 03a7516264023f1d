import { beforeAll, describe, expect, it } from 'vitest';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { openStreamKernels } from '#engine/realtime-chain.ts';
import { defaultsWith, processAll } from '../../../test-support/effect-contract.ts';
import type { StreamKernels } from '../processor.ts';
import { delayParameters } from './params.ts';
import { DelayProcessor } from './realtime.ts';
import { delayTapResponseDb, delayTaps } from './response.ts';

/** Time, feedback, gain, low-pass frequency and Q, odd pan, even pan. */
const settings: readonly (readonly [string, readonly number[]])[] = [
  ['wide', [123.457, 0.6, 0.8, 7000, 0.6, 0.2, 0.9]],
  ['dark', [150, 0.8, 0.5, 900, 0.5, 0.4, 0.5]],
  ['resonant', [211.11, 1, 0.3, 5000, 2, 0, 1]],
];
const options = { floorDb: -60, longestSeconds: 0.9 };

describe('the delay’s taps', () => {
  let kernels: StreamKernels;
  beforeAll(async () => {
    kernels = openStreamKernels(await loadKernelModule());
  });

  function impulseResponse(values: readonly number[], rate: number): Float32Array[] {
    const processor = new DelayProcessor(kernels, rate);
    processor.set(values);
    const impulse = new Float32Array(rate);
    impulse[0] = 1;
    return processAll(processor, [impulse]);
  }

  /** |Fourier transform| of the response from half a repeat before `centre` to half a repeat after, in dB. */
  function levelDb(
    response: Float32Array,
    centre: number,
    spacing: number,
    hz: number,
    rate: number,
  ): number {
    let re = 0;
    let im = 0;
    const from = Math.round(centre - spacing / 2);
    for (let n = from; n < Math.min(from + spacing, response.length); n++) {
      const angle = (2 * Math.PI * hz * (n - from)) / rate;
      re += response[n]! * Math.cos(angle);
      im -= response[n]! * Math.sin(angle);
    }
    return 20 * Math.log10(Math.hypot(re, im));
  }

  /** Where the response around `centre` has its middle, in samples. */
  function centroid(response: Float32Array, centre: number, spacing: number): number {
    let sum = 0;
    let moment = 0;
    const from = Math.round(centre - spacing / 2);
    for (let n = from; n < Math.min(from + spacing, response.length); n++) {
      sum += response[n]!;
      moment += response[n]! * (n - centre);
    }
    return centre + moment / sum;
  }

  describe.each([44_100, 96_000])('at %i Hz', (rate) => {
    it.each(settings)('come when and as loud as an impulse’s repeats (%s)', (_, values) => {
      const response = impulseResponse(values, rate);
      const taps = delayTaps(values, { ...options, sampleRateHz: rate });
      expect(taps.map(({ number }) => number)).toEqual(taps.map((_, i) => i + 1));
      expect(taps.length).toBeGreaterThan(3);
      const spacing = Math.floor((values[0]! / 1000) * rate);
      for (const tap of taps) {
        const centre = tap.timeSeconds * rate;
        [tap.leftDb, tap.rightDb].forEach((drawn, channel) => {
          const found = levelDb(response[channel]!, centre, spacing, 0, rate);
          if (drawn > -100)
            expect(Math.abs(drawn - found), `repeat ${tap.number}: ${drawn} dB`).toBeLessThan(0.05);
          else expect(found).toBeLessThan(-100);
        });
        // Its middle, less the delay of the low-pass at low frequencies: 1 / (2 Q tan(ω0/2)) samples a passage.
        const filterSamples = 1 / (2 * values[4]! * Math.tan((Math.PI * values[3]!) / rate));
        const middle = centroid(response[tap.leftDb > tap.rightDb ? 0 : 1]!, centre, spacing);
        expect(Math.abs(middle - centre - tap.number * filterSamples)).toBeLessThan(0.2);
      }
    });

    it.each(settings)('are coloured like them (%s)', (_, values) => {
      const [left, right] = impulseResponse(values, rate) as [Float32Array, Float32Array];
      const freqHz = Float64Array.from({ length: 40 }, (_, i) => 40 * 500 ** (i / 39));
      const spacing = Math.floor((values[0]! / 1000) * rate);
      for (const tap of delayTaps(values, { ...options, sampleRateHz: rate })) {
        const drawn = delayTapResponseDb(values, tap.number, freqHz, rate);
        const [channel, passedDb] = tap.leftDb > tap.rightDb ? [left, tap.leftDb] : [right, tap.rightDb];
        freqHz.forEach((hz, i) => {
          if (passedDb + drawn[i]! < -85) return;
          const found = levelDb(channel, tap.timeSeconds * rate, spacing, hz, rate) - passedDb;
          expect(Math.abs(drawn[i]! - found), `repeat ${tap.number}, ${hz} Hz`).toBeLessThan(0.1);
        });
        const [atCutoff] = delayTapResponseDb(values, tap.number, [tap.cutoffHz], rate);
        expect(atCutoff).toBeCloseTo(-3.01, 1);
      }
    });
  });

  it('stop where they are too quiet or too late', () => {
    const values = defaultsWith(delayParameters, {
      'delay.time': 100,
      'delay.feedback': 0.5,
      'delay.gain': 1,
    });
    const taps = (floorDb: number, longestSeconds: number) =>
      delayTaps(values, { sampleRateHz: 44_100, floorDb, longestSeconds });
    // In the middle both sides have the direct sound's level; each repeat is 6.02 dB down.
    expect(taps(-30.2, 9)).toHaveLength(6);
    expect(taps(-30, 9)).toHaveLength(5);
    expect(taps(-90, 0.75)).toHaveLength(7);
    expect(taps(-90, 0)).toHaveLength(0);
    const silent = defaultsWith(delayParameters, { 'delay.gain': 0 });
    expect(delayTaps(silent, { ...options, sampleRateHz: 44_100 })).toEqual([]);
  });

  it('has one tap without feedback and finitely many with all of it', () => {
    const one = defaultsWith(delayParameters, { 'delay.feedback': 0 });
    expect(delayTaps(one, { floorDb: -90, longestSeconds: 9, sampleRateHz: 48_000 })).toHaveLength(1);
    const all = defaultsWith(delayParameters, { 'delay.feedback': 1, 'delay.time': 100 });
    expect(delayTaps(all, { floorDb: -90, longestSeconds: 9.05, sampleRateHz: 48_000 })).toHaveLength(90);
  });
});
