import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHAIN_PARAMETERS, neutralRaw, parameterIndex } from '#core/chain/parameters.ts';
import { physicalToRaw } from '#core/parameter.ts';
import { formatPreset, type Preset } from '#core/preset/preset.ts';
import { decodeFile } from '#audio/decode.ts';
import { describeWithShared, sharedPath } from '../../test-support/shared-data.ts';
import { readNpz } from '../../test-support/npz.ts';
import { singing, temporaryFolder, voxfit, wavFile } from './test-program.ts';

const RATE = 44_100;
const folder = temporaryFolder();
const file = (name: string): string => join(folder, name);
const voice = singing(2, RATE);
const input = wavFile(file('in.wav'), [voice]);

/** A setting that passes sound on nearly as it is: open filters, no compression, no delay, no reverb. */
const transparent = neutralRaw();
const set = (id: string, physical: number): void => {
  const index = parameterIndex(id);
  transparent[index] = physicalToRaw(CHAIN_PARAMETERS[index], physical);
};
set('comp.threshold', 20);
set('comp.expander_threshold', -200);
transparent[parameterIndex('comp.lookahead')] = 0;
set('eq.hp.freq', 16);
set('eq.lp.freq', 18_000);
transparent[parameterIndex('delay.gain')] = -60;

const presetFile = (name: string, preset: Preset): string => {
  writeFileSync(file(name), formatPreset(preset));
  return file(name);
};
const plain = presetFile('plain.json', { raw: transparent });
const calibrated = presetFile('calibrated.json', {
  raw: transparent,
  calibration: {
    inputGain: 1,
    outputGain: 0.25,
    offsetSamples: 100,
    polarity: -1,
    wetSampleRateHz: RATE,
    wetLengthSamples: 2 * RATE,
  },
});
const rendered = async (name: string, ...args: string[]): Promise<Awaited<ReturnType<typeof decodeFile>>> => {
  const { code, stderr } = voxfit('render', input, file(name), ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return decodeFile(file(name));
};
const energy = (samples: Float32Array): number => samples.reduce((sum, x) => sum + x * x, 0);
const difference = (a: Float32Array, b: Float32Array): number =>
  energy(a.map((x, n) => x - b[n])) / energy(b);

describe('voxfit render', () => {
  let kept: Promise<Float32Array> | undefined;
  /** Left of the input through the transparent setting at 32 bits. */
  const plainLeft = (): Promise<Float32Array> =>
    (kept ??= rendered('left.wav', '--preset', plain, '--depth', '32f').then(({ channels }) => channels[0]));

  it('keeps rate and length of the input, in 24 bits and stereo', async () => {
    const output = await rendered('default.wav', '--preset', plain);
    expect(output).toMatchObject({ sampleRateHz: RATE, bitDepth: 24 });
    expect(output.channels.map(({ length }) => length)).toEqual([voice.length, voice.length]);
  });

  it('writes the rate, depth and tail that are asked for', async () => {
    for (const form of ['realtime', 'training']) {
      const output = await rendered(
        'asked.wav',
        '--preset',
        plain,
        '--form',
        form,
        '--rate',
        '48000',
        '--depth',
        '16',
        '--tail',
        '0.5',
      );
      expect(output).toMatchObject({ sampleRateHz: 48_000, bitDepth: 16 });
      expect(output.channels[0].length).toBe(2.5 * 48_000);
    }
  });

  it('gives one channel before the pan and two after it', async () => {
    for (const [stage, channels] of [
      ['eq', 1],
      ['comp', 1],
      ['delay', 2],
      ['fdn', 2],
      ['final', 2],
    ] as const)
      expect((await rendered('stage.wav', '--preset', plain, '--stage', stage)).channels).toHaveLength(
        channels,
      );
  });

  it('leaves level, polarity and time alone with --no-normalise, whatever the preset remembers', async () => {
    const [raw] = (await rendered('raw.wav', '--preset', plain, '--no-normalise', '--depth', '32f')).channels;
    const [same] = (await rendered('same.wav', '--preset', calibrated, '--no-normalise', '--depth', '32f'))
      .channels;
    expect(difference(raw, voice)).toBeLessThan(0.02);
    expect(same).toEqual(raw);
  });

  it('brings the input to -18 LUFS without it', async () => {
    const quiet = wavFile(file('quiet.wav'), [voice.map((x) => 0.01 * x)]);
    expect(voxfit('render', quiet, file('loud.wav'), '--preset', plain, '--depth', '32f').code).toBe(0);
    const [left] = (await decodeFile(file('loud.wav'))).channels;
    expect(difference(left, await plainLeft())).toBeLessThan(1e-6);
    const { stdout } = voxfit('loudness', file('loud.wav'), '--json');
    // Two equal channels are 3 dB louder than one.
    expect(JSON.parse(stdout).integrated_lufs).toBeCloseTo(-15, 0);
  });

  it('gives a fitted preset the level, polarity and offset of its wet', async () => {
    const own = await plainLeft();
    const [placed] = (await rendered('placed.wav', '--preset', calibrated, '--depth', '32f')).channels;
    const expected = own.map((_, n) => -0.25 * (own[n - 100] ?? 0));
    expect(difference(placed, expected)).toBeLessThan(1e-10);
  });

  it('warns about clipping, and how to avoid it', () => {
    const loud = presetFile('loud.json', {
      raw: transparent,
      calibration: {
        inputGain: 1,
        outputGain: 30,
        offsetSamples: 0,
        polarity: 1,
        wetSampleRateHz: RATE,
        wetLengthSamples: 1,
      },
    });
    const { code, stderr } = voxfit('render', input, file('clipped.wav'), '--preset', loud);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^voxfit: warning: .* exceeds full scale by \d+\.\d\d dB: \d+ samples were clipped; .*32f/,
    );
    expect(voxfit('render', input, file('float.wav'), '--preset', loud, '--depth', '32f').stderr).toBe('');
  });

  it('takes something short or silent with --no-normalise', async () => {
    const click = wavFile(file('click.wav'), [Float32Array.from({ length: 1000 }, (_, n) => (n ? 0 : 1))]);
    const silence = wavFile(file('silence.wav'), [new Float32Array(1000)]);
    for (const short of [click, silence]) {
      expect(voxfit('render', short, file('short.wav'), '--preset', plain, '--no-normalise').code).toBe(0);
      expect((await decodeFile(file('short.wav'))).channels[0].length).toBe(1000);
    }
  });

  it('refuses sound too quiet for its loudness to be measured', () => {
    const faint = wavFile(file('faint.wav'), [voice.map((x) => 5e-4 * x)]);
    const { code, stderr } = voxfit('render', faint, file('faint-out.wav'), '--preset', plain);
    expect(stderr).toMatch(/too quiet .* --no-normalise/);
    expect(code).toBe(3);
    expect(existsSync(file('faint-out.wav'))).toBe(false);
  });

  it('refuses settings whose output is no number, and writes nothing', () => {
    const raw = transparent.slice();
    raw[parameterIndex('comp.makeup')] = 1e5;
    for (const form of ['realtime', 'training']) {
      const { code, stderr } = voxfit(
        'render',
        input,
        file('extreme.wav'),
        '--preset',
        presetFile('extreme.json', { raw }),
        '--form',
        form,
      );
      expect(stderr).toMatch(/too extreme/);
      expect(code).toBe(3);
      expect(existsSync(file('extreme.wav'))).toBe(false);
    }
  });

  it('replaces an older output as a whole, and gives the same bytes again', async () => {
    await rendered('again.wav', '--preset', plain, '--depth', '16');
    const first = readFileSync(file('again.wav'));
    await rendered('again.wav', '--preset', plain, '--depth', '16');
    expect(readFileSync(file('again.wav')).equals(first)).toBe(true);
  });
});

