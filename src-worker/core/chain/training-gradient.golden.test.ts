import { expect, it } from 'vitest';
import { readNpz } from '../../test-support/npz.ts';
import { describeWithShared, sharedPath } from '../../test-support/shared-data.ts';
import { CHAIN_PARAMETERS } from './parameters.ts';
import { trainingGradient } from './training-gradient.ts';

/** The first 5 s of every segment do not count. */
const WARM_UP_SAMPLES = 220_500;
/** Of the largest entry of the effect; both sides are float64, and agree to 1e-8 at most places. */
const TOLERANCE = 1e-7;

/** Effect of each of the 152 entries; the surrogate's damping belongs to the delay. */
const effectOf = [...CHAIN_PARAMETERS.map(({ id }) => id.split('.')[0]), 'delay'];

function cosine(a: Float64Array, b: Float64Array): number {
  const dot = (x: Float64Array, y: Float64Array): number => x.reduce((sum, v, i) => sum + v * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

describeWithShared('the published system’s gradients', () => {
  it.each(
    ['g0_Coldwar_own', 'g1_Coldwar_imean', 'g4_Country1_own', 'g5_Country1_init'].flatMap((name) =>
      (['train', 'eval'] as const).map((mode) => [name, mode] as const),
    ),
  )('%s, %s', (name, mode) => {
    const golden = readNpz(sharedPath(`diffvox-golden/grads/${name}.npz`));
    const track = name.includes('Coldwar') ? 'LizNelson_Coldwar' : 'MusicDelta_Country1';
    const audio = readNpz(sharedPath(`diffvox-golden/grads/audio_${track}.npz`));
    const [scale] = audio.numbers('scale');
    const x = audio.numbers('x_i16').map((sample) => sample * scale);
    const y = audio.numbers('y_i16').map((sample) => sample * scale);
    const raw = Float64Array.of(...golden.numbers('raw'), ...golden.numbers('log_damp_raw'));
    const { total, terms, delayRegulariser, gradient } = trainingGradient(
      x,
      [y.subarray(0, x.length), y.subarray(x.length)],
      raw,
      { mode, warmupSamples: WARM_UP_SAMPLES },
    );

    const near = (got: number, wanted: number): void =>
      expect(Math.abs(got / wanted - 1)).toBeLessThan(1e-10);
    const wantedTerms = golden.numbers(`${mode}_terms`);
    Object.values(terms).forEach((term, i) => near(term, wantedTerms[i]));
    near(total, golden.numbers(`${mode}_total`)[0]);
    if (mode === 'train') near(delayRegulariser, golden.numbers('train_delay_reg')[0]);

    const wanted = golden.numbers(`${mode}_grad`);
    expect(gradient).toHaveLength(wanted.length);
    expect(cosine(gradient, wanted)).toBeGreaterThan(1 - 1e-12);
    const largest = new Map<string, number>();
    wanted.forEach((g, i) => largest.set(effectOf[i], Math.max(largest.get(effectOf[i]) ?? 0, Math.abs(g))));
    wanted.forEach((g, i) =>
      expect(
        Math.abs(gradient[i] - g) / largest.get(effectOf[i])!,
        CHAIN_PARAMETERS[i]?.id ?? 'log η',
      ).toBeLessThan(TOLERANCE),
    );
  });
});
