import { expect, it } from 'vitest';
import { CHAIN_PARAMETERS } from '#core/chain/parameters.ts';
import { readNpz } from '../../test-support/npz.ts';
import { describeWithShared, sharedPath } from '../../test-support/shared-data.ts';
import { loadKernelModule } from '../kernel-module.ts';
import { Kernels } from '../kernels.ts';
import { EXACT, Evaluator } from './evaluator.ts';

const WARMUP_SAMPLES = 220_500;
/** Of an effect's largest entry: float32 and the spectral grid leave about 1e−3 on entries that nearly cancel. */
const TOLERANCE = 3e-3;

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

describeWithShared('published losses and gradients through the kernels', () => {
  it.each(['g0_Coldwar_own', 'g1_Coldwar_imean', 'g4_Country1_own', 'g5_Country1_init'])(
    '%s',
    async (name) => {
      const golden = readNpz(sharedPath(`diffvox-golden/grads/${name}.npz`));
      const track = name.includes('Coldwar') ? 'LizNelson_Coldwar' : 'MusicDelta_Country1';
      const audio = readNpz(sharedPath(`diffvox-golden/grads/audio_${track}.npz`));
      const scale = audio.numbers('scale')[0]!;
      const samples = (key: string) =>
        Float32Array.from(audio.get(key).data, (value) => Number(value) * scale);
      const dry = samples('x_i16');
      const wet = samples('y_i16');
      const evaluator = new Evaluator(new Kernels(await loadKernelModule()), dry.length, EXACT);
      const channels = [wet.subarray(0, dry.length), wet.subarray(dry.length)] as const;
      evaluator.setSegment(0, { dry, wet: channels, warmupSamples: WARMUP_SAMPLES });
      const raw = Float64Array.of(...golden.numbers('raw'), golden.numbers('log_damp_raw')[0]!);
      for (const mode of ['train', 'eval'] as const) {
        const { terms, gradient: got } = evaluator.evaluate(raw, [0], mode, true);
        const expected = golden.numbers(`${mode}_terms`);
        Object.values(terms).forEach((term, i) => {
          expect(Math.abs(term / expected[i]! - 1), `term ${i}`).toBeLessThan(1e-4);
        });
        const want = golden.numbers(`${mode}_grad`);
        expect(cosine(got!, want)).toBeGreaterThan(0.9999);
        const largest = new Map<string, number>();
        want.forEach((g, i) => {
          largest.set(effectOf[i]!, Math.max(largest.get(effectOf[i]!) ?? 0, Math.abs(g)));
        });
        want.forEach((g, i) => {
          const name = CHAIN_PARAMETERS[i]?.id ?? 'log η';
          // The plain slope of the delay time hangs on spectral nulls that float32 moves; the float64 gradient meets it.
          if (mode === 'eval' && name === 'delay.time') return;
          expect(Math.abs(got![i]! - g) / largest.get(effectOf[i]!)!, name).toBeLessThan(TOLERANCE);
        });
      }
    },
  );
});
