import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inParallel } from './in-parallel.ts';

test('results come in order, and never more are under way than asked for', async () => {
  let [current, most] = [0, 0];
  const doubled = await inParallel([5, 1, 4, 2, 3, 0], 3, async (ms) => {
    most = Math.max(most, ++current);
    await pause(ms);
    current--;
    return 2 * ms;
  });
  expect(doubled).toEqual([10, 2, 8, 4, 6, 0]);
  expect(most).toBe(3);
  expect(await inParallel([], 3, () => Promise.reject(new Error('never')))).toEqual([]);
});

test('after a failure nothing more is begun, and nothing is left under way', async () => {
  const begun: number[] = [];
  let current = 0;
  const work = async (item: number): Promise<void> => {
    begun.push(item);
    current++;
    await pause(item === 1 ? 1 : 20);
    current--;
    if (item === 1) throw new Error('full');
  };
  await expect(inParallel([0, 1, 2, 3, 4], 2, work)).rejects.toThrow('full');
  expect(begun).toEqual([0, 1]);
  expect(current).toBe(0);
});
