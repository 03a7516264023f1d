import { expect, it } from 'vitest';
import { tones } from '#core/loudness/test-signals.ts';
import { LevelMeter } from './level-meter.ts';

const sine = (seconds: number, levelDbfs: number) =>
  tones(48_000, 1, { seconds, levelDbfs, frequencyHz: 1000 }).channels[0]!;

it('reads a full-scale sine as 0 dB peak and −3.01 dB RMS', () => {
  const meter = new LevelMeter(48_000);
  meter.measure(sine(1, 0), 48_000);
  expect(meter.takePeakDb()).toBeCloseTo(0, 3);
  expect(meter.rmsDb).toBeCloseTo(-3.0103, 3);
});

it('holds the peak until it is looked at', () => {
  const meter = new LevelMeter(48_000);
  meter.measure(Float32Array.of(0.1, -0.5, 0.2), 3);
  meter.measure(Float32Array.of(0.25), 1);
  expect(meter.takePeakDb()).toBeCloseTo(-6.0206, 4);
  expect(meter.takePeakDb()).toBe(-Infinity);
  meter.measure(Float32Array.of(0.25), 1);
  expect(meter.takePeakDb()).toBeCloseTo(-12.0412, 4);
});

it('has forgotten after 300 ms what was before', () => {
  const meter = new LevelMeter(48_000);
  meter.measure(sine(1, 0), 48_000);
  const quiet = sine(0.32, -40);
  meter.measure(quiet, 0.15 * 48_000);
  expect(meter.rmsDb).toBeCloseTo(-6, 1);
  meter.measure(quiet, 0.16 * 48_000);
  expect(meter.rmsDb).toBeCloseTo(-43.01, 1);
});

it('begins anew after a rest', () => {
  const meter = new LevelMeter(48_000);
  meter.measure(sine(1, 0), 48_000);
  meter.rest();
  expect(meter.rmsDb).toBe(-Infinity);
});
