import { describe, expect, test } from 'vitest';
import { SPECTRUM_BANDS, SPECTRUM_HIGHEST_HZ, SPECTRUM_LOWEST_HZ } from '#core/protocol/audio-frames.ts';
import { LongTermSpectrum } from './long-term-spectrum.ts';

const FS = 44_100;
const STEP = (SPECTRUM_HIGHEST_HZ / SPECTRUM_LOWEST_HZ) ** (1 / (SPECTRUM_BANDS - 1));
const bandOf = (hz: number) => Math.round(Math.log(hz / SPECTRUM_LOWEST_HZ) / Math.log(STEP));

function spectrumOf(channels: readonly Float32Array[], sizes: readonly number[] = [10_000]): Float32Array {
  const spectrum = new LongTermSpectrum(FS);
  for (let start = 0, turn = 0; start < channels[0]!.length; turn++) {
    const end = start + sizes[turn % sizes.length]!;
    Array.from(spectrum.add(channels.map((channel) => channel.subarray(start, end))));
    start = end;
  }
  return spectrum.end();
}

/** A sine that has its level from one time on. */
const tone = (seconds: number, hz: number, amplitudeAt: (time: number) => number): Float32Array =>
  Float32Array.from(
    { length: seconds * FS },
    (_, n) => amplitudeAt(n / FS) * Math.sin((2 * Math.PI * hz * n) / FS),
  );

describe('the long-term spectrum', () => {
  test('of a tone is its level, however it comes', () => {
    const sound = tone(2, 1000, () => 0.1);
    const levels = spectrumOf([sound]);
    expect(Math.abs(levels[bandOf(1000)]! + 20)).toBeLessThan(0.15);
    expect(levels[bandOf(4000)]).toBeLessThan(-100);
    expect(spectrumOf([sound], [1, 700, 33])).toEqual(levels);
  });

  test('is the mean of powers', () => {
    // For half of the time 10 dB more: 10 log10((1 + 10)/2) = 7.4 dB.
    const levels = spectrumOf([tone(8, 500, (time) => (time < 4 ? 0.01 : 0.01 * Math.sqrt(10)))]);
    expect(Math.abs(levels[bandOf(500)]! - (-40 + 7.4))).toBeLessThan(0.3);
  });

  test('leaves out silence and what is far below the rest', () => {
    const singing = (time: number) => (Math.floor(time) % 4 === 0 ? 0.05 : 0);
    const sung = tone(8, 700, singing);
    const hum = tone(8, 5000, () => 0.000_05);
    const levels = spectrumOf([sung.map((x, n) => x + hum[n]!)]);
    expect(Math.abs(levels[bandOf(700)]! - 20 * Math.log10(0.05))).toBeLessThan(0.8);
    // What is sung less than 40 dB down counts.
    const softly = spectrumOf([tone(8, 700, (time) => (time < 4 ? 0.05 : 0.005))]);
    expect(softly[bandOf(700)]).toBeLessThan(20 * Math.log10(0.05) - 2.5);
  });

  test('is of both sides together', () => {
    const [left, right] = [tone(1, 300, () => 0.1), tone(1, 3000, () => 0.1)];
    const levels = spectrumOf([left, right]);
    for (const hz of [300, 3000]) expect(Math.abs(levels[bandOf(hz)]! + 26.02)).toBeLessThan(0.15);
  });

  test.each([0, 100, 3 * FS])('of %s samples of silence is silence', (length) => {
    expect(spectrumOf([new Float32Array(length)])).toEqual(new Float32Array(SPECTRUM_BANDS).fill(-180));
  });

  test('of a sound shorter than a frame is there all the same', () => {
    expect(spectrumOf([tone(0.05, 2000, () => 0.5)])[bandOf(2000)]).toBeGreaterThan(-20);
  });
});
