import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeFile } from '#audio/decode.ts';
import { resample } from '#audio/resample.ts';
import { neutralRaw, parameterIndex } from '#core/chain/parameters.ts';
import { integratedLufs, truePeakDb } from '#core/loudness/index.ts';
import type { Input } from '#core/protocol/contract.ts';
import type { EngineContract } from '#core/protocol/engine.ts';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { renderRealtime } from '#engine/render.ts';
import { madeUpRaw } from '../../test-support/made-up-pair.ts';
import { voice } from '../../test-support/made-up-signals.ts';
import { isSameSound, testEngine } from './test-engine.ts';

const RATE = 44_100;
const INPUT_GAIN = 1.25;
const OUTPUT_GAIN = 0.5;
const engine = await testEngine();
const window = engine.window();
const take = voice(3, 1);
const raw = madeUpRaw();
const dry = await window.load(engine.wav('dry.wav', [take], RATE), 'dry');
const { dry: prepared } = await window.client.call('playback.prepare', {
  job: 'prepare',
  dry: dry.source,
  target: null,
  sampleRateHz: RATE,
  offsetSeconds: 0,
  polarity: 1,
});

/** What is heard, by the renderer of whole recordings. */
async function heard(
  outputGain: number,
  options: Partial<Parameters<typeof renderRealtime>[3]> = {},
  input = take,
): Promise<Float32Array[]> {
  const module = await loadKernelModule();
  const scaled = input.map((x) => x * INPUT_GAIN);
  const channels = renderRealtime(module, scaled, raw, { sampleRateHz: RATE, ...options });
  return channels.map((channel) => channel.map((x) => x * outputGain));
}

const measure = (job: string, setting: Float64Array = raw) =>
  window.client.call('processed.measure', {
    job,
    dry: prepared.cache,
    sampleRateHz: RATE,
    raw: setting,
    inputGain: INPUT_GAIN,
  });

const exporting = (name: string, changes: Partial<Input<EngineContract, 'export.wav'>> = {}) =>
  window.client.call('export.wav', {
    job: window.newJob(),
    dry: dry.source,
    file: window.grant(engine.path(name)),
    raw,
    sampleRateHz: RATE,
    depth: '32f',
    tailSeconds: 0,
    inputGain: INPUT_GAIN,
    outputGain: OUTPUT_GAIN,
    lufs: null,
    bypassed: [],
    ...changes,
  });

describe('a measurement of the result', () => {
  it('has the levels and the outline of what is heard', async () => {
    const { peaks, lufs, truePeakDb: peakDb } = await measure('a');
    const channels = await heard(1);
    expect(lufs).toBeCloseTo(integratedLufs({ sampleRateHz: RATE, channels }), 1);
    expect(peakDb).toBeCloseTo(truePeakDb({ sampleRateHz: RATE, channels }), 6);
    expect(peaks).toMatchObject({ channels: 2, lengthSamples: take.length });
    channels.forEach((channel, c) => {
      for (let i = 0; i < take.length / 64; i++) {
        const stretch = channel.subarray(64 * i, 64 * (i + 1));
        expect(peaks.levels[0]!.data[c]!.slice(2 * i, 2 * i + 2)).toEqual(
          Float32Array.of(Math.min(...stretch), Math.max(...stretch)),
        );
      }
    });
  });

  it('gives way to a newer one', async () => {
    const older = measure('older');
    const newer = measure('newer', neutralRaw());
    await expect(older).rejects.toMatchObject({ code: 'interrupted' });
    expect((await newer).lufs).not.toBeNull();
  });

  it('says in one sentence that settings are beyond all numbers', async () => {
    const extreme = raw.slice();
    extreme[parameterIndex('comp.makeup')] = 1e5;
    await expect(measure('c', extreme)).rejects.toThrow(/^The settings are too extreme to be played/);
  });
});

