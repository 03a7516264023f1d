import { afterAll, expect, it } from 'vitest';
import { cosineOf } from '../objective.ts';
import { describeWithGpu, testGpu } from '../../test-support/gpu.ts';
import { goldenGradient } from '../../test-support/golden-gradient.ts';
import { describeWithShared } from '../../test-support/shared-data.ts';
import { GpuEvaluator } from './evaluator.ts';

describeWithShared('published losses and gradients on a GPU', () => {
  describeWithGpu('of 12 s', () => {
    afterAll(async () => {
      (await testGpu()).end();
    });

    it.each(['g0_Coldwar_own', 'g1_Coldwar_imean', 'g4_Country1_own', 'g5_Country1_init'])(
      '%s',
      async (name) => {
        const { segment, raw, expected } = goldenGradient(name);
        const evaluator = await GpuEvaluator.make(await testGpu(), [segment]);
        for (const mode of ['train', 'eval'] as const) {
          const { terms, gradient } = await evaluator.evaluate(raw, [0], mode, true);
          Object.values(terms).forEach((term, i) => {
            expect(Math.abs(term / expected[mode].terms[i]! - 1), `term ${i}`).toBeLessThan(1e-4);
          });
          expect(cosineOf(gradient!, expected[mode].gradient), mode).toBeGreaterThan(0.9999);
        }
        evaluator.end();
      },
      300_000,
    );
  });
});
