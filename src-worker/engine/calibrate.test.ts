import { describe, expect, it } from 'vitest';
import { UserError } from '#core/errors.ts';
import { integratedLufs } from '#core/loudness/index.ts';
import type { Audio } from '#core/signal/audio.ts';
import { filterCascade } from '#core/signal/biquad.ts';
import { convolve } from '#core/signal/convolve.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { noise, voice } from '../test-support/made-up-signals.ts';
import { UNRELATED_PROMINENCE, calibrate, stereoOf } from './calibrate.ts';

const audio = (...channels: Float32Array[]): Audio => ({ sampleRateHz: FIT_SAMPLE_RATE_HZ, channels });
const samples = (seconds: number) => Math.round(seconds * FIT_SAMPLE_RATE_HZ);

/** The same sound later by `lag` samples, or earlier where that is negative; as long as before. */
function shifted(x: Float32Array, lag: number): Float32Array {
  const out = new Float32Array(x.length);
  if (lag >= 0) out.set(x.subarray(0, Math.max(0, x.length - lag)), lag);
  else out.set(x.subarray(-lag));
  return out;
}

/** Through an equaliser and a reverb, with the direct sound first: what a chain does to a voice. */
function treated(x: Float32Array, seed: number, wetness = 0.02): Float32Array {
  const equalised = Float64Array.from(x);
  filterCascade(
    [
      { kind: 'peak', gainDb: 6, freqHz: 2500, q: 0.8 },
      { kind: 'lowShelf', gainDb: -5, freqHz: 180, q: 0.7 },
      { kind: 'highShelf', gainDb: 4, freqHz: 6000, q: 0.7 },
    ],
    FIT_SAMPLE_RATE_HZ,
    equalised,
  );
  const response = Float64Array.from(noise(samples(0.8), seed), (v, n) =>
    n === 0 ? 1 : n < samples(0.02) ? 0 : wetness * v * Math.exp((-6 * n) / samples(0.8)),
  );
  return Float32Array.from(convolve(equalised, response));
}

/** Another singer: higher and faster. Two made-up voices share their few pitches and their vibrato, as no two takes do. */
function another(seconds: number, seed: number): Float32Array {
  const x = voice(1.1 * seconds, seed);
  return Float32Array.from({ length: samples(seconds) }, (_, n) => {
    const place = 1.07 * n + 3000;
    const whole = Math.floor(place);
    return x[whole]! + (place - whole) * (x[whole + 1]! - x[whole]!);
  });
}

const align = (dry: Audio, wet: Audio) => calibrate(dry, wet, { align: true, normalise: true });

describe('the offset', () => {
  const SECONDS = 5;
  const sources: readonly [string, Float32Array][] = [
    ['voice', voice(SECONDS, 1)],
    ['noise', noise(samples(SECONDS), 2, 0.2)],
  ];
  for (const [name, dry] of sources)
    it.each([0, 1, 4410, 61_000, -1, -44_100])(`of a ${name} is found at %i samples`, (lag) => {
      const wet = shifted(dry, lag).map((v) => 0.4 * v);
      const {
        calibration,
        correlation,
        prominence,
        dryMono,
        wet: [left],
      } = align(audio(dry), audio(wet, wet));
      expect(calibration.offsetSamples).toBe(lag);
      expect(calibration.polarity).toBe(1);
      expect(correlation).toBeGreaterThan(0.999);
      expect(prominence).toBeGreaterThan(2 * UNRELATED_PROMINENCE);
      expect(dryMono.length).toBe(dry.length - Math.abs(lag));
      expect(left.length).toBe(dryMono.length);
    });

  it.each([1, 2])('is found within a sample through an equaliser and a reverb, take %i', (seed) => {
    const dry = voice(SECONDS, seed + 10);
    for (const lag of [2205, -7777]) {
      const wet = [treated(shifted(dry, lag), seed), treated(shifted(dry, lag), seed + 50)] as const;
      const { calibration, prominence } = align(audio(dry), audio(...wet));
      expect(Math.abs(calibration.offsetSamples - lag)).toBeLessThanOrEqual(1);
      expect(calibration.polarity).toBe(1);
      expect(prominence).toBeGreaterThan(2 * UNRELATED_PROMINENCE);
    }
  });

  it.each([samples(10) + 13, -samples(10)])('is found at %i samples in 30 s', (lag) => {
    const dry = voice(30, 5);
    const wet = treated(shifted(dry, lag), 6);
    const { calibration, prominence } = align(audio(dry), audio(wet));
    expect(Math.abs(calibration.offsetSamples - lag)).toBeLessThanOrEqual(1);
    expect(prominence).toBeGreaterThan(2 * UNRELATED_PROMINENCE);
  });

  it('is found where the wet is much shorter or longer than the dry', () => {
    const long = voice(9, 7);
    const part = long.slice(samples(3), samples(6));
    expect(align(audio(long), audio(part)).calibration.offsetSamples).toBe(-samples(3));
    expect(align(audio(part), audio(long)).calibration.offsetSamples).toBe(samples(3));
  });

  it('is 0 when it was not asked for, with the polarity as it is', () => {
    const dry = voice(SECONDS, 8);
    const wet = shifted(dry, 900).map((v) => -v);
    const pair = calibrate(audio(dry), audio(wet), { align: false, normalise: false });
    expect(pair.calibration).toEqual({ inputGain: 1, outputGain: 1, offsetSamples: 0, polarity: 1 });
    expect(pair.dryMono.every((v, n) => v === dry[n])).toBe(true);
    expect(pair.wet[0].every((v, n) => v === wet[n])).toBe(true);
  });
});

