import { expect, it } from 'vitest';
import { readNpy, readNpz } from '../../test-support/npz.ts';
import { describeWithShared, sharedPath } from '../../test-support/shared-data.ts';
import { trainingStages } from '../chain/training.ts';
import { aWeightingTaps } from './a-weighting.ts';
import { evaluateLosses } from './index.ts';

/** The first 5 s of every segment do not count. */
const WARM_UP_SAMPLES = 220_500;

describeWithShared('the published system’s losses', () => {
  it('have these A-weighting taps', () => {
    const golden = readNpy(sharedPath('diffvox-golden/aweight_fir_f32.npy')).data;
    expect(Array.from(aWeightingTaps())).toEqual(Array.from(golden));
  });

  it.each(['g0_Coldwar_own', 'g1_Coldwar_imean', 'g4_Country1_own', 'g5_Country1_init'])('%s', (name) => {
    const golden = readNpz(sharedPath(`diffvox-golden/grads/${name}.npz`));
    const track = name.includes('Coldwar') ? 'LizNelson_Coldwar' : 'MusicDelta_Country1';
    const audio = readNpz(sharedPath(`diffvox-golden/grads/audio_${track}.npz`));
    const scale = audio.numbers('scale')[0]!;
    const x = audio.numbers('x_i16').map((sample) => sample * scale);
    const y = audio.numbers('y_i16').map((sample) => sample * scale);
    const [left, right] = trainingStages(x, golden.numbers('raw')).final;

    const ending = golden.numbers('eval_yhat_last1s');
    const start = x.length - ending.length / 2;
    const peak = ending.reduce((worst, sample) => Math.max(worst, Math.abs(sample)), 0);
    for (let n = 0; n < ending.length / 2; n++) {
      expect(Math.abs(left[start + n]! - ending[n]!)).toBeLessThan(1e-6 * peak);
      expect(Math.abs(right[start + n]! - ending[ending.length / 2 + n]!)).toBeLessThan(1e-6 * peak);
    }

    const losses = evaluateLosses(
      [left.subarray(WARM_UP_SAMPLES), right.subarray(WARM_UP_SAMPLES)],
      [y.subarray(WARM_UP_SAMPLES, x.length), y.subarray(x.length + WARM_UP_SAMPLES)],
    );
    const terms = golden.numbers('eval_terms');
    const near = (got: number, expected: number): void =>
      expect(Math.abs(got / expected - 1)).toBeLessThan(1e-8);
    [losses.mss_lr, losses.mss_ms, losses.mldr_lr, losses.mldr_ms].forEach((term, i) =>
      near(term, terms[i]!),
    );
    near(losses.total, golden.numbers('eval_total')[0]!);
  });
});
