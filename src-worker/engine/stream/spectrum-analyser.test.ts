import { describe, expect, it } from 'vitest';
import { SPECTRUM_BANDS, SPECTRUM_HIGHEST_HZ, SPECTRUM_LOWEST_HZ } from '#core/protocol/audio-frames.ts';
import { noise } from '../../test-support/made-up-signals.ts';
import { SILENT_SPECTRUM_DB, SpectrumAnalyser, spectrumPoints } from './spectrum-analyser.ts';

const STEP = (SPECTRUM_HIGHEST_HZ / SPECTRUM_LOWEST_HZ) ** (1 / (SPECTRUM_BANDS - 1));
const bandOf = (frequencyHz: number) =>
  Math.round(Math.log(frequencyHz / SPECTRUM_LOWEST_HZ) / Math.log(STEP));

/** Levels of a sound, which is as long as the transform and lies in a ring from `start` on. */
function levelsOf(sampleRateHz: number, sound: (n: number) => number, start = 0): Float32Array {
  const points = spectrumPoints(sampleRateHz);
  const ring = new Float32Array(2 * points);
  for (let n = 0; n < points; n++) ring[(start + n) % ring.length] = sound(n);
  const levels = new Float32Array(SPECTRUM_BANDS);
  new SpectrumAnalyser(sampleRateHz).analyse(ring, start, levels, 0);
  return levels;
}

it.each([
  [44_100, 4096],
  [48_000, 4096],
  [88_200, 8192],
  [96_000, 8192],
  [192_000, 16_384],
])('at %i Hz transforms %i points', (rate, points) => {
  expect(spectrumPoints(rate)).toBe(points);
});

describe.each([44_100, 48_000, 96_000])('at %i Hz', (rate) => {
  it('reads a full-scale sine as 0 dB in its band and far below elsewhere', () => {
    for (let frequencyHz = 45; frequencyHz < 19_500; frequencyHz *= 1.037)
      for (const phase of [0, 1.1]) {
        const levels = levelsOf(rate, (n) => Math.sin((2 * Math.PI * frequencyHz * n) / rate + phase));
        const band = bandOf(frequencyHz);
        expect(Math.abs(levels[band]!), `${frequencyHz} Hz`).toBeLessThan(0.5);
        const loudest = levels.indexOf(Math.max(...levels));
        const widthInBands = Math.log(1 + (1.5 * rate) / spectrumPoints(rate) / frequencyHz) / Math.log(STEP);
        expect(Math.abs(loudest - band)).toBeLessThanOrEqual(1 + widthInBands);
        levels.forEach((level, other) => {
          const ratio = STEP ** Math.abs(other - band);
          if (ratio > 2 && frequencyHz > 200) expect(level).toBeLessThan(-60);
        });
      }
  });
});

it('is linear in level', () => {
  const at = (amplitude: number) =>
    levelsOf(44_100, (n) => amplitude * Math.sin(0.2 * n))[bandOf((0.2 * 44_100) / (2 * Math.PI))]!;
  expect(at(0.001) - at(1)).toBeCloseTo(-60, 1);
});

it('reads from anywhere in the ring', () => {
  const sound = noise(4096, 4, 0.5);
  const levels = levelsOf(44_100, (n) => sound[n]!);
  expect(levelsOf(44_100, (n) => sound[n]!, 7000)).toEqual(levels);
});

it('reads silence, and what a low rate cannot hold, as silence', () => {
  expect(levelsOf(44_100, () => 0).every((level) => level === SILENT_SPECTRUM_DB)).toBe(true);
  const levels = levelsOf(16_000, (n) => Math.sin(n) + Math.sin(3.1 * n));
  expect(levels.every(Number.isFinite)).toBe(true);
  expect(levels[bandOf(9000)]).toBe(SILENT_SPECTRUM_DB);
  expect(levels[bandOf(16_000 / (2 * Math.PI))]!).toBeGreaterThan(-0.5);
});

it('is smooth where bands are narrower than bins', () => {
  const sound = noise(4096, 8, 0.5);
  const levels = levelsOf(44_100, (n) => sound[n]!);
  const steps = levels.subarray(1, bandOf(300)).map((level, band) => Math.abs(level - levels[band]!));
  expect(Math.max(...steps)).toBeLessThan(6);
});
