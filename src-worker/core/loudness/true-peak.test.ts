import { describe, expect, test } from 'vitest';
import type { Audio } from '../signal/audio.ts';
import { samplePeakDb, truePeakDb, TruePeakMeter } from './true-peak.ts';

/** A sine of peak 1 that comes and goes softly, so that its ends add nothing. */
function sine(relativeFrequency: number, phase: number, length = 4000): Audio {
  const fade = (n: number): number => Math.min(1, n / 500, (length - 1 - n) / 500);
  const channel = Float32Array.from(
    { length },
    (_, n) => fade(n) * Math.sin(2 * Math.PI * relativeFrequency * n + phase),
  );
  return { sampleRateHz: 48000, channels: [channel] };
}

test('fs/4 with its samples at 45° reads 3 dB more than they do', () => {
  const audio = sine(0.25, Math.PI / 4);
  expect(samplePeakDb(audio)).toBeCloseTo(-3.01, 2);
  expect(truePeakDb(audio)).toBeCloseTo(0, 1);
});

describe('a sine of any phase', () => {
  test.each([
    [0.01, 0.01],
    [0.05, 0.02],
    [0.1, 0.05],
    [0.2, 0.13],
    [0.25, 0.19],
    [1 / 3, 0.35],
    [0.4, 0.5],
    [0.45, 0.7],
  ])('of %f fs: never over by 0.05 dB, at most %f dB under', (relativeFrequency, under) => {
    for (let step = 0; step < 16; step++) {
      const level = truePeakDb(sine(relativeFrequency, (step / 16) * Math.PI));
      expect(level).toBeLessThan(0.05);
      expect(level).toBeGreaterThan(-under);
    }
  });
});

test('EBU Tech 3341 cases 15 to 19: fs/4, fs/6 and fs/8 read within +0.2 and −0.4 dB', () => {
  for (const [divisor, degrees] of [
    [4, 0],
    [4, 45],
    [6, 60],
    [8, 67.5],
  ]) {
    const level = truePeakDb(sine(1 / divisor, (degrees * Math.PI) / 180));
    expect(level).toBeLessThan(0.2);
    expect(level).toBeGreaterThan(-0.4);
  }
});

test('equals interpolation by the definition of the band-limited curve', () => {
  // 24 random samples with silence around: the sinc series is finite.
  const samples = Float32Array.from({ length: 24 }, (_, n) => Math.sin(n * n * 1.3));
  const smooth = samples.map((sample, n) => sample + (samples[n - 1] ?? 0) + (samples[n + 1] ?? 0));
  let highest = 0;
  for (let t = -30; t < 54; t += 1 / 4) {
    let value = 0;
    for (let n = 0; n < smooth.length; n++) {
      const x = Math.PI * (t - n);
      value += smooth[n] * (x === 0 ? 1 : Math.sin(x) / x);
    }
    highest = Math.max(highest, Math.abs(value));
  }
  const level = truePeakDb({ sampleRateHz: 48000, channels: [smooth] });
  expect(level).toBeCloseTo(20 * Math.log10(highest), 1);
});

test('the highest of all channels, wherever it is', () => {
  const quiet = new Float32Array(1000).fill(0.001);
  for (const place of [0, 1, 63, 64, 65, 500, 998, 999]) {
    const loud = new Float32Array(1000);
    loud[place] = -0.5;
    const audio = { sampleRateHz: 48000, channels: [quiet, loud] };
    expect(truePeakDb(audio)).toBeCloseTo(20 * Math.log10(0.5), 6);
  }
  // Two equal neighbours have their peak between them: 4/π above.
  const pair = new Float32Array(1000);
  pair.set([0.5, 0.5], 511);
  expect(truePeakDb({ sampleRateHz: 48000, channels: [pair] })).toBeCloseTo(20 * Math.log10(2 / Math.PI), 1);
});

test('silence is −∞', () => {
  expect(truePeakDb({ sampleRateHz: 48000, channels: [new Float32Array(1000)] })).toBe(-Infinity);
  expect(truePeakDb({ sampleRateHz: 48000, channels: [new Float32Array(0)] })).toBe(-Infinity);
  expect(samplePeakDb({ sampleRateHz: 48000, channels: [new Float32Array(10)] })).toBe(-Infinity);
});

test('sound in pieces reads as it does in one', () => {
  const samples = Float32Array.from({ length: 50_000 }, (_, n) => Math.sin(n * n * 0.37) * (n / 50_000));
  const whole = truePeakDb({ sampleRateHz: 48000, channels: [samples] });
  expect(whole).toBeGreaterThan(samplePeakDb({ sampleRateHz: 48000, channels: [samples] }));
  for (const pieceLength of [1, 63, 4096, 30_000]) {
    const meter = new TruePeakMeter();
    for (let start = 0; start < samples.length; start += pieceLength)
      meter.measure(samples.subarray(start, start + pieceLength));
    expect(20 * Math.log10(meter.end())).toBe(whole);
  }
});
