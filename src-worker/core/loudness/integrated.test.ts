import { describe, expect, test } from 'vitest';
import { gainToLufs, integratedLufs } from './integrated.ts';
import { onlyChannels, tones } from './test-signals.ts';

describe('EBU Tech 3341, minimum requirements', () => {
  const tone = (seconds: number, levelDbfs: number) => ({ seconds, levelDbfs });
  test.each([
    ['1: −23 dBFS', [tone(20, -23)], -23],
    ['2: −33 dBFS', [tone(20, -33)], -33],
    ['3: the relative gate', [tone(10, -36), tone(60, -23), tone(10, -36)], -23],
    [
      '4: the absolute gate',
      [tone(10, -72), tone(10, -36), tone(60, -23), tone(10, -36), tone(10, -72)],
      -23,
    ],
    ['5: levels within the gate', [tone(20, -26), tone(20.1, -20), tone(20, -26)], -23],
  ])('%s', (_, parts, lufs) => {
    for (const rate of [44100, 48000]) {
      expect(Math.abs(integratedLufs(tones(rate, 2, ...parts)) - lufs)).toBeLessThanOrEqual(0.1);
    }
  });

  test('6: five channels, surrounds 1.5 dB up', () => {
    const rate = 48000;
    const at = (levelDbfs: number) => tones(rate, 1, { seconds: 20, levelDbfs }).channels[0];
    const silent = new Float32Array(20 * rate);
    const channels = [at(-28), at(-28), at(-24), silent, at(-30), at(-30)];
    expect(Math.abs(integratedLufs({ sampleRateHz: rate, channels }) + 23)).toBeLessThanOrEqual(0.1);
  });
});

test('997 Hz at full scale in one channel is −3.01 LUFS (BS.1770-4)', () => {
  const mono = tones(48000, 1, { seconds: 5, levelDbfs: 0, frequencyHz: 997 });
  expect(integratedLufs(mono)).toBeCloseTo(-3.01, 2);
  expect(
    integratedLufs(onlyChannels({ ...mono, channels: [mono.channels[0], mono.channels[0]] }, 1)),
  ).toBeCloseTo(-3.01, 2);
});

test('two equal channels are 3.01 LU louder than one', () => {
  const parts = { seconds: 2, levelDbfs: -20 };
  expect(integratedLufs(tones(44100, 2, parts)) - integratedLufs(tones(44100, 1, parts))).toBeCloseTo(
    3.01,
    2,
  );
});

test.each([8000, 11025, 32000, 96000, 384_000])('the same at %i Hz', (rate) => {
  const lufs = integratedLufs(tones(rate, 1, { seconds: 1, levelDbfs: -10, frequencyHz: 997 }));
  expect(Math.abs(lufs + 13.01)).toBeLessThan(rate < 16000 ? 0.22 : 0.01);
});

test('a block at exactly −70 LUFS or less does not count', () => {
  expect(integratedLufs(tones(48000, 1, { seconds: 5, levelDbfs: -68 }))).toBe(-Infinity);
  expect(integratedLufs(tones(48000, 1, { seconds: 5, levelDbfs: -66 }))).toBeCloseTo(-69, 1);
});

test('no sound, or no samples, is −∞', () => {
  expect(integratedLufs({ sampleRateHz: 48000, channels: [new Float32Array(48000)] })).toBe(-Infinity);
  expect(integratedLufs({ sampleRateHz: 48000, channels: [new Float32Array(0)] })).toBe(-Infinity);
  expect(integratedLufs({ sampleRateHz: 48000, channels: [] })).toBe(-Infinity);
});

test('material shorter than a block has the loudness of all of it', () => {
  expect(integratedLufs(tones(48000, 1, { seconds: 0.2, levelDbfs: -20 }))).toBeCloseTo(-23, 0);
});

describe('the pyloudnorm weighting', () => {
  test('reads 0.045 LU lower', () => {
    const audio = tones(44100, 2, { seconds: 3, levelDbfs: -20, frequencyHz: 700 });
    const difference = integratedLufs(audio, { weighting: 'pyloudnorm' }) - integratedLufs(audio);
    expect(difference).toBeCloseTo(-0.046, 2);
  });

  test('counts a last block that is more than half there', () => {
    // 0.4 s of a tone, then silence: 0.46 s make two blocks there and one by the standard.
    const audio = tones(48000, 1, { seconds: 0.4, levelDbfs: -20 }, { seconds: 0.06, levelDbfs: -300 });
    const two = integratedLufs(audio, { weighting: 'pyloudnorm' });
    expect(two - integratedLufs(audio)).toBeCloseTo(10 * Math.log10((1 + 0.75) / 2) - 0.046, 1);
  });
});

describe('gainToLufs', () => {
  test('brings the material there', () => {
    const audio = tones(44100, 2, { seconds: 3, levelDbfs: -31.4 });
    for (const weighting of ['bs1770', 'pyloudnorm'] as const) {
      const gain = gainToLufs(audio, -18, { weighting });
      const channels = audio.channels.map((channel) => channel.map((sample) => gain * sample));
      expect(integratedLufs({ ...audio, channels }, { weighting })).toBeCloseTo(-18, 5);
    }
  });

  test('refuses what has no loudness', () => {
    const silence = { sampleRateHz: 48000, channels: [new Float32Array(48000)] };
    expect(() => gainToLufs(silence, -18)).toThrow(
      new RangeError('No gain brings -Infinity LUFS to -18 LUFS.'),
    );
  });
});
