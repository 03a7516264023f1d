import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeWithShared, sharedPath } from '../../test-support/shared-data.ts';
import { finished, singing, temporaryFolder, voxfit, wavFile } from './test-program.ts';

const RATE = 44_100;
const folder = temporaryFolder();
const file = (name: string): string => join(folder, name);
const voice = singing(3, RATE);
const [left, right] = finished(voice, 0.8, 0);
const wet = wavFile(file('wet.wav'), [left, right]);
const dry = wavFile(file('dry.wav'), [voice]);

const metrics = (...args: string[]): Record<string, number> => {
  const { code, stdout } = voxfit('metrics', ...args, '--json');
  expect(code).toBe(0);
  return JSON.parse(stdout) as Record<string, number>;
};

describe('voxfit metrics', () => {
  let kept: Record<string, number> | undefined;
  const plain = (): Record<string, number> => (kept ??= metrics(dry, wet));

  it('answers with the promised keys, and their weighted sum', () => {
    const terms = plain();
    expect(Object.keys(terms)).toEqual(['mss_lr', 'mss_ms', 'mldr_lr', 'mldr_ms', 'total']);
    const { mss_lr, mss_ms, mldr_lr, mldr_ms, total } = terms;
    expect(total).toBeCloseTo(mss_lr + 0.5 * mss_ms + 0.5 * mldr_lr + 0.25 * mldr_ms, 12);
    expect(total).toBeGreaterThan(0.1);
  });

  it('is 0 for a file and itself', () => {
    expect(metrics(wet, wet)['total']).toBe(0);
  });

  it('takes a region as if the files were cut there', () => {
    const cut = (samples: Float32Array): Float32Array => samples.subarray(0.5 * RATE, 2 * RATE);
    const cutDry = wavFile(file('cut-dry.wav'), [cut(voice)]);
    const cutWet = wavFile(file('cut-wet.wav'), [cut(left), cut(right)]);
    expect(metrics(dry, wet, '--from', '0.5', '--to', '2')).toEqual(metrics(cutDry, cutWet));
  });

  it('takes mono as two equal channels, and warns about different lengths', () => {
    const stereo = wavFile(file('stereo.wav'), [voice, voice]);
    expect(metrics(stereo, wet)).toEqual(plain());
    const shorter = wavFile(file('shorter.wav'), [voice.subarray(0, 2.5 * RATE)]);
    const { stdout, stderr } = voxfit('metrics', shorter, wet, '--json');
    expect(stderr).toMatch(/^voxfit: warning: .*2\.500 s.*3\.000 s/);
    expect(JSON.parse(stdout)).toEqual(metrics(dry, wet, '--to', '2.5'));
  });

  it('prints a table without --json', () => {
    expect(voxfit('metrics', wet, wet).stdout).toMatch(/^total +0\.0000$/m);
  });
});

describe('voxfit loudness', () => {
  it('reads a 997 Hz sine as the standard does', () => {
    // BS.1770-4: 0 dBFS at 997 Hz in one channel is −3.01 LUFS.
    const sine = Float32Array.from(
      { length: 48_000 * 4 },
      (_, n) => 0.5 * Math.sin((2 * Math.PI * 997 * n) / 48_000),
    );
    const { stdout } = voxfit('loudness', wavFile(file('sine.wav'), [sine], 48_000), '--json');
    const measured = JSON.parse(stdout) as Record<string, number>;
    const expected = -3.01 - 6.02;
    expect(measured['integrated_lufs']).toBeCloseTo(expected, 1);
    expect(measured['short_term_max_lufs']).toBeCloseTo(expected, 1);
    expect(measured['true_peak_dbtp']).toBeCloseTo(-6.02, 1);
    expect(measured).toMatchObject({ sample_rate: 48_000, channels: 1, duration: 4 });
  });

  it('has no number for silence', () => {
    const silence = wavFile(file('silence.wav'), [new Float32Array(RATE)]);
    expect(JSON.parse(voxfit('loudness', silence, '--json').stdout)).toMatchObject({
      integrated_lufs: null,
      true_peak_dbtp: null,
    });
    expect(voxfit('loudness', silence).stdout).toContain('-inf LUFS');
  });
});

describeWithShared('voxfit metrics against the published system', () => {
  // The first three rows of diffvox-golden/BASELINE.md.
  it.each([
    ['BrandonWebster_DontHearAThing', 0.3268, 0.6979, 0.1189, 0.2761, 0.8042],
    ['LizNelson_Coldwar', 0.4853, 0.7942, 0.2491, 0.4446, 1.1181],
    ['Torres_NewSkin', 0.4686, 0.8904, 0.3471, 0.6859, 1.2588],
  ])('scores %s as its own code does', (track, ...expected) => {
    const of = (name: string): string => sharedPath(`medleydb/${track}/${name}.mp3`);
    const found = Object.values(metrics(of('diffvox'), of('wet'), '--from', '5'));
    expected.forEach((value, i) => {
      expect(Math.abs(found[i] - value)).toBeLessThan(1e-4);
    });
  });
});
