import { beforeAll, describe, expect, it } from 'vitest';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { openStreamKernels } from '#engine/realtime-chain.ts';
import { processAll } from '../../../test-support/effect-contract.ts';
import { convertCoefficient } from '../../units.ts';
import type { StreamKernels } from '../processor.ts';
import { CompProcessor } from './realtime.ts';
import { compGainDb, compStepResponse, compTransferDb } from './response.ts';

/** Threshold, expander threshold, make-up, lookahead, attack, release, averaging, ratio, expander ratio. */
const squeezed = [-30, -55, 6, 3.217, 0.02, 0.0007, 0.002, 5, 0.4];
const gated = [-12, -40, -2, 0, 0.005, 0.005, 0.001, 20, 0.1];
const overlapping = [-50, -20, 0, 10, 0.01, 0.01, 0.001, 3, 0.5];
const settings = [
  ['squeezed', squeezed],
  ['gated', gated],
  ['overlapping', overlapping],
] as const;

describe('the compressor’s curves', () => {
  let kernels: StreamKernels;
  beforeAll(async () => {
    kernels = openStreamKernels(await loadKernelModule());
  });

  /** What comes out of the compressor, aligned with what goes in. */
  function compressed(values: readonly number[], rate: number, input: Float32Array): Float32Array {
    const processor = new CompProcessor(kernels, rate);
    processor.set(values);
    const padded = new Float32Array(input.length + processor.latencySamples);
    padded.set(input);
    return processAll(processor, [padded])[0]!.subarray(processor.latencySamples);
  }

  const powerDb = (sound: Float32Array): number =>
    10 * Math.log10(sound.reduce((sum, x) => sum + x * x, 0) / sound.length);

  describe.each(settings)('transfer (%s)', (_, values) => {
    it.each([44_100, 96_000])('is what steady tones come out with at %i Hz', (rate) => {
      for (let levelDb = -78; levelDb <= -3; levelDb += 12.5) {
        // A whole number of periods in 0.1 s; averaged slowly enough that the gain stands still. Near the detector's floor
        // a square wave, which is never below it for a part of its period.
        const tone = Float32Array.from({ length: rate }, (_, n) => {
          const sine = Math.sin((2 * Math.PI * 1000 * (n + 0.5)) / rate);
          return 10 ** (levelDb / 20) * (levelDb < -50 ? Math.sign(sine) : Math.SQRT2 * sine);
        });
        const slow = values.with(6, 0.0006);
        const out = powerDb(compressed(slow, rate, tone).subarray(0.85 * rate, 0.95 * rate));
        expect(Math.abs(out - compTransferDb(slow, levelDb)), `${levelDb} dB in`).toBeLessThan(0.1);
      }
    });
  });

  it('hears nothing below −80 dB', () => {
    const quiet = Float32Array.from({ length: 44_100 }, (_, n) => 10 ** (-96 / 20) * (n % 2 ? -1 : 1));
    const out = powerDb(compressed(gated, 44_100, quiet).subarray(30_000, 40_000));
    expect(Math.abs(out - compTransferDb(gated, -96))).toBeLessThan(0.1);
    expect(compGainDb(gated, -300)).toBe(compGainDb(gated, -80));
  });

  it('is level plus gain plus make-up, and the gain never more than 0 dB', () => {
    for (let levelDb = -90; levelDb <= 6; levelDb += 1.5)
      for (const [, values] of settings) {
        const gainDb = compGainDb(values, levelDb);
        expect(gainDb).toBeLessThanOrEqual(0);
        expect(compTransferDb(values, levelDb)).toBeCloseTo(levelDb + gainDb + values[2], 12);
      }
    expect(compGainDb(squeezed, -20)).toBeCloseTo(-8, 12);
    expect(compGainDb(squeezed.with(8, 0), -60)).toBe(-400);
  });

  describe.each([44_100, 48_000, 96_000])('step response at %i Hz', (rate) => {
    const points = 481;
    const seconds = 0.48;
    it.each([
      ['squeezed', squeezed, -40, -10],
      ['gated', gated, -60, -20],
      ['overlapping', overlapping, -5, -45],
      ['slow', [-30, -90, 3, 1000 / 44_100, 0.0002, 0.00005, 0.3, 8, 0.5], -50, -6],
      ['quick', [-30, -90, 3, 5, 0.3, 0.02, 0.9, 8, 0.5], -50, -6],
    ] as const)('is the gain of a level that jumps (%s)', (_, values, fromDb, toDb) => {
      const drawn = compStepResponse(values, { fromDb, toDb, seconds, sampleRateHz: rate, points });
      expect(drawn.timeSeconds).toHaveLength(points);
      expect([drawn.timeSeconds[0], drawn.timeSeconds[points - 1]]).toEqual([0, seconds]);

      // The same jumps after a run-in that the gain settles in; a square wave has the same power at every sample.
      const runIn = rate;
      const [up, down, end] = [1 / 6, 1 / 2, 1].map((part) => Math.round(part * seconds * rate));
      const input = Float32Array.from({ length: runIn + end! + rate / 10 }, (_, n) => {
        const isUp = n - runIn >= up! && n - runIn < down!;
        return 10 ** ((isUp ? toDb : fromDb) / 20) * (n % 2 ? -1 : 1);
      });
      const output = compressed(values, rate, input);
      // Ringing of the lookahead's filter next to a jump that the gain follows at once.
      const blurSeconds = 0.0006;
      const jumps = [up! / rate, down! / rate].map((time) => time - values[3] / 1000);
      let compared = 0;
      drawn.timeSeconds.forEach((time, i) => {
        const at = runIn + Math.round(time * rate);
        expect(drawn.levelDb[i]).toBeCloseTo(20 * Math.log10(Math.abs(input[at]!)), 4);
        if (jumps.some((jump) => Math.abs(time - jump) < blurSeconds)) return;
        compared += 1;
        const found = 20 * Math.log10(Math.abs(output[at]! / input[at]!)) - values[2];
        expect(Math.abs(drawn.gainDb[i]! - found), `${time} s: ${drawn.gainDb[i]} dB`).toBeLessThan(0.1);
      });
      expect(compared).toBeGreaterThan(points - 6);
    });
  });

  it('takes as long in milliseconds at every rate', () => {
    const response = (sampleRateHz: number): Float64Array =>
      compStepResponse(squeezed, { fromDb: -40, toDb: -10, seconds: 0.3, sampleRateHz, points: 100 }).gainDb;
    const [low, high] = [response(44_100), response(96_000)];
    low.forEach((gainDb, i) => expect(Math.abs(gainDb - high[i]!)).toBeLessThan(0.3));
    expect(convertCoefficient(0.02, 44_100, 96_000)).toBeLessThan(0.02);
  });

  it('has the gain moving before the jump by the lookahead', () => {
    const options = { fromDb: -40, toDb: -10, seconds: 0.6, sampleRateHz: 44_100, points: 6001 };
    const startsAt = (lookaheadMs: number): number => {
      const { gainDb, timeSeconds } = compStepResponse(squeezed.with(3, lookaheadMs), options);
      return timeSeconds[gainDb.findIndex((gain) => gain < gainDb[0]! - 0.5)]!;
    };
    expect(startsAt(0) - startsAt(8)).toBeCloseTo(0.008, 3);
    expect(startsAt(0)).toBeGreaterThan(0.1);
  });
});