describe('the polarity', () => {
  it('is that of the wet, and the pair’s wet is turned', () => {
    const dry = voice(5, 21);
    const inverted = treated(dry, 22).map((v) => -v);
    const pair = align(audio(dry), audio(inverted));
    expect(pair.calibration).toMatchObject({ polarity: -1, offsetSamples: 0 });
    const product = pair.dryMono.reduce((sum, v, n) => sum + v * pair.wet[0][n]!, 0);
    expect(product).toBeGreaterThan(0);
  });

  it('comes from one channel where both cancel', () => {
    const dry = voice(5, 23);
    const pair = align(
      audio(dry),
      audio(
        shifted(dry, 100),
        shifted(dry, 100).map((v) => -v),
      ),
    );
    expect(pair.calibration).toMatchObject({ polarity: 1, offsetSamples: 100 });
  });
});

describe('the level', () => {
  it('is −18 LUFS by pyloudnorm for both, and the gains lead back', () => {
    const dry = voice(6, 31).map((v) => 0.05 * v);
    const [left, right] = [treated(dry, 32).map((v) => 3 * v), treated(dry, 33)] as const;
    const pair = align(audio(dry), audio(left, right));
    const { inputGain, outputGain } = pair.calibration;
    const lufs = (...channels: Float32Array[]) =>
      integratedLufs(audio(...channels), { weighting: 'pyloudnorm' });
    expect(lufs(pair.dryMono)).toBeCloseTo(-18, 3);
    expect(lufs(...pair.wet)).toBeCloseTo(-18, 3);
    pair.dryMono.subarray(5000, 5100).forEach((v, n) => expect(v).toBeCloseTo(inputGain * dry[5000 + n]!, 6));
    pair.wet[0]
      .subarray(5000, 5100)
      .forEach((v, n) => expect(v * outputGain).toBeCloseTo(left[5000 + n]!, 6));
  });
});

describe('channels', () => {
  it('averages a stereo dry', () => {
    const [left, right] = [voice(4, 41), voice(4, 42)];
    const wet = left.map((v, n) => 0.5 * (v + right[n]!));
    const pair = calibrate(audio(left, right), audio(wet), { align: true, normalise: false });
    expect(pair.calibration.offsetSamples).toBe(0);
    pair.dryMono.forEach((v, n) => {
      if (n % 997 === 0) expect(v).toBeCloseTo(wet[n]!, 6);
    });
  });

  it('doubles a mono wet and takes the first two of more', () => {
    const [a, b, c] = [voice(1, 43), voice(1, 44), voice(1, 45)];
    expect(stereoOf(audio(a)).map((channel) => channel === a)).toEqual([true, true]);
    const [left, right] = stereoOf(audio(a, b, c));
    expect(left).toBe(a);
    expect(right).toBe(b);
  });
});

describe('pairs that do not go together', () => {
  it.each([
    ['two voices', voice(8, 51), another(8, 52)],
    ['a voice and noise', voice(8, 53), noise(samples(8), 54, 0.3)],
    ['two noises', noise(samples(8), 55, 0.3), noise(samples(8), 56, 0.3)],
    ['a voice and another through a chain', voice(8, 57), treated(another(8, 58), 59)],
  ])('stand out little: %s', (_, dry, wet) => {
    expect(align(audio(dry), audio(wet)).prominence).toBeLessThan(UNRELATED_PROMINENCE);
  });

  it.each([
    ['dry', new Float32Array(samples(3)), voice(3, 61)],
    ['wet', voice(3, 62), new Float32Array(samples(3))],
    ['dry', noise(samples(3), 63, 1e-6), voice(3, 64)],
  ])('are refused where the %s is too quiet to measure', (name, dry, wet) => {
    expect(() => align(audio(dry), audio(wet))).toThrow(UserError);
    expect(() => align(audio(dry), audio(wet))).toThrow(name);
  });

  it('are refused without samples', () => {
    const none = audio(new Float32Array(0));
    expect(() => calibrate(audio(voice(2, 67)), none, { align: true, normalise: false })).toThrow(UserError);
    expect(() => calibrate(none, audio(voice(2, 67)), { align: true, normalise: false })).toThrow(UserError);
  });

  it('are a defect at another rate', () => {
    const other: Audio = { sampleRateHz: 48_000, channels: [voice(1, 68)] };
    expect(() => align(other, audio(voice(1, 68)))).toThrow('48000');
  });
});
