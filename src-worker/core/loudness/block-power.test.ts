import { describe, expect, test } from 'vitest';
import { biquadResponse, filterBiquad } from '../signal/biquad.ts';
import { blockPowers, countBlocks, powerToLufs, stepEnergies } from './block-power.ts';
import { kWeighting } from './k-weighting.ts';
import { tones } from './test-signals.ts';

const noise = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, n) => Math.sin((n + seed) ** 2 * 0.731));

describe.each([8000, 11025, 44100, 47999])('at %i Hz', (sampleRateHz) => {
  test('equals the definition, block by block', () => {
    const channels = [noise(sampleRateHz, 1), noise(sampleRateHz, 2)];
    const powers = blockPowers(stepEnergies({ sampleRateHz, channels }), 4);
    expect(powers.length).toBe(7);
    const filtered = channels.map((channel) => {
      const y = new Float64Array(channel.length);
      const [shelf, highPass] = kWeighting(sampleRateHz);
      filterBiquad(shelf, channel, y);
      filterBiquad(highPass, y, y);
      return y;
    });
    powers.forEach((power, block) => {
      const from = Math.floor((block * sampleRateHz) / 10);
      const to = Math.floor(((block + 4) * sampleRateHz) / 10);
      const sum = filtered.reduce(
        (total, y) => total + y.subarray(from, to).reduce((energy, sample) => energy + sample * sample, 0),
        0,
      );
      expect(power / (sum / (0.4 * sampleRateHz))).toBeCloseTo(1, 10);
    });
  });
});

test('a sine has half the square of its filtered peak', () => {
  const steps = stepEnergies(tones(48000, 1, { seconds: 2, levelDbfs: 0, frequencyHz: 3000 }));
  const gain = kWeighting(48000).reduce((product, stage) => {
    const { re, im } = biquadResponse(stage, 3000, 48000);
    return product * Math.hypot(re, im);
  }, 1);
  const powers = blockPowers(steps, 4);
  expect(powers[powers.length - 1]).toBeCloseTo((gain * gain) / 2, 5);
});

test('counts the blocks that fit', () => {
  const count = (length: number, rate: number): number =>
    countBlocks(stepEnergies({ sampleRateHz: rate, channels: [new Float32Array(length)] }), 4);
  expect(count(4 * 4410, 44100)).toBe(1);
  expect(count(4 * 4410 - 1, 44100)).toBe(0);
  expect(count(5 * 4410 - 1, 44100)).toBe(1);
  expect(count(44100 * 60, 44100)).toBe(597);
});

test('material shorter than a block is one block of its own length; no material has none', () => {
  const short = stepEnergies({ sampleRateHz: 48000, channels: [noise(4800, 3)] });
  const [power] = blockPowers(short, 4);
  expect(power).toBeCloseTo(short.energies[0] / 4800, 12);
  expect(blockPowers(stepEnergies({ sampleRateHz: 48000, channels: [new Float32Array(0)] }), 4).length).toBe(
    0,
  );
});

test('no power is −∞ LUFS', () => {
  expect(powerToLufs(0)).toBe(-Infinity);
});

test('silence after sound costs no more time than sound', () => {
  const sound = noise(48000 * 20, 1);
  const fading = sound.map((sample, n) => (n < 48000 ? sample * 1e-30 : 0));
  const time = (x: Float32Array): number => {
    const start = performance.now();
    stepEnergies({ sampleRateHz: 48000, channels: [x] });
    return performance.now() - start;
  };
  time(sound);
  expect(time(fading)).toBeLessThan(4 * time(sound) + 20);
});
