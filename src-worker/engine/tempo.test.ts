import { describe, expect, test } from 'vitest';
import { Random } from '#core/optimise/random.ts';
import { TempoFinder, type Tempo } from './tempo.ts';

const RATE_HZ = 44_100;

function tempoOf(sound: Float32Array, sampleRateHz = RATE_HZ): Tempo {
  const finder = new TempoFinder(sampleRateHz);
  // In pieces of any length.
  for (let start = 0, size = 1; start < sound.length; start += size, size = (size * 7 + 13) % 40_000)
    Array.from(finder.add([sound.subarray(start, start + size)]));
  return finder.end();
}

function soundOf(seconds: number, sample: (time: number, n: number) => number, rate = RATE_HZ): Float32Array {
  return Float32Array.from({ length: Math.round(seconds * rate) }, (_, n) => sample(n / rate, n));
}

/** Short beeps. */
const clicks = (bpm: number, seconds: number, rate = RATE_HZ): Float32Array =>
  soundOf(
    seconds,
    (time) => {
      const since = time % (60 / bpm);
      return 0.5 * Math.exp(-since / 0.01) * Math.sin(2 * Math.PI * 1800 * since);
    },
    rate,
  );

/** Sung syllables, some left out, on the beat and its eighths, early and late by up to 20 ms, each at another pitch. */
function syllables(bpm: number, seconds: number, seed: number): Float32Array {
  const random = new Random(seed);
  const sound = new Float32Array(Math.round(seconds * RATE_HZ));
  for (let eighth = 0; ; eighth++) {
    const isOnBeat = eighth % 2 === 0;
    const start = (eighth * 30) / bpm + 0.04 * (random.uniform() - 0.5);
    if (start >= seconds - 1) return sound;
    if (random.uniform() > (isOnBeat ? 0.85 : 0.3)) continue;
    const pitchHz = 180 * 2 ** (random.uniform() * 0.8);
    const level = isOnBeat ? 0.2 : 0.1;
    const length = 0.8 * (60 / bpm);
    for (let n = 0; n < length * RATE_HZ; n++) {
      const at = Math.round(Math.max(0, start) * RATE_HZ) + n;
      const time = n / RATE_HZ;
      const envelope = Math.min(1, time / 0.02) * Math.min(1, (length - time) / 0.05);
      let sample = 0;
      for (let h = 1; h <= 12; h++) sample += Math.sin(2 * Math.PI * h * pitchHz * time) / h;
      sound[at]! += level * envelope * sample;
    }
  }
}

describe('finds the tempo within 1 %', () => {
  test.each([62, 77, 95.5, 120, 128, 140, 152])('of clicks at %s BPM', (bpm) => {
    const { bpm: found, confidence } = tempoOf(clicks(bpm, 12));
    expect(Math.abs(found! / bpm - 1)).toBeLessThan(0.01);
    expect(confidence).toBeGreaterThan(0.5);
  });

  test.each([
    [70, 1],
    [92, 2],
    [104, 3],
    [126, 4],
  ])('of syllables at %s BPM, loosely sung', (bpm, seed) => {
    const { bpm: found, confidence } = tempoOf(syllables(bpm, 30, seed));
    expect(Math.abs(found! / bpm - 1)).toBeLessThan(0.01);
    expect(confidence).toBeGreaterThan(0.15);
  });

  test.each([22_050, 48_000, 96_000])('at %s Hz', (rate) => {
    expect(Math.abs(tempoOf(clicks(110, 8, rate), rate).bpm! / 110 - 1)).toBeLessThan(0.01);
  });
});

describe('says nothing of what has no tempo', () => {
  const random = new Random(7);
  test.each([
    ['silence', soundOf(8, () => 0)],
    ['a steady tone', soundOf(8, (time) => 0.5 * Math.sin(2 * Math.PI * 441 * time))],
    [
      'a tone with vibrato',
      soundOf(
        10,
        (time) => 0.5 * Math.sin(2 * Math.PI * 300 * time + 2 * Math.sin(2 * Math.PI * 5.5 * time)),
      ),
    ],
    ['noise', soundOf(20, () => 0.2 * random.signed())],
    ['short noise', soundOf(5, () => 0.2 * random.signed())],
    ['a moment', clicks(120, 1.5)],
    [
      'onsets at random',
      (() => {
        const starts = Array.from({ length: 60 }, () => 30 * random.uniform());
        return soundOf(30, (time) =>
          starts.reduce(
            (sum, start) =>
              sum +
              (time < start || time > start + 0.1
                ? 0
                : 0.3 * Math.exp((start - time) / 0.02) * Math.sin(9000 * (time - start))),
            0,
          ),
        );
      })(),
    ],
  ])('%s', (_, sound) => {
    const { bpm, confidence } = tempoOf(sound);
    expect(bpm).toBeNull();
    expect(confidence).toBeLessThan(0.25);
  });
});
