import { describe, expect, it } from 'vitest';
import { integratedLufs, momentaryLufs, shortTermLufs } from '#core/loudness/index.ts';
import { noise } from '../../test-support/made-up-signals.ts';
import { madeUpVoice } from '../../test-support/made-up-voice.ts';
import { LoudnessMeter } from './loudness-meter.ts';

/** A meter that has heard the sound in pieces of 256. */
function meterOf(sampleRateHz: number, left: Float32Array, right: Float32Array): LoudnessMeter {
  const meter = new LoudnessMeter(sampleRateHz);
  for (let start = 0; start < left.length; start += 256) {
    const end = Math.min(start + 256, left.length);
    meter.measure(left.subarray(start, end), right.subarray(start, end), end - start);
  }
  return meter;
}

/** Loud, quiet and silent passages, so that both gates have something to do. */
function passages(sampleRateHz: number, seed: number): Float32Array {
  const levels = [0.3, 0.05, 0, 0.5, 0.002, 1e-5, 0.2];
  const passage = Math.round(1.3 * sampleRateHz);
  return noise(levels.length * passage, seed).map((x, n) => x * levels[Math.floor(n / passage)]!);
}

describe.each([44_100, 48_000, 96_000, 11_025])('loudness at %i Hz', (sampleRateHz) => {
  const [left, right] = [passages(sampleRateHz, 1), passages(sampleRateHz, 2)];
  const audio = { sampleRateHz, channels: [left, right] };

  it('is that of the recording', () => {
    const meter = meterOf(sampleRateHz, left, right);
    expect(Math.abs(meter.integratedLufs - integratedLufs(audio))).toBeLessThan(0.02);
    expect(meter.momentaryLufs).toBeCloseTo(momentaryLufs(audio).lufs.at(-1)!, 6);
    expect(meter.shortTermLufs).toBeCloseTo(shortTermLufs(audio).lufs.at(-1)!, 6);
  });

  it('is, before there is enough for a window, over what there is', () => {
    const short = Math.round(0.7 * sampleRateHz);
    const meter = meterOf(sampleRateHz, left.subarray(0, short), right.subarray(0, short));
    const channels = [left.subarray(0, short), right.subarray(0, short)];
    expect(meter.shortTermLufs).toBeCloseTo(shortTermLufs({ sampleRateHz, channels }).lufs[0]!, 1);
  });
});

it('is within 0.1 LU of the recording’s for a minute of singing, gates and all', () => {
  const sound = madeUpVoice(60, 5).map((x, n) => x * (n % 600_000 < 200_000 ? 0.04 : 0.4));
  const audio = { sampleRateHz: 44_100, channels: [sound, sound] };
  const difference = meterOf(44_100, sound, sound).integratedLufs - integratedLufs(audio);
  expect(Math.abs(difference)).toBeLessThan(0.05);
});

it('knows nothing before the first sound, and of silence', () => {
  const meter = new LoudnessMeter(48_000);
  const levels = () => [meter.momentaryLufs, meter.shortTermLufs, meter.integratedLufs];
  expect(levels()).toEqual([-Infinity, -Infinity, -Infinity]);
  meter.measure(new Float32Array(48_000), new Float32Array(48_000), 48_000);
  expect(levels()).toEqual([-Infinity, -Infinity, -Infinity]);
});

it('begins momentary and short-term anew after a rest, and the integrated one after a reset', () => {
  const [left, right] = [noise(96_000, 1, 0.3), noise(96_000, 2, 0.3)];
  const meter = meterOf(48_000, left, right);
  const { integratedLufs: before } = meter;
  meter.rest();
  expect([meter.momentaryLufs, meter.shortTermLufs]).toEqual([-Infinity, -Infinity]);
  expect(meter.integratedLufs).toBe(before);
  meter.reset();
  expect(meter.integratedLufs).toBe(-Infinity);
});
