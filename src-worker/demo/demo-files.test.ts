import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeFile, type DecodedAudio } from '#audio/decode.ts';
import { resample } from '#audio/resample.ts';
import { temporaryFolder } from '#audio/temporary-folder.ts';
import { CHAIN_PARAMETERS, neutralRaw, parameterIndex } from '#core/chain/parameters.ts';
import { fdnValues } from '#core/effects/fdn/training.ts';
import { fdnParameters } from '#core/effects/fdn/params.ts';
import { integratedLufs, samplePeakDb } from '#core/loudness/index.ts';
import { rawToPhysical } from '#core/parameter.ts';
import { parsePreset } from '#core/preset/preset.ts';
import { parseSession } from '#core/session/session-file.ts';
import { orthogonalFromRaw } from '#core/signal/orthogonal.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { fitPair, type FitProgress } from '#engine/fit.ts';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { renderRealtime } from '#engine/render.ts';
import { DRY_NAME, FINISHED_NAME, SESSION_NAME, SETTINGS_NAME, demoFiles } from './demo-files.ts';
import { demoRaw } from './settings.ts';

const FOLDER = fileURLToPath(new URL('../../resources/demo/', import.meta.url));
const committed = (name: string): string => join(FOLDER, name);
const text = (name: string): Promise<string> => readFile(committed(name), 'utf8');
const physical = (raw: Float64Array, id: string): number =>
  rawToPhysical(CHAIN_PARAMETERS[parameterIndex(id)]!, raw[parameterIndex(id)]!);

let dry: DecodedAudio;
let finished: DecodedAudio;
beforeAll(async () => {
  dry = await decodeFile(committed(DRY_NAME));
  finished = await decodeFile(committed(FINISHED_NAME));
});