describe('an export', () => {
  it('is what is heard, bit for bit, with its tail', async () => {
    const facts = await exporting('heard.wav', { tailSeconds: 0.5 });
    const { channels, sampleRateHz, bitDepth } = await decodeFile(engine.path('heard.wav'));
    expect({ sampleRateHz, bitDepth }).toEqual({ sampleRateHz: RATE, bitDepth: 32 });
    expect(isSameSound(channels, await heard(OUTPUT_GAIN, { tailSeconds: 0.5 }))).toBe(true);
    expect(facts).toMatchObject({ name: 'heard.wav', seconds: 3.5, clippedSamples: 0 });
    expect(facts.lufs).toBeCloseTo(integratedLufs({ sampleRateHz: RATE, channels }), 1);
    expect(facts.truePeakDb).toBeCloseTo(truePeakDb({ sampleRateHz: RATE, channels }), 6);
  });

  it('leaves out what is bypassed', async () => {
    await exporting('bypassed.wav', { bypassed: ['delay', 'fdn'] });
    const { channels } = await decodeFile(engine.path('bypassed.wav'));
    expect(isSameSound(channels, await heard(OUTPUT_GAIN, { bypassed: ['delay', 'fdn'] }))).toBe(true);
    expect(isSameSound(channels, await heard(OUTPUT_GAIN))).toBe(false);
  });

  it('leaves out bypassed bands of the EQ, and measures without them', async () => {
    await exporting('bands.wav', { bypassed: ['eq.pk1', 'eq.lp'] });
    const { channels } = await decodeFile(engine.path('bands.wav'));
    expect(isSameSound(channels, await heard(OUTPUT_GAIN, { bypassed: ['eq.pk1', 'eq.lp'] }))).toBe(true);
    expect(isSameSound(channels, await heard(OUTPUT_GAIN))).toBe(false);
    const { truePeakDb: peakDb } = await window.client.call('processed.measure', {
      job: 'bands',
      dry: prepared.cache,
      sampleRateHz: RATE,
      raw,
      inputGain: INPUT_GAIN * OUTPUT_GAIN,
      bypassed: ['eq.pk1', 'eq.lp', 'comp', 'delay', 'fdn'],
    });
    const measured = await heard(1, { bypassed: ['eq.pk1', 'eq.lp', 'comp', 'delay', 'fdn'] });
    expect(peakDb).toBeCloseTo(
      truePeakDb({ sampleRateHz: RATE, channels: measured }) + 20 * Math.log10(OUTPUT_GAIN),
      3,
    );
  });

  it('can have another rate', async () => {
    await exporting('faster.wav', { sampleRateHz: 96_000 });
    const input = await resample({ sampleRateHz: RATE, channels: [take] }, 96_000);
    const { channels, sampleRateHz } = await decodeFile(engine.path('faster.wav'));
    expect(sampleRateHz).toBe(96_000);
    expect(isSameSound(channels, await heard(OUTPUT_GAIN, { sampleRateHz: 96_000 }, input.channels[0]))).toBe(
      true,
    );
  });

  it('can be brought to a loudness', async () => {
    const facts = await exporting('loud.wav', { lufs: -9, depth: '16' });
    expect(facts.lufs).toBeCloseTo(-9, 1);
    const file = await decodeFile(engine.path('loud.wav'));
    expect(file.bitDepth).toBe(16);
    expect(Math.abs(integratedLufs(file) + 9)).toBeLessThan(facts.clippedSamples > 0 ? 0.5 : 0.1);
  });

  it('counts what an integer depth has to clip', async () => {
    const facts = await exporting('clipped.wav', { depth: '24', outputGain: 40 });
    expect(facts.clippedSamples).toBeGreaterThan(0);
    expect(facts.truePeakDb).toBeGreaterThan(0);
  });

  it('leaves nothing behind when it is ended, and keeps the file that was there', async () => {
    writeFileSync(engine.path('kept.wav'), 'older');
    const before = readdirSync(engine.folder).sort();
    let isEnded = false;
    const stop = window.client.on('progress', ({ job, text }) => {
      if (job !== 'ended' || !text.startsWith('Writing')) return;
      isEnded = true;
      void window.client.call('cancel', { job });
    });
    await expect(exporting('kept.wav', { job: 'ended', tailSeconds: 20 })).rejects.toMatchObject({
      code: 'interrupted',
    });
    stop();
    expect(isEnded).toBe(true);
    expect(readdirSync(engine.folder).sort()).toEqual(before);
    expect(readFileSync(engine.path('kept.wav'), 'utf8')).toBe('older');
  });

  it('does not overwrite its own source', async () => {
    await expect(exporting('dry.wav')).rejects.toMatchObject({ code: 'usage' });
    expect(isSameSound((await decodeFile(engine.path('dry.wav'))).channels, [take])).toBe(true);
  });

  it.skipIf(process.platform !== 'linux')('says in one sentence that a disk is full', async () => {
    await expect(exporting('x', { file: window.grant('/dev/full') })).rejects.toMatchObject({
      code: 'output',
      message: expect.stringMatching(/^There is no space left/) as unknown,
    });
  });

  it('says in one sentence that the folder is gone', async () => {
    await expect(exporting('gone/x.wav')).rejects.toMatchObject({ code: 'output' });
    expect(existsSync(engine.path('gone'))).toBe(false);
  });
});
