import { expect, it } from 'vitest';
import { CHAIN_PARAMETERS } from '#core/chain/parameters.ts';
import { goldenGradient } from '../../test-support/golden-gradient.ts';
import { describeWithShared } from '../../test-support/shared-data.ts';
import { cosineOf } from '../objective.ts';
import { loadKernelModule } from '../kernel-module.ts';
import { Kernels } from '../kernels.ts';
import { EXACT, Evaluator } from './evaluator.ts';

/** Of an effect's largest entry: float32 and the spectral grid leave about 1e−3 on entries that nearly cancel. */
const TOLERANCE = 3e-3;

/** Effect of each of the 152 entries; the surrogate's damping belongs to the delay. */
const effectOf = [...CHAIN_PARAMETERS.map(({ id }) => id.split('.')[0]!), 'delay'];

describeWithShared('published losses and gradients through the kernels', () => {
  it.each(['g0_Coldwar_own', 'g1_Coldwar_imean', 'g4_Country1_own', 'g5_Country1_init'])(
    '%s',
    async (name) => {
      const { segment, raw, expected } = goldenGradient(name);
      const evaluator = new Evaluator(new Kernels(await loadKernelModule()), segment.dry.length, EXACT);
      evaluator.setSegment(0, segment);
      for (const mode of ['train', 'eval'] as const) {
        const { terms, gradient: got } = evaluator.evaluate(raw, [0], mode, true);
        Object.values(terms).forEach((term, i) => {
          expect(Math.abs(term / expected[mode].terms[i]! - 1), `term ${i}`).toBeLessThan(1e-4);
        });
        const want = Array.from(expected[mode].gradient);
        expect(cosineOf(got!, want)).toBeGreaterThan(0.9999);
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
