import { expect, it } from 'vitest';
import { PARAMETER_COUNT, parametersUnder } from '#core/chain/parameters.ts';
import type { Objective } from './objective.ts';
import { wandering } from './wandering.ts';

it('moves the compressor’s values at every evaluation by at most a tenth, the same way each time', async () => {
  const visit = async (): Promise<Float64Array[]> => {
    const seen: Float64Array[] = [];
    const recording: Objective = {
      evaluate: (raw) => {
        seen.push(raw);
        return Promise.reject(new Error('recorded'));
      },
    };
    const objective = wandering(recording);
    const raw = new Float64Array(PARAMETER_COUNT + 1);
    for (let i = 0; i < 5; i++)
      await expect(objective.evaluate(raw, [0], 'train', true)).rejects.toThrow('recorded');
    expect(raw.every((x) => x === 0)).toBe(true);
    return [raw, ...seen];
  };
  const way = await visit();
  expect(await visit()).toEqual(way);
  const compressor = parametersUnder('comp');
  for (let i = 1; i < way.length; i++)
    way[i]!.forEach((value, index) => {
      const step = Math.abs(value - way[i - 1]![index]!);
      if (compressor.includes(index)) expect(step).toBeGreaterThan(0);
      else expect(step).toBe(0);
      expect(step).toBeLessThanOrEqual(0.1 + 1e-9);
    });
});
