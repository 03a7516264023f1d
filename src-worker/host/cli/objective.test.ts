import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHAIN_PARAMETERS, PARAMETER_COUNT, neutralRaw } from '#core/chain/parameters.ts';
import { formatPreset } from '#core/preset/preset.ts';
import { describeWithShared, sharedPath } from '../../test-support/shared-data.ts';
import { readNpz } from '../../test-support/npz.ts';
import { finished, noise, singing, temporaryFolder, voxfit, wavFile } from './test-program.ts';

const RATE = 44_100;
const folder = temporaryFolder();
const file = (name: string): string => join(folder, name);

interface Answer {
  readonly total: number;
  readonly terms: Readonly<Record<string, number>>;
  readonly delay_reg: number;
  readonly grad: readonly number[];
}
const objective = (...args: string[]): Answer => {
  const { code, stdout, stderr } = voxfit('objective', ...args, '--json');
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Answer;
};

describe('voxfit objective', () => {
  const voice = singing(6.2, RATE);
  const dry = wavFile(file('dry.wav'), [voice]);
  const wet = wavFile(file('wet.wav'), finished(voice, 0.7, 50));
  const preset = file('neutral.json');
  writeFileSync(preset, formatPreset({ raw: neutralRaw() }));

  let kept: Answer | undefined;
  const plain = (): Answer => (kept ??= objective(dry, wet, '--preset', preset));

  it('answers with the promised keys', () => {
    const answer = plain();
    expect(Object.keys(answer)).toEqual(['total', 'terms', 'delay_reg', 'grad']);
    expect(Object.keys(answer.terms)).toEqual(['mss_lr', 'mss_ms', 'mldr_lr', 'mldr_ms']);
    expect(answer.grad).toHaveLength(PARAMETER_COUNT + 1);
    expect(answer.grad.every(Number.isFinite)).toBe(true);
    expect(answer.grad[PARAMETER_COUNT]).toBe(0);
  });

  it('normalises unless told not to', () => {
    expect(objective(dry, wet, '--preset', preset, '--no-normalise').total).not.toBe(plain().total);
  });

  it('aligns unless told not to, and prints a summary without --json', () => {
    const { code, stdout } = voxfit('objective', dry, wet, '--preset', preset, '--no-align');
    expect(code).toBe(0);
    const [, total] = /^total (\d+\.\d{6}) /.exec(stdout)!;
    expect(total).not.toBe(plain().total.toFixed(6));
    expect(stdout).toMatch(/^ {2}fdn +-?\d/m);
  });

  it('takes a negative damping, which counts in training', () => {
    const answer = objective(dry, wet, '--preset', preset, '--mode', 'train', '--log-damp', '-3');
    const regulariser = (1 - Math.exp(-Math.log1p(Math.exp(-3)))) ** 2;
    expect(answer.delay_reg).toBeCloseTo(regulariser, 9);
    expect(plain().delay_reg).toBe(0);
    expect(answer.total - plain().total).toBeCloseTo(regulariser, 12);
  });

  it('refuses a pair of which nothing is left to compare once it is aligned', () => {
    const late = wavFile(file('late.wav'), finished(voice, 0.7, 1.2 * RATE));
    const { code, stderr } = voxfit('objective', dry, late, '--preset', preset, '--json');
    expect(code).toBe(3);
    expect(stderr).toMatch(/have 5\.00 s in common/);
  });

  it('refuses what would not fit into memory', () => {
    const long = wavFile(file('long.wav'), [noise(181 * 8000, 1)], 8000, '16');
    const { code, stderr } = voxfit('objective', long, long, '--preset', preset, '--json');
    expect(code).toBe(3);
    expect(stderr).toMatch(/lasts 181 s; the exact objective takes 180 s at most/);
  });
});

describeWithShared('voxfit objective against the published system', () => {
  const golden = readNpz(sharedPath('diffvox-golden/grads/g1_Coldwar_imean.npz'));
  const audio = readNpz(sharedPath('diffvox-golden/grads/audio_LizNelson_Coldwar.npz'));
  const scale = audio.numbers('scale')[0];
  const samples = (name: string): Float32Array => Float32Array.from(audio.numbers(name), (x) => x * scale);
  const y = samples('y_i16');
  const dry = wavFile(file('x.wav'), [samples('x_i16')]);
  const wet = wavFile(file('y.wav'), [y.subarray(0, y.length / 2), y.subarray(y.length / 2)]);
  const preset = file('imean.json');
  writeFileSync(preset, formatPreset({ raw: golden.numbers('raw') }));
  const logDamp = String(golden.numbers('log_damp_raw')[0]);

  // The other goldens and the other mode: core/chain/training-gradient.golden.test.ts.
  it('agrees: losses within 1e-4, gradient within 1e-3 of each effect', () => {
    const given = ['--preset', preset, '--mode', 'train', '--log-damp', logDamp];
    const { total, terms, grad } = objective(dry, wet, ...given, '--no-align', '--no-normalise');
    const [wantedTotal] = golden.numbers('train_total');
    expect(Math.abs(total / wantedTotal - 1)).toBeLessThan(1e-4);
    const wantedTerms = golden.numbers('train_terms');
    Object.values(terms).forEach((value, i) => {
      expect(Math.abs(value / wantedTerms[i] - 1)).toBeLessThan(1e-4);
    });
    const wanted = golden.numbers('train_grad');
    // The delay's surrogate damping, last, belongs to the delay.
    const effectOf = (index: number): string => CHAIN_PARAMETERS[index]?.id.split('.')[0] ?? 'delay';
    const largest = new Map<string, number>();
    wanted.forEach((value, i) => {
      largest.set(effectOf(i), Math.max(largest.get(effectOf(i)) ?? 0, Math.abs(value)));
    });
    wanted.forEach((value, i) => {
      expect(Math.abs(grad[i] - value), `entry ${i}`).toBeLessThan(1e-3 * largest.get(effectOf(i))!);
    });
  });
});
