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
  const voice = singing(7, RATE);
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

  it('aligns and normalises unless told not to', () => {
    const total = (...args: string[]): number => objective(dry, wet, '--preset', preset, ...args).total;
    expect(total('--no-align')).not.toBe(plain().total);
    expect(total('--no-normalise')).not.toBe(plain().total);
  });

  it('takes a negative damping, which counts in training only', () => {
    const answer = objective(dry, wet, '--preset', preset, '--mode', 'train', '--log-damp', '-3');
    const regulariser = (1 - Math.exp(-Math.log1p(Math.exp(-3)))) ** 2;
    expect(answer.delay_reg).toBeCloseTo(regulariser, 9);
    const evaluated = objective(dry, wet, '--preset', preset, '--mode', 'eval', '--log-damp', '-3');
    expect(answer.total - evaluated.total).toBeCloseTo(regulariser, 12);
    expect(evaluated).toEqual(plain());
  });

  it('refuses a pair of which nothing is left to compare once it is aligned', () => {
    const late = wavFile(file('late.wav'), finished(voice, 0.7, 2 * RATE));
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

  it('prints a summary without --json', () => {
    const { code, stdout } = voxfit('objective', dry, wet, '--preset', preset);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^total \d/);
    expect(stdout).toMatch(/^ {2}fdn +-?\d/m);
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

  it.each(['train', 'eval'])(
    'agrees in %s mode: losses within 1e-4, gradient within 1e-3 of each effect',
    (mode) => {
      const given = [
        '--preset',
        preset,
        '--mode',
        mode,
        '--log-damp',
        logDamp,
        '--no-align',
        '--no-normalise',
      ];
      const { total, terms, grad } = objective(dry, wet, ...given);
      const wantedTotal = golden.numbers(`${mode}_total`)[0];
      expect(Math.abs(total / wantedTotal - 1)).toBeLessThan(1e-4);
      const wantedTerms = golden.numbers(`${mode}_terms`);
      Object.values(terms).forEach((value, i) => {
        expect(Math.abs(value / wantedTerms[i] - 1)).toBeLessThan(1e-4);
      });
      const wanted = golden.numbers(`${mode}_grad`);
      // The delay's surrogate damping, last, belongs to the delay.
      const effectOf = (index: number): string => CHAIN_PARAMETERS[index]?.id.split('.')[0] ?? 'delay';
      const largest = new Map<string, number>();
      wanted.forEach((value, i) => {
        largest.set(effectOf(i), Math.max(largest.get(effectOf(i)) ?? 0, Math.abs(value)));
      });
      wanted.forEach((value, i) => {
        expect(Math.abs(grad[i] - value), `entry ${i}`).toBeLessThan(1e-3 * largest.get(effectOf(i))!);
      });
    },
  );
});