describe('the demo’s files', () => {
  it('are what the script makes', async () => {
    const folder = temporaryFolder();
    for (const { name, bytes } of await demoFiles()) {
      if (!name.endsWith('.wav')) {
        expect(new TextDecoder().decode(bytes), name).toBe(await text(name));
        continue;
      }
      const made = await decodeFile(folder.file(name, bytes));
      const there = name === DRY_NAME ? dry : finished;
      expect(made.sampleRateHz).toBe(there.sampleRateHz);
      // Machines may differ in the last digit of a sine, and so by one step of 16 bits.
      let largest = 0;
      made.channels.forEach((channel, c) =>
        channel.forEach((sample, n) => {
          largest = Math.max(largest, Math.abs(sample - there.channels[c]![n]!));
        }),
      );
      expect(made.channels.map(({ length }) => length)).toEqual(there.channels.map(({ length }) => length));
      expect(largest * 2 ** 15, name).toBeLessThan(1.01);
    }
  });

  it('are small, and equally long', async () => {
    const sizes = await Promise.all(
      [DRY_NAME, FINISHED_NAME, SESSION_NAME, SETTINGS_NAME].map(
        async (name) => (await stat(committed(name))).size,
      ),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(4e6);
    expect(dry.channels).toHaveLength(1);
    expect(finished.channels).toHaveLength(2);
    expect(finished.channels[0]).toHaveLength(dry.channels[0]!.length);
    expect([dry.sampleRateHz, finished.sampleRateHz]).toEqual([48_000, 48_000]);
  });

  it('hold a finished version that is loud, wide and not clipped', () => {
    expect(samplePeakDb(finished)).toBeCloseTo(-1, 1);
    expect(integratedLufs(finished)).toBeGreaterThan(integratedLufs(dry) + 3);
    const [left, right] = finished.channels as [Float32Array, Float32Array];
    const power = (at: (n: number) => number): number => left.reduce((sum, _, n) => sum + at(n) ** 2, 0);
    const sides = power((n) => left[n]! - right[n]!) / power((n) => left[n]! + right[n]!);
    expect(sides).toBeGreaterThan(0.01);
    expect(sides).toBeLessThan(0.3);
  });

  it('open as a session that has both sounds and the neutral setting', async () => {
    const session = parseSession(await text(SESSION_NAME));
    expect(session).toMatchObject({ name: 'Demo', active: 'A', lastFit: null, loop: { isOn: false } });
    expect(session.slots.A).toEqual(Array.from(neutralRaw()));
    for (const [source, name] of [
      [session.sources.dry, DRY_NAME],
      [session.sources.target, FINISHED_NAME],
    ] as const) {
      expect(source).toMatchObject({ name, relative: name });
      expect(source!.sizeBytes).toBe((await stat(committed(name))).size);
    }
  });
});

describe('the finished version’s settings', () => {
  it('make it from the dry', async () => {
    const { raw, calibration } = parsePreset(await text(SETTINGS_NAME));
    expect(raw).toEqual(demoRaw());
    const input = (await resample(dry, FIT_SAMPLE_RATE_HZ)).channels[0]!;
    const rendered = renderRealtime(
      await loadKernelModule(),
      input.map((sample) => sample * calibration!.inputGain),
      raw,
      { sampleRateHz: FIT_SAMPLE_RATE_HZ },
    );
    const expected = await resample(finished, FIT_SAMPLE_RATE_HZ);
    let [difference, whole] = [0, 0];
    expected.channels.forEach((channel, c) =>
      channel.forEach((sample, n) => {
        difference += (sample - calibration!.outputGain * rendered[c]![n]!) ** 2;
        whole += sample ** 2;
      }),
    );
    expect(10 * Math.log10(difference / whole)).toBeLessThan(-60);
  });

  it('are those of a mix: firm compression, an echo of three sixteenths, a reverb darker the longer it lasts', async () => {
    const raw = demoRaw();
    expect(physical(raw, 'delay.time')).toBeCloseTo((0.75 * 60_000) / 84, 6);
    expect(physical(raw, 'fdn.decay.2')).toBeGreaterThan(1.4);
    expect(physical(raw, 'fdn.decay.2')).toBeLessThan(1.8);
    for (let band = 1; band < 49; band++)
      expect(physical(raw, `fdn.decay.${band}`)).toBeLessThan(physical(raw, `fdn.decay.${band - 1}`));
    for (const { id, min, max } of CHAIN_PARAMETERS) {
      expect(physical(raw, id), id).toBeGreaterThanOrEqual(min);
      expect(physical(raw, id), id).toBeLessThanOrEqual(max);
    }
    const { calibration } = parsePreset(await text(SETTINGS_NAME));
    const module = await loadKernelModule();
    const input = dry.channels[0]!.map((sample) => sample * calibration!.inputGain);
    const levelsDb = (stage: 'eq' | 'comp'): number[] => {
      const [signal] = renderRealtime(module, input, raw, { sampleRateHz: dry.sampleRateHz, stage });
      return Array.from({ length: Math.floor(signal!.length / 4800) }, (_, i) => {
        const part = signal!.subarray(4800 * i, 4800 * (i + 1));
        return 10 * Math.log10(part.reduce((sum, sample) => sum + sample * sample, 1e-12) / part.length);
      });
    };
    const [before, after] = [levelsDb('eq'), levelsDb('comp')];
    const reductions = before
      .map((level, i) => ({ level, reduction: level - after[i]! + physical(raw, 'comp.makeup') }))
      .filter(({ level }) => level > -40)
      .map(({ reduction }) => reduction)
      .sort((a, b) => a - b);
    const median = reductions[Math.floor(reductions.length / 2)]!;
    expect(median).toBeGreaterThan(4);
    expect(median).toBeLessThan(8);
  });

  it('mix the reverb’s lines: each feeds all others, and the sides differ', () => {
    const raw = demoRaw();
    const first = parameterIndex(fdnParameters[0]!.id);
    const values = CHAIN_PARAMETERS.map(({ map }, i) => map.toValue(raw[i]!)).slice(
      first,
      first + fdnParameters.length,
    );
    const { output, mixingRaw } = fdnValues(values);
    const mixing = orthogonalFromRaw(mixingRaw);
    for (let line = 0; line < 6; line++) expect(Math.abs(mixing[line * 7]!)).toBeLessThan(0.9);
    const [left, right] = [output.subarray(0, 6), output.subarray(6)];
    const product = left.reduce((sum, value, i) => sum + value * right[i]!, 0);
    const energy = left.reduce((sum, value) => sum + value * value, 0);
    expect(Math.abs(product / energy)).toBeLessThan(0.4);
  });
});

describe('a fit of the demo', () => {
  it('is much nearer after ten steps, and finds the echo', async () => {
    const [dryAtFitRate, finishedAtFitRate] = await Promise.all(
      [dry, finished].map((audio) => resample(audio, FIT_SAMPLE_RATE_HZ)),
    );
    const seen: FitProgress[] = [];
    // Seed and threads are fixed: with others a fit may settle one period of the pitch (some 6 ms) beside the echo.
    const { loss, raw, initialLoss } = await fitPair(dryAtFitRate!, finishedAtFitRate!, {
      steps: 36,
      threads: 2,
      onProgress: (progress) => seen.push(progress),
    });
    const early = seen.find(({ step }) => step === 10)!;
    expect(early.loss).toBeLessThan(initialLoss / 1.5);
    expect(loss).toBeLessThan(initialLoss / 2.5);
    expect(Math.abs(physical(raw, 'delay.time') - physical(demoRaw(), 'delay.time'))).toBeLessThan(1);
  });
});