describeWithShared('voxfit render against the published system', () => {
  // Every stage of every golden: core/chain/training.golden.test.ts.
  it('plays a published preset in training form within 1e-4 of a mono and a stereo stage and of the whole', async () => {
    const golden = readNpz(sharedPath('diffvox-golden/i146_delaygain.npz'));
    const clip = Float32Array.from(readNpz(sharedPath('diffvox-golden/inputs.npz')).numbers('clip'));
    const source = wavFile(file('clip.wav'), [clip]);
    const preset = presetFile('i146.json', { raw: golden.numbers('raw') });
    for (const [stage, from] of [
      ['eq', 4],
      ['fdn', 5],
      ['final', 0],
    ] as const) {
      const output = file('golden.wav');
      expect(
        voxfit(
          'render',
          source,
          output,
          '--preset',
          preset,
          '--form',
          'training',
          '--stage',
          stage,
          '--no-normalise',
          '--depth',
          '32f',
        ).code,
      ).toBe(0);
      const { channels } = await decodeFile(output);
      const wanted = golden.numbers(`fx_${stage}`);
      const length = wanted.length / channels.length;
      const peak = wanted.reduce((highest, x) => Math.max(highest, Math.abs(x)), 0);
      channels.forEach((channel, c) => {
        let worst = 0;
        for (let n = 0; n < length; n++)
          worst = Math.max(worst, Math.abs(channel[from * RATE + n] - wanted[c * length + n]));
        expect(worst / peak, `${stage} ${c}`).toBeLessThan(1e-4);
      });
    }
  });
});
