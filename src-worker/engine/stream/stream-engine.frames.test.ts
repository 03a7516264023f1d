import { beforeAll, describe, expect, it } from 'vitest';
import { integratedLufs, momentaryLufs, shortTermLufs } from '#core/loudness/index.ts';
import {
  METER_FIELDS,
  MeterField,
  SPECTRUM_BANDS,
  SPECTRUM_HIGHEST_HZ,
  SPECTRUM_LOWEST_HZ,
  SPECTRUM_TRACES,
} from '#core/protocol/audio-frames.ts';
import { madeUpRaw } from '../../test-support/made-up-pair.ts';
import { tones, voice } from '../../test-support/made-up-signals.ts';
import { loadKernelModule } from '../kernel-module.ts';
import { StreamEngine } from './stream-engine.ts';
import { play } from './test-player.ts';

const FS = 44_100;
let module: WebAssembly.Module;
beforeAll(async () => {
  module = await loadKernelModule();
});

function engineWith(dry: Float32Array, target: Float32Array | null = null): StreamEngine {
  const engine = new StreamEngine(module, FS);
  engine.setSettings(madeUpRaw(), true);
  engine.load(dry, target && [target, target]);
  return engine;
}

const metersOf = (engine: StreamEngine): Float32Array => {
  const frame = new Float32Array(METER_FIELDS).fill(NaN);
  engine.takeMeters(frame);
  return frame;
};

describe('a frame of meters', () => {
  it('is of what is heard', () => {
    const dry = voice(6, 3);
    for (const monitor of ['dry', 'processed'] as const) {
      const engine = engineWith(dry);
      engine.setMonitor(monitor);
      engine.play();
      const { left, right } = play(engine, 5 * FS);
      const audio = { sampleRateHz: FS, channels: [left, right] };
      const frame = metersOf(engine);
      const peakDb = (x: Float32Array) =>
        20 * Math.log10(x.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0));
      const rmsDb = (x: Float32Array) => {
        const window = x.subarray(x.length - 0.3 * FS);
        return 10 * Math.log10(window.reduce((sum, sample) => sum + sample * sample, 0) / window.length);
      };
      expect(frame[MeterField.peakLeftDb]).toBeCloseTo(peakDb(left), 3);
      expect(frame[MeterField.peakRightDb]).toBeCloseTo(peakDb(right), 3);
      expect(frame[MeterField.rmsLeftDb]).toBeCloseTo(rmsDb(left), 3);
      expect(frame[MeterField.rmsRightDb]).toBeCloseTo(rmsDb(right), 3);
      expect(Math.abs(frame[MeterField.integratedLufs]! - integratedLufs(audio))).toBeLessThan(0.05);
      expect(frame[MeterField.momentaryLufs]).toBeCloseTo(momentaryLufs(audio).lufs.at(-1)!, 3);
      expect(frame[MeterField.shortTermLufs]).toBeCloseTo(shortTermLufs(audio).lufs.at(-1)!, 3);
      expect(frame[MeterField.position]).toBe(engine.position);
      expect(frame[MeterField.isPlaying]).toBe(1);
    }
  });

  it('shows what the compressor does', () => {
    const engine = engineWith(tones(3 * FS, [400, 0.5]));
    engine.setMonitor('dry');
    engine.play();
    play(engine, 2 * FS);
    metersOf(engine);
    play(engine, 4410);
    const frame = metersOf(engine);
    expect(frame[MeterField.compressorInputDb]).toBeGreaterThan(-20);
    expect(frame[MeterField.compressorInputDb]).toBeLessThan(0);
    // Threshold −24 dB, ratio 3.5.
    const expected = (1 - 1 / 3.5) * (-24 - frame[MeterField.compressorInputDb]!);
    expect(Math.abs(frame[MeterField.gainReductionDb]! - expected)).toBeLessThan(2);
    expect(frame[MeterField.gainReductionDb]).toBeLessThan(-6);
  });

  it('rests in silence, and the integrated loudness stays until it is reset', () => {
    const engine = engineWith(voice(3, 4));
    engine.play();
    play(engine, 2 * FS);
    engine.pause();
    play(engine, 1000);
    metersOf(engine);
    const frame = metersOf(engine);
    const silent = [
      'peakLeftDb',
      'peakRightDb',
      'rmsLeftDb',
      'rmsRightDb',
      'momentaryLufs',
      'shortTermLufs',
    ] as const;
    for (const field of silent) expect(frame[MeterField[field]], field).toBe(-Infinity);
    expect(frame[MeterField.gainReductionDb]).toBe(0);
    expect(frame[MeterField.compressorInputDb]).toBe(-Infinity);
    expect(frame[MeterField.isPlaying]).toBe(0);
    expect(frame[MeterField.integratedLufs]).toBeGreaterThan(-40);
    engine.resetMeters();
    expect(metersOf(engine)[MeterField.integratedLufs]).toBe(-Infinity);
  });
});

describe('a frame of spectra', () => {
  const STEP = (SPECTRUM_HIGHEST_HZ / SPECTRUM_LOWEST_HZ) ** (1 / (SPECTRUM_BANDS - 1));
  const bandOf = (hz: number) => Math.round(Math.log(hz / SPECTRUM_LOWEST_HZ) / Math.log(STEP));

  it('is of the chain’s input after its gain, and of what is heard', () => {
    const engine = engineWith(tones(FS, [500, 0.1]), tones(FS, [3000, 0.5]));
    engine.setGains({ input: 2, dry: 1, target: 2, processed: 1 });
    engine.setMonitor('target');
    engine.play();
    play(engine, FS / 2);
    const frame = new Float32Array(SPECTRUM_TRACES * SPECTRUM_BANDS);
    expect(engine.takeSpectrum(frame)).toBe(true);
    const [input, heard] = [frame.subarray(0, SPECTRUM_BANDS), frame.subarray(SPECTRUM_BANDS)];
    expect(input[bandOf(500)]).toBeCloseTo(20 * Math.log10(0.2), 0);
    expect(input[bandOf(3000)]).toBeLessThan(-60);
    expect(heard[bandOf(3000)]).toBeCloseTo(0, 0);
    expect(heard[bandOf(500)]).toBeLessThan(-60);
  });

  it('shows both of the same moment', () => {
    const dry = tones(FS, [300, 0.2], [2500, 0.2]).map((x, n) => (n > 21_000 && n < 21_050 ? 20 * x : x));
    const engine = engineWith(dry);
    engine.setMonitor('dry');
    engine.play();
    play(engine, 22_500);
    const frame = new Float32Array(SPECTRUM_TRACES * SPECTRUM_BANDS);
    engine.takeSpectrum(frame);
    for (let band = 0; band < SPECTRUM_BANDS; band++)
      expect(frame[SPECTRUM_BANDS + band]).toBeCloseTo(frame[band]!, 3);
  });

  it('comes at most 60 times a second, and not in silence', () => {
    const engine = engineWith(voice(2, 5));
    const frame = new Float32Array(SPECTRUM_TRACES * SPECTRUM_BANDS);
    play(engine, 5000);
    expect(engine.takeSpectrum(frame)).toBe(false);
    engine.play();
    let frames = 0;
    for (let block = 0; block < FS / 100; block++) {
      play(engine, 100);
      if (engine.takeSpectrum(frame)) frames++;
    }
    expect(frames).toBeGreaterThan(50);
    expect(frames).toBeLessThanOrEqual(60);
    engine.pause();
    play(engine, 2000);
    engine.takeSpectrum(frame);
    play(engine, 5000);
    expect(engine.takeSpectrum(frame)).toBe(false);
  });
});
