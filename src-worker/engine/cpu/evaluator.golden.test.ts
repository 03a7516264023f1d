import { expect, it } from 'vitest';
import { CHAIN_PARAMETERS } from '#core/chain/parameters.ts';
import { describeWithShared, sharedPath } from '../../test-support/shared-data.ts';
import { readNpz } from '../../test-support/npz.ts';
import { loadKernelModule } from '../kernel-module.ts';
import { Kernels } from '../kernels.ts';
import { EXACT, Evaluator } from './evaluator.ts';

const WARMUP_SAMPLES = 220_500;

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

/** Effect of each of the 152 entries; the surrogate's damping belongs to the delay. */
const effectOf = [...CHAIN_PARAMETERS.map(({ id }) => id.split('.')[0]!), 'delay'];

describeWithShared('published losses and gradients', () => {
  it.each(['g0_Coldwar_own', 'g1_Coldwar_imean', 'g4_Country1_own', 'g5_Country1_init'])(
    '%s',
    async (name) => {
      const golden = readNpz(sharedPath(`diffvox-golden/grads/${name}.npz`));
      const track = name.includes('Coldwar') ? 'LizNelson_Coldwar' : 'MusicDelta_Country1';
      const audio = readNpz(sharedPath(`diffvox-golden/grads/audio_${track}.npz`));
      const scale = Number(audio.get('scale').data[0]!);
      const x = Float32Array.from(audio.get('x_i16').data, (v) => v * scale);
      const y = Float32Array.from(audio.get('y_i16').data, (v) => v * scale);
      const length = x.length;
      const kernels = new Kernels(await loadKernelModule());
      const evaluator = new Evaluator(kernels, length, EXACT);
      evaluator.setSegment(0, {
        dry: x,
        wet: [y.subarray(0, length), y.subarray(length)],
        warmupSamples: WARMUP_SAMPLES,
      });
      const raw = new Float64Array(152);
      raw.set(golden.get('raw').data);
      raw[151] = Number(golden.get('log_damp_raw').data[0]!);
      for (const mode of ['train', 'eval'] as const) {
        const result = evaluator.evaluate(raw, [0], mode, true);
        const expected = golden.get(`${mode}_terms`).data;
        Object.values(result.terms).forEach((term, i) =>
          expect(Math.abs(term / Number(expected[i]) - 1), `term ${i}`).toBeLessThan(1e-4),
        );
        const want = Float64Array.from(golden.get(`${mode}_grad`).data);
        const got = result.gradient!;
        if (process.env['VERBOSE'])
          console.log(
            name,
            mode,
            'cos',
            1 - cosine(got, want),
            Object.values(result.terms).map((t, i) => t / Number(expected[i]) - 1),
          );
        const largest = new Map<string, number>();
        want.forEach((g, i) =>
          largest.set(effectOf[i]!, Math.max(largest.get(effectOf[i]!) ?? 0, Math.abs(g))),
        );
        if (process.env['VERBOSE'])
          for (const effect of largest.keys()) {
            let worst = 0;
            let where = 0;
            want.forEach((g, i) => {
              const e = effectOf[i] === effect ? Math.abs(got[i]! - g) / largest.get(effect)! : 0;
              if (e > worst) {
                worst = e;
                where = i;
              }
            });
            console.log(effect, worst.toExponential(2), CHAIN_PARAMETERS[where]?.id, got[where], want[where]);
          }
        expect(cosine(got, want)).toBeGreaterThan(0.9999);
        want.forEach((g, i) =>
          expect(
            Math.abs(got[i]! - g) / largest.get(effectOf[i]!)!,
            `${CHAIN_PARAMETERS[i]?.id ?? 'log η'}`,
          ).toBeLessThan(1e-3),
        );
      }
    },
  );
});
