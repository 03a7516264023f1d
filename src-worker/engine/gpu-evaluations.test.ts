import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Random } from '#core/optimise/random.ts';
import { CpuEvaluations } from './cpu-evaluations.ts';
import { GpuEvaluations } from './gpu-evaluations.ts';
import { loadKernelModule } from './kernel-module.ts';
import type { Evaluation } from './objective.ts';
import { openStart, withDamping } from './start.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('wait as long for an evaluation as for those before it in the queue', async () => {
  const answer: Evaluation = {
    total: 1,
    terms: { mss_lr: 1, mss_ms: 0, mldr_lr: 0, mldr_ms: 0 },
    delayRegulariser: 0,
  };
  // One evaluation at a time, 50 s each.
  let queue = Promise.resolve();
  const evaluate = (): Promise<Evaluation> => {
    const turn = queue.then(() => new Promise<void>((resolve) => setTimeout(resolve, 50_000)));
    queue = turn;
    return turn.then(() => answer);
  };
  const warnings: string[] = [];
  const connection = {
    adapter: { name: 'Test', type: 'hardware', limits: {} },
    prepare: () => Promise.resolve({ evaluate }),
    end: () => undefined,
  } as const;
  const cpu = new CpuEvaluations(await loadKernelModule(), [], 4, 1);
  const evaluations = new GpuEvaluations(connection, cpu, (message) => warnings.push(message));
  evaluations.computeWith({ evaluate });
  const start = withDamping(openStart(new Random(1)));
  const going = [0, 1, 2, 3].map((i) => evaluations.objective(i).evaluate(start, [0], 'train', false));
  await vi.advanceTimersByTimeAsync(4 * 50_000);
  expect(await Promise.all(going)).toEqual([answer, answer, answer, answer]);
  expect(warnings).toEqual([]);
  expect(evaluations.use.backend).toBe('webgpu');
});
