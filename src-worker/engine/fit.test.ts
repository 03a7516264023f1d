import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { CHAIN_PARAMETERS, neutralRaw, parameterIndex, parametersUnder } from '#core/chain/parameters.ts';
import { evaluateLosses } from '#core/losses/index.ts';
import { rawToPhysical } from '#core/parameter.ts';
import type { Audio } from '#core/signal/audio.ts';
import { madeUpPair } from '../test-support/made-up-pair.ts';
import { madeUpVoice } from '../test-support/made-up-voice.ts';
import { fitPair, type FitCheckpoint, type FitProgress } from './fit.ts';
import { loadKernelModule } from './kernel-module.ts';
import { renderRealtime } from './render.ts';

const RATE = 44_100;
const cut = (audio: Audio, from: number, to: number): Audio => ({
  ...audio,
  channels: audio.channels.map((channel) => channel.subarray(from * RATE, to * RATE)),
});

let pair: { dry: Audio; wet: Audio };
let short: { dry: Audio; wet: Audio };
beforeAll(async () => {
  pair = await madeUpPair(12);
  short = { dry: cut(pair.dry, 0, 3), wet: cut(pair.wet, 0, 3) };
});

const QUICK = { steps: 12, threads: 1, seed: 3 } as const;

describe('fitPair', () => {
  it('gives the same settings for the same seed, others for another', async () => {
    const [a, b, c] = [
      await fitPair(short.dry, short.wet, QUICK),
      await fitPair(short.dry, short.wet, QUICK),
      await fitPair(short.dry, short.wet, { ...QUICK, seed: 4 }),
    ];
    expect(b.raw).toEqual(a.raw);
    expect(b.loss).toBe(a.loss);
    expect(c.raw).not.toEqual(a.raw);
  });

  it('does not touch what is locked', async () => {
    const locked = [...parametersUnder('eq'), ...parametersUnder('delay.time')];
    const init = neutralRaw();
    const { raw } = await fitPair(short.dry, short.wet, { ...QUICK, init, locked });
    for (const index of locked) expect(raw[index], CHAIN_PARAMETERS[index]!.id).toBe(init[index]);
    expect(raw[parameterIndex('comp.threshold')]).not.toBe(init[parameterIndex('comp.threshold')]);
  });

  it('keeps the given values of what is locked when it measures its start', async () => {
    const locked = [...parametersUnder('comp'), ...parametersUnder('delay.time')];
    const lockedAt = neutralRaw().map((value) => value + 0.1);
    const { raw } = await fitPair(short.dry, short.wet, { ...QUICK, lockedAt, locked });
    for (const index of locked) expect(raw[index], CHAIN_PARAMETERS[index]!.id).toBe(lockedAt[index]);
    const gain = parameterIndex('eq.pk1.gain');
    expect(Math.abs(raw[gain]! - lockedAt[gain]!)).toBeGreaterThan(0.05);
  });

  it('takes a known alignment instead of measuring one', async () => {
    const alignment = { offsetSamples: 500, polarity: -1 } as const;
    const { calibration } = await fitPair(short.dry, short.wet, { ...QUICK, steps: 2, alignment });
    expect(calibration.polarity).toBe(-1);
    expect(Math.abs(calibration.offsetSamples - 500)).toBeLessThan(4);
  });

  it('waits at the gate, and that time does not count', async () => {
    const seen: FitProgress[] = [];
    let heldSeconds = 0;
    const begin = performance.now();
    const { steps, elapsed } = await fitPair(short.dry, short.wet, {
      ...QUICK,
      onProgress: (progress) => seen.push(progress),
      gate: async () => {
        if (seen.length !== 3 || heldSeconds > 0) return;
        const closed = performance.now();
        await setTimeout(1500);
        heldSeconds = (performance.now() - closed) / 1000;
        expect(seen).toHaveLength(3);
      },
    });
    expect(steps).toBe(QUICK.steps);
    expect(heldSeconds).toBeGreaterThan(0);
    expect(elapsed).toBeLessThanOrEqual((performance.now() - begin) / 1000 - heldSeconds);
  });

  it('goes on from a checkpoint as if it had not been stopped', async () => {
    const checkpoints: FitCheckpoint[] = [];
    const whole = await fitPair(short.dry, short.wet, { ...QUICK, onCheckpoint: (c) => checkpoints.push(c) });
    const stored = JSON.parse(JSON.stringify(checkpoints[0])) as FitCheckpoint;
    const resumed = await fitPair(short.dry, short.wet, { ...QUICK, resume: stored });
    expect(stored.step).toBeLessThan(whole.steps);
    expect(resumed.elapsed).toBeGreaterThan(stored.elapsed);
    expect(Math.abs(resumed.loss / whole.loss - 1)).toBeLessThan(5e-3);
  });

  it('stops at once when told to and keeps the best so far', async () => {
    const controller = new AbortController();
    const seen: FitProgress[] = [];
    const result = await fitPair(short.dry, short.wet, {
      ...QUICK,
      steps: 1000,
      signal: controller.signal,
      onProgress: (progress) => {
        seen.push(progress);
        if (progress.step === 4) controller.abort();
      },
    });
    expect(result.stopped).toBe('interrupted');
    expect(result.steps).toBeLessThan(7);
    expect(result.loss / Math.min(...seen.map(({ loss }) => loss))).toBeCloseTo(1, 2);
    expect(result.raw).toHaveLength(151);
  });

  it('keeps to a time budget', async () => {
    const { elapsed, stopped, steps } = await fitPair(short.dry, short.wet, {
      budgetSeconds: 1.5,
      threads: 1,
    });
    expect(stopped).toBe('budget');
    expect(steps).toBeGreaterThan(1);
    expect(elapsed).toBeGreaterThan(1);
  });

  it('recovers a known chain and holds on sound it has not seen', async () => {
    const fitted = await fitPair(cut(pair.dry, 0, 8), cut(pair.wet, 0, 8), { steps: 70, seed: 1 });
    expect(fitted.loss).toBeLessThan(0.5 * fitted.initialLoss);
    const delay = parameterIndex('delay.time');
    expect(rawToPhysical(CHAIN_PARAMETERS[delay]!, fitted.raw[delay]!)).toBeCloseTo(310, -1);
    // The rest of the track, 8 to 12 s, through both settings at the fit's levels.
    const module = await loadKernelModule();
    const { inputGain, outputGain } = fitted.calibration;
    const score = (raw: Float64Array, from: number): number => {
      const dry = pair.dry.channels[0]!.map((x) => x * inputGain);
      const channels = renderRealtime(module, dry, raw, { sampleRateHz: RATE }).map((c) =>
        c.map((x) => x * outputGain),
      );
      const rest = (samples: Float32Array) => samples.subarray(from * RATE);
      return evaluateLosses(
        [rest(channels[0]!), rest(channels[1]!)],
        [rest(pair.wet.channels[0]!), rest(pair.wet.channels[1]!)],
      ).total;
    };
    expect(score(fitted.raw, 8)).toBeLessThan(0.7 * score(neutralRaw(), 8));
  });

  it('refuses a region without sound in one sentence', async () => {
    const silent = {
      ...short.wet,
      channels: short.wet.channels.map((c) => c.map((x, n) => (n < RATE ? x : 0))),
    };
    await expect(fitPair(short.dry, silent, { ...QUICK, fromSeconds: 1.5, toSeconds: 3 })).rejects.toThrow(
      /silent/,
    );
  });

  it('refuses a pair that hardly overlaps in one sentence', async () => {
    const late = short.wet.channels.map((channel) => {
      const shifted = new Float32Array(channel.length);
      shifted.set(channel.subarray(0, 0.6 * RATE), channel.length - 0.6 * RATE);
      return shifted;
    });
    await expect(fitPair(short.dry, { ...short.wet, channels: late }, QUICK)).rejects.toThrow(
      /0\.60 s of the dry/,
    );
    await expect(fitPair(short.dry, short.wet, { ...QUICK, fromSeconds: 1, toSeconds: 1.5 })).rejects.toThrow(
      /at least 1 s/,
    );
  });

  it('warns when the wet is not made from the dry', async () => {
    const other = [madeUpVoice(3, 77), madeUpVoice(3, 78)];
    const { warnings } = await fitPair(short.dry, { ...short.wet, channels: other }, { ...QUICK, steps: 2 });
    expect(warnings.join()).toMatch(/correlation \d/);
  });
});
