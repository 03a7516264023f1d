import { describe, expect, test } from 'vitest';
import type { Audio } from '#core/signal/audio.ts';
import { resample } from './resample.ts';

interface SineFit {
  readonly amplitude: number;
  readonly delaySeconds: number;
  /** Everything that is not the sine, against the sine. */
  readonly residueDb: number;
}

/** Least-squares sine of a known frequency in the middle half of a signal, where no edge reaches. */
function fitSine(y: Float32Array, frequencyHz: number, sampleRateHz: number): SineFit {
  const from = y.length >> 2;
  const to = 3 * from;
  const w = (2 * Math.PI * frequencyHz) / sampleRateHz;
  let [ss, cc, sc, ys, yc] = [0, 0, 0, 0, 0];
  for (let n = from; n < to; n++) {
    const [s, c] = [Math.sin(w * n), Math.cos(w * n)];
    ss += s * s;
    cc += c * c;
    sc += s * c;
    ys += y[n] * s;
    yc += y[n] * c;
  }
  const determinant = ss * cc - sc * sc;
  const a = (ys * cc - yc * sc) / determinant;
  const b = (yc * ss - ys * sc) / determinant;
  let residue = 0;
  for (let n = from; n < to; n++) residue += (y[n] - a * Math.sin(w * n) - b * Math.cos(w * n)) ** 2;
  const amplitude = Math.hypot(a, b);
  return {
    amplitude,
    delaySeconds: -Math.atan2(b, a) / (2 * Math.PI * frequencyHz),
    residueDb: 10 * Math.log10(residue / ((to - from) * 0.5 * amplitude ** 2)),
  };
}

const sine = (frequencyHz: number, sampleRateHz: number, length: number): Audio => ({
  sampleRateHz,
  channels: [
    Float32Array.from({ length }, (_, n) => 0.5 * Math.sin((2 * Math.PI * frequencyHz * n) / sampleRateHz)),
  ],
});

const RATIOS = [
  [48000, 44100],
  [44100, 48000],
  [96000, 44100],
  [44100, 192000],
  [8000, 44100],
  [384000, 44100],
  [44100, 8000],
  // No common divisor: the table of phases is interpolated.
  [44100, 44101],
  [47999, 44100],
] as const;

describe.each(RATIOS)('%i Hz to %i Hz', (from, to) => {
  const lowerHz = Math.min(from, to);
  const length = Math.ceil(from / 3) + 11;

  test('gives round(length · to / from) samples', async () => {
    const { sampleRateHz, channels } = await resample(sine(100, from, length), to);
    expect(sampleRateHz).toBe(to);
    expect(channels[0].length).toBe(Math.round((length * to) / from));
  });

  test.each([0.02, 0.25, 0.45])(
    'a sine at %f of the lower rate keeps level and time, and stays pure',
    async (part) => {
      const frequencyHz = part * lowerHz;
      const { channels } = await resample(sine(frequencyHz, from, length), to);
      const { amplitude, delaySeconds, residueDb } = fitSine(channels[0], frequencyHz, to);
      expect(Math.abs(20 * Math.log10(amplitude / 0.5))).toBeLessThan(1e-5);
      expect(Math.abs(delaySeconds * to)).toBeLessThan(1e-6);
      expect(residueDb).toBeLessThan(-140);
    },
  );

  test('nothing above the lower Nyquist frequency comes through', async () => {
    const frequencyHz = 0.501 * lowerHz;
    if (frequencyHz >= from / 2) return;
    const { channels } = await resample(sine(frequencyHz, from, length), to);
    const middle = channels[0].subarray(channels[0].length >> 2, 3 * (channels[0].length >> 2));
    expect(middle.every((sample) => Math.abs(sample) < 0.5e-6)).toBe(true);
  });
});

test('an impulse stays where it is', async () => {
  const input = new Float32Array(48000);
  // Second 0.5 exactly, on both grids.
  input[24000] = 1;
  const { channels } = await resample({ sampleRateHz: 48000, channels: [input] }, 44100);
  const [y] = channels;
  const peak = y.indexOf(y.reduce((highest, sample) => Math.max(highest, sample), 0));
  expect(peak).toBe(22050);
  for (let k = 1; k < 200; k++) expect(y[peak + k]).toBeCloseTo(y[peak - k], 7);
});

test('a constant stays that constant, away from the ends', async () => {
  const { channels } = await resample(
    { sampleRateHz: 32000, channels: [new Float32Array(8000).fill(0.25)] },
    44100,
  );
  const middle = channels[0].subarray(500, -500);
  expect(middle.every((sample) => Math.abs(sample - 0.25) < 1e-7)).toBe(true);
});

test('equals the naive sum over all inputs, at the ends and across pieces', async () => {
  // White noise of 3 pieces; the naive form takes the impulse response from the resampler itself.
  const [from, to] = [3000, 4000];
  const x = Float32Array.from({ length: 30_000 }, (_, n) => Math.sin(n * n * 0.37));
  const { channels } = await resample({ sampleRateHz: from, channels: [x] }, to);
  const place = 300;
  const responses = await Promise.all(
    [0, 1, 2].map(async (shift) => {
      const impulse = new Float32Array(2 * place);
      impulse[place + shift] = 1;
      return (await resample({ sampleRateHz: from, channels: [impulse] }, to)).channels[0];
    }),
  );
  for (const k of [0, 1, 2, 3, 57, 16383, 16384, 16385, 32767, 32768, 39998, 39999]) {
    // An input i answers output k like input place + i mod 3 answers the output as far from it.
    let expected = 0;
    for (let i = 0; i < x.length; i++) {
      const shift = i % 3;
      const y = responses[shift][k + ((place - (i - shift)) * to) / from];
      expected += x[i] * (y ?? 0);
    }
    expect(channels[0][k]).toBeCloseTo(expected, 5);
  }
});

test('equal rates give the same object', async () => {
  const audio = sine(440, 44100, 100);
  expect(await resample(audio, 44100)).toBe(audio);
});

test('channels are independent, and lengths from 0 up work', async () => {
  const noise = Float32Array.from({ length: 50 }, (_, n) => Math.sin(n * n));
  const both = await resample({ sampleRateHz: 48000, channels: [noise, new Float32Array(50)] }, 44100);
  const alone = await resample({ sampleRateHz: 48000, channels: [noise] }, 44100);
  expect(both.channels[0]).toEqual(alone.channels[0]);
  expect(both.channels[1].every((sample) => sample === 0)).toBe(true);
  for (const length of [0, 1, 2]) {
    const { channels } = await resample({ sampleRateHz: 44100, channels: [new Float32Array(length)] }, 48000);
    expect(channels[0].length).toBe(Math.round((length * 48000) / 44100));
  }
});

test('a rate that is not a whole number is refused', async () => {
  await expect(resample(sine(440, 44100, 10), 44100.5)).rejects.toThrow('not 44100.5');
});
