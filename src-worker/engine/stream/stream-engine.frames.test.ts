import { beforeAll, describe, expect, it } from 'vitest';
import { integratedLufs, momentaryLufs, shortTermLufs } from '#core/loudness/index.ts';
import {
  METER_FIELDS,
  MeterField,
  SPECTRUM_BANDS,
  SPECTRUM_HIGHEST_HZ,
  SPECTRUM_LOWEST_HZ,
  SPECTRUM_TRACES,
  SpectrumTrace,
} from '#core/protocol/audio-frames.ts';
import { CHAIN_PARAMETERS, neutralRaw, parameterIndex } from '#core/chain/parameters.ts';
import { physicalToRaw } from '#core/parameter.ts';
import type { Monitor } from '#core/protocol/audio.ts';
import type { Bypassable, EffectId } from '#core/protocol/schemas.ts';
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

  it('finds the peaks between the samples, whatever the blocks, and those since the frame before', () => {
    // Samples at 45° and 135° of a sine of amplitude 0.5 and fs/4, and then of one of amplitude 0.1.
    const dry = Float32Array.from(
      { length: 2 * FS },
      (_, n) => (n < FS ? 0.5 : 0.1) * Math.sin((Math.PI / 2) * n + Math.PI / 4),
    );
    const silence = new Float32Array(dry.length);
    for (const sizes of [[480], [1, 7, 64, 300]]) {
      const engine = new StreamEngine(module, FS);
      // Only right has sound: the larger of both sides counts.
      engine.load(silence, [silence, dry]);
      engine.setMonitor('target');
      engine.play();
      play(engine, FS / 2, sizes);
      const loud = metersOf(engine);
      expect(loud[MeterField.peakRightDb]).toBeCloseTo(-6.02 - 3.01, 1);
      expect(Math.abs(loud[MeterField.truePeakDb]! + 6.02)).toBeLessThan(0.1);
      play(engine, FS, sizes);
      metersOf(engine);
      play(engine, 735, sizes);
      expect(Math.abs(metersOf(engine)[MeterField.truePeakDb]! + 20)).toBeLessThan(0.1);
    }
  });

  it('reads the parts of the processed sound as they are heard alone', () => {
    const raw = madeUpRaw();
    const playing = (
      bypassed: readonly EffectId[],
      solo: EffectId | null,
      monitor: Monitor = 'processed',
    ) => {
      const engine = engineWith(voice(3, 8));
      engine.setSettings(raw, true);
      engine.setEffects(bypassed, solo);
      engine.setMonitor(monitor);
      engine.setGains({ input: 1, dry: 0.5, target: 1, processed: 1 });
      engine.play();
      const { left, right } = play(engine, 2 * FS);
      let power = 0;
      for (let n = left.length - 0.3 * FS; n < left.length; n++)
        power += 0.5 * (left[n]! ** 2 + right[n]! ** 2);
      return { frame: metersOf(engine), rmsDb: 10 * Math.log10(power / (0.3 * FS)) };
    };
    const parts = [
      ['directRmsDb', 'pan'],
      ['delayRmsDb', 'delay'],
      ['reverbRmsDb', 'fdn'],
    ] as const;
    // Whatever is listened to and how loud, it is about the processed sound.
    const { frame: whole } = playing([], null, 'dry');
    for (const [field, solo] of parts) {
      const alone = playing([], solo);
      expect(whole[MeterField[field]], field).toBeGreaterThan(-80);
      expect(Math.abs(whole[MeterField[field]]! - alone.rmsDb), field).toBeLessThan(0.01);
      for (const [other] of parts) {
        const levelDb = alone.frame[MeterField[other]]!;
        if (other === field) expect(Math.abs(levelDb - alone.rmsDb)).toBeLessThan(0.01);
        else expect(levelDb, `${other} while ${solo} is heard alone`).toBe(-Infinity);
      }
    }
    const { frame } = playing(['delay'], null);
    expect(frame[MeterField.delayRmsDb]).toBe(-Infinity);
    expect(frame[MeterField.directRmsDb]).toBeCloseTo(whole[MeterField.directRmsDb]!, 3);
    expect(Math.abs(playing([], 'eq').frame[MeterField.directRmsDb]! - playing([], 'eq').rmsDb)).toBeLessThan(
      0.01,
    );
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
      'truePeakDb',
      'directRmsDb',
      'delayRmsDb',
      'reverbRmsDb',
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
  const traceOf = (frame: Float32Array, trace: keyof typeof SpectrumTrace): Float32Array =>
    frame.subarray(SpectrumTrace[trace] * SPECTRUM_BANDS, (SpectrumTrace[trace] + 1) * SPECTRUM_BANDS);
  const bandOf = (hz: number) => Math.round(Math.log(hz / SPECTRUM_LOWEST_HZ) / Math.log(STEP));

  it('is of the chain’s input after its gain, and of what is heard', () => {
    const engine = engineWith(tones(FS, [500, 0.1]), tones(FS, [3000, 0.5]));
    engine.setGains({ input: 2, dry: 1, target: 2, processed: 1 });
    engine.setMonitor('target');
    engine.play();
    play(engine, FS / 2);
    const frame = new Float32Array(SPECTRUM_TRACES * SPECTRUM_BANDS);
    expect(engine.takeSpectrum(frame)).toBe(true);
    const [input, heard] = [traceOf(frame, 'input'), traceOf(frame, 'heard')];
    expect(input[bandOf(500)]).toBeCloseTo(20 * Math.log10(0.2), 0);
    expect(input[bandOf(3000)]).toBeLessThan(-60);
    expect(heard[bandOf(3000)]).toBeCloseTo(0, 0);
    expect(heard[bandOf(500)]).toBeLessThan(-60);
  });

  it('is of what the EQ makes of the input, and of the input where the EQ is bypassed', () => {
    const raw = neutralRaw();
    const set = (id: string, physical: number): void => {
      const index = parameterIndex(id);
      raw[index] = physicalToRaw(CHAIN_PARAMETERS[index]!, physical);
    };
    set('eq.pk1.freq', 1000);
    set('eq.pk1.gain', 12);
    set('eq.hp.freq', 16);
    const engine = engineWith(tones(FS, [1000, 0.05], [6000, 0.05]));
    const frameAfter = (bypassed: readonly Bypassable[]): Float32Array => {
      engine.setSettings(raw, true, bypassed);
      engine.setEffects(bypassed, null);
      engine.stop();
      engine.play();
      play(engine, FS / 2);
      const frame = new Float32Array(SPECTRUM_TRACES * SPECTRUM_BANDS);
      expect(engine.takeSpectrum(frame)).toBe(true);
      return frame;
    };
    const liftDb = (frame: Float32Array, hz: number): number =>
      traceOf(frame, 'equalised')[bandOf(hz)]! - traceOf(frame, 'input')[bandOf(hz)]!;
    const equalised = frameAfter([]);
    expect(Math.abs(liftDb(equalised, 1000) - 12)).toBeLessThan(0.1);
    expect(Math.abs(liftDb(equalised, 6000))).toBeLessThan(2);
    const bypassed = frameAfter(['eq']);
    expect(traceOf(bypassed, 'equalised')).toEqual(traceOf(bypassed, 'input'));
    expect(Math.abs(liftDb(frameAfter(['eq.pk1']), 1000))).toBeLessThan(0.1);
  });

  it('shows all of the same moment', () => {
    const dry = tones(FS, [300, 0.2], [2500, 0.2]).map((x, n) => (n > 21_000 && n < 21_050 ? 20 * x : x));
    const engine = engineWith(dry);
    engine.setMonitor('dry');
    engine.setEffects(['eq'], null);
    engine.play();
    play(engine, 22_500);
    const frame = new Float32Array(SPECTRUM_TRACES * SPECTRUM_BANDS);
    engine.takeSpectrum(frame);
    const input = traceOf(frame, 'input');
    for (const trace of ['equalised', 'heard'] as const)
      traceOf(frame, trace).forEach((levelDb, band) => {
        expect(levelDb).toBeCloseTo(input[band]!, 3);
      });
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
