import type { Peaks } from '#core/protocol/engine.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MOST_SAMPLES,
  columnsFromPeaks,
  columnsFromSamples,
  finestLevel,
  holdsAll,
  levelFor,
  samplesWanted,
} from './columns.ts';

function peaksOf(samples: Float32Array, samplesPerPeak: number): Float32Array {
  const peaks = new Float32Array(2 * Math.ceil(samples.length / samplesPerPeak));
  for (let i = 0; i < peaks.length / 2; i++) {
    const part = samples.subarray(i * samplesPerPeak, (i + 1) * samplesPerPeak);
    peaks[2 * i] = Math.min(...part);
    peaks[2 * i + 1] = Math.max(...part);
  }
  return peaks;
}

const sound = Float32Array.from({ length: 5000 }, (_, n) => Math.sin(n * n * 1e-4) * Math.cos(n / 700));
const extremes = (from: number, to: number): [number, number] => {
  const part = sound.subarray(Math.max(0, from), Math.min(sound.length, to));
  return [Math.min(...part), Math.max(...part)];
};

describe('columns of a waveform', () => {
  it('hold the extremes of their samples, and none from further than a peak away', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(16, 64),
        fc.double({ min: 1, max: 6, noNaN: true }),
        fc.double({ min: 0, max: 0.8, noNaN: true }),
        (samplesPerPeak, zoom, at) => {
          const samplesPerPixel = samplesPerPeak * zoom;
          const from = at * sound.length;
          const columns = new Float32Array(2 * Math.floor((sound.length - from) / samplesPerPixel));
          columnsFromPeaks(peaksOf(sound, samplesPerPeak), samplesPerPeak, from, samplesPerPixel, columns);
          for (let p = 0; p < columns.length / 2; p++) {
            const [start, end] = [from + p * samplesPerPixel, from + (p + 1) * samplesPerPixel];
            const [low, high] = extremes(Math.ceil(start), Math.floor(end));
            expect(columns[2 * p]).toBeLessThanOrEqual(low);
            expect(columns[2 * p + 1]).toBeGreaterThanOrEqual(high);
            const wide = extremes(Math.floor(start) - samplesPerPeak, Math.ceil(end) + samplesPerPeak);
            expect(columns[2 * p]).toBeGreaterThanOrEqual(wide[0]);
            expect(columns[2 * p + 1]).toBeLessThanOrEqual(wide[1]);
          }
        },
      ),
    );
  });

  it('are exact from samples, wherever these begin', () => {
    const columns = new Float32Array(2 * 20);
    columnsFromSamples(sound.subarray(900, 1300), 900, 1000, 7, columns);
    for (let p = 0; p < 20; p++) {
      const [low, high] = extremes(1000 + 7 * p, 1000 + 7 * (p + 1) + 1);
      expect(columns[2 * p]).toBe(low);
      expect(columns[2 * p + 1]).toBe(high);
    }
  });

  it('are empty where there is no sound', () => {
    const columns = new Float32Array(2 * 10);
    columnsFromPeaks(peaksOf(sound, 64), 64, 4900, 64, columns);
    expect(columns[0]).not.toBeNaN();
    expect(columns[2 * 9]).toBeNaN();
    columnsFromSamples(sound.subarray(4900), 4900, 4990, 5, columns);
    expect(columns[2 * 1]).not.toBeNaN();
    expect(columns[2 * 2]).toBeNaN();
  });
});

describe('what is drawn from', () => {
  const peaks: Peaks = {
    lengthSamples: sound.length,
    channels: 1,
    levels: [64, 256, 1024].map((samplesPerPeak) => ({
      samplesPerPeak,
      data: [peaksOf(sound, samplesPerPeak)],
    })),
  };

  it('is the coarsest level that is fine enough, or the samples', () => {
    expect(levelFor(peaks, 300)?.samplesPerPeak).toBe(256);
    expect(levelFor(peaks, 64)?.samplesPerPeak).toBe(64);
    expect(levelFor(peaks, 1e6)?.samplesPerPeak).toBe(1024);
    expect(levelFor(peaks, 63)).toBeNull();
    expect(finestLevel(peaks)?.samplesPerPeak).toBe(64);
    expect(finestLevel({ ...peaks, levels: [] })).toBeNull();
  });

  it('is the samples that have come where these hold all of the sound that is in sight', () => {
    const near = { from: 800, channels: [sound.subarray(800, 1400)] };
    expect(holdsAll(near, 800, 1400, 5000)).toBe(true);
    expect(holdsAll(near, 799.5, 1000, 5000)).toBe(false);
    expect(holdsAll(near, 1000, 1400.5, 5000)).toBe(false);
    expect(holdsAll(near, 1000, 2000, 1400)).toBe(true);
    expect(holdsAll({ from: 0, channels: near.channels }, -50, 100, 5000)).toBe(true);
  });

  it('is asked for with room to scroll, within the sound and the limit', () => {
    expect(samplesWanted(1000.5, 1200.2, 5000)).toEqual({ from: 800, to: 1400 });
    expect(samplesWanted(100, 900, 1000)).toEqual({ from: 0, to: 1000 });
    const { from, to } = samplesWanted(5e6, 5e6 + 900_000, 1e9);
    expect(to - from).toBeLessThanOrEqual(MOST_SAMPLES);
    expect(from).toBeLessThanOrEqual(5e6);
    expect(to).toBeGreaterThanOrEqual(5e6 + 900_000);
  });
});
