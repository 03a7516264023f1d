import { beforeAll, describe, expect, it } from 'vitest';
import { integratedLufs, samplePeakDb } from '#core/loudness/index.ts';
import type { Audio } from '#core/signal/audio.ts';
import { realFft } from '#core/signal/fft.ts';
import { DEMO_SECONDS, timeline } from './score.ts';
import { DEMO_RATE_HZ, singDemo } from './voice.ts';

let dry: Audio;
let samples: Float32Array;
beforeAll(async () => {
  dry = await singDemo();
  samples = dry.channels[0]!;
});

const between = (start: number, end: number): Float32Array =>
  samples.subarray(Math.round(start * DEMO_RATE_HZ), Math.round(end * DEMO_RATE_HZ));
const rmsDb = (part: Float32Array): number =>
  10 * Math.log10(part.reduce((sum, sample) => sum + sample * sample, 0) / part.length);

/** Long-term power between two frequencies, in dB below the whole. */
function bandDb(fromHz: number, toHz: number): number {
  const points = 4096;
  const fft = realFft(points);
  const [re, im] = [new Float64Array(fft.bins), new Float64Array(fft.bins)];
  let [band, whole] = [0, 0];
  for (let start = 0; start + points <= samples.length; start += points) {
    const piece = Float64Array.from(
      { length: points },
      (_, n) => samples[start + n]! * (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / points)),
    );
    fft.forward(piece, re, im);
    for (let k = 1; k < fft.bins; k++) {
      const power = re[k]! ** 2 + im[k]! ** 2;
      const hz = (k * DEMO_RATE_HZ) / points;
      whole += power;
      if (hz >= fromHz && hz < toHz) band += power;
    }
  }
  return 10 * Math.log10(band / whole);
}

/** Correlation of a part of the voice with itself one period of `pitchHz` later, 0..1. */
function periodicity(part: Float32Array, pitchHz: number): number {
  const lag = Math.round(DEMO_RATE_HZ / pitchHz);
  let [ab, aa, bb] = [0, 0, 0];
  for (let n = 0; n + lag < part.length; n++) {
    ab += part[n]! * part[n + lag]!;
    aa += part[n]! ** 2;
    bb += part[n + lag]! ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

describe('the demo’s voice', () => {
  it('is as long and as loud as a take to be mixed, and centred', () => {
    expect(samples.length / DEMO_RATE_HZ).toBeCloseTo(DEMO_SECONDS, 3);
    expect(DEMO_SECONDS).toBeGreaterThanOrEqual(12);
    expect(DEMO_SECONDS).toBeLessThan(13);
    expect(samplePeakDb(dry)).toBeGreaterThan(-4.5);
    expect(samplePeakDb(dry)).toBeLessThan(-3.5);
    const lufs = integratedLufs(dry);
    expect(lufs).toBeGreaterThan(-21);
    expect(lufs).toBeLessThan(-17);
    const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
    expect(Math.abs(mean)).toBeLessThan(1e-4);
  });

  it('has the dynamics of singing: peaks 12 to 20 dB above the sung parts, soft and loud syllables', () => {
    const { notes, phrases } = timeline();
    const sung = phrases.map(({ start, end }) => 10 ** (rmsDb(between(start, end)) / 10));
    const crest = samplePeakDb(dry) - 10 * Math.log10((sung[0]! + sung[1]!) / 2);
    expect(crest).toBeGreaterThan(12);
    expect(crest).toBeLessThan(20);
    const levels = notes.map(({ start, end }) => rmsDb(between(start, end - 0.1)));
    expect(Math.max(...levels) - Math.min(...levels)).toBeGreaterThan(8);
  });

  it('pauses, so that echoes and reverberation are heard', () => {
    const [first, second] = timeline().phrases;
    expect(rmsDb(between(first!.end + 0.05, first!.end + 0.15))).toBeLessThan(-65);
    expect(rmsDb(between(second!.end + 0.05, DEMO_SECONDS))).toBeLessThan(-65);
    expect(DEMO_SECONDS - second!.end).toBeGreaterThan(1);
    // The breath before the second phrase.
    expect(rmsDb(between(second!.start - 0.3, second!.start - 0.15))).toBeGreaterThan(-60);
  });

  it('sings the melody in tune', () => {
    for (const { start, end, midi } of timeline().notes) {
      const part = between(Math.max(start + 0.1, end - 0.3), end - 0.15);
      if (part.length < 0.06 * DEMO_RATE_HZ) continue;
      const scores = Array.from({ length: 25 }, (_, i) => i - 12).map((semitones) => ({
        semitones,
        score: periodicity(part, 440 * 2 ** ((midi + semitones - 69) / 12)),
      }));
      const near = scores.filter(({ semitones }) => Math.abs(semitones) < 12);
      const best = near.reduce((a, b) => (b.score > a.score ? b : a));
      expect({ start, midi, off: best.semitones }).toEqual({ start, midi, off: 0 });
      expect(best.score).toBeGreaterThan(0.8);
    }
  });

  it('has the spectrum of a voice: full below, a ring at 2 to 4 kHz, sibilance and air above', () => {
    expect(bandDb(0, 120)).toBeLessThan(-35);
    expect(bandDb(120, 1000)).toBeGreaterThan(-2);
    const [middle, ring, sibilance, air] = [
      bandDb(1000, 2000),
      bandDb(2000, 4500),
      bandDb(4500, 10_000),
      bandDb(10_000, 20_000),
    ] as [number, number, number, number];
    expect(middle).toBeGreaterThan(-20);
    expect(ring).toBeGreaterThan(-22);
    expect(ring).toBeLessThan(-10);
    expect(sibilance).toBeGreaterThan(-32);
    expect(sibilance).toBeLessThan(ring);
    expect(air).toBeGreaterThan(-42);
    expect(air).toBeLessThan(sibilance);
  });

  it('has no clicks: nothing above 12 kHz stands out of its surroundings', () => {
    // The third difference: |H| = sin³(πf/fs), −9 dB at 12 kHz and steep below.
    const sharp = samples.map((x, n) =>
      n < 3 ? 0 : (x - 3 * samples[n - 1]! + 3 * samples[n - 2]! - samples[n - 3]!) / 8,
    );
    const window = Math.round(0.002 * DEMO_RATE_HZ);
    const peaks: number[] = [];
    for (let start = 0; start + window <= sharp.length; start += window)
      peaks.push(sharp.subarray(start, start + window).reduce((max, x) => Math.max(max, Math.abs(x)), 1e-4));
    // A click is over within 2 ms; consonants last longer.
    const clicks = peaks.filter((peak, i) => {
      const around = [...peaks.slice(Math.max(0, i - 6), Math.max(0, i - 1)), ...peaks.slice(i + 2, i + 7)];
      return peak > 6 * Math.max(...around);
    });
    expect(clicks).toEqual([]);
  });

  it('is the same for the same seed, another performance for another', async () => {
    expect((await singDemo()).channels[0]).toEqual(samples);
    expect((await singDemo(2)).channels[0]).not.toEqual(samples);
  });
});
