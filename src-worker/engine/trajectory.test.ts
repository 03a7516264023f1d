import { describe, expect, it } from 'vitest';
import { parameterIndex } from '#core/chain/parameters.ts';
import { FIT_PARAMETER_COUNT, type Evaluation, type Objective } from './objective.ts';
import { Trajectory } from './trajectory.ts';

const TERMS = { mss_lr: 1, mss_ms: 1, mldr_lr: 1, mldr_ms: 1 };

/** Σ (x − 1)², as if it were the loss. */
function bowl(raw: Float64Array): Evaluation {
  return {
    total: raw.reduce((sum, x) => sum + (x - 1) ** 2, 0),
    terms: TERMS,
    delayRegulariser: 0,
    gradient: raw.map((x) => 2 * (x - 1)),
  };
}

async function descend(
  evaluate: (raw: Float64Array, call: number) => Evaluation,
  steps: number,
  locked: number[] = [],
) {
  const warnings: string[] = [];
  let calls = 0;
  const objective: Objective = { evaluate: (raw) => Promise.resolve(evaluate(raw, calls++)) };
  const scales = new Float64Array(FIT_PARAMETER_COUNT).fill(1);
  const trajectory = new Trajectory(
    new Float64Array(FIT_PARAMETER_COUNT),
    0.2,
    scales,
    objective,
    locked,
    (m) => warnings.push(m),
  );
  let isAlive = true;
  for (let step = 0; step < steps && isAlive; step++)
    isAlive = await trajectory.step([0], step / steps, true);
  return { trajectory, warnings, isAlive };
}

describe('a descent', () => {
  it('finds the bottom and keeps the best it has seen', async () => {
    const { trajectory } = await descend(bowl, 100);
    expect(trajectory.best.loss).toBeLessThan(1e-3);
    expect(bowl(trajectory.best.raw).total).toBe(trajectory.best.loss);
  });

  it('leaves locked parameters at their exact start', async () => {
    const { trajectory } = await descend(bowl, 30, [3, 77]);
    expect([trajectory.best.raw[3], trajectory.best.raw[77]]).toEqual([0, 0]);
    expect(trajectory.best.raw[4]).toBeGreaterThan(0.1);
  });

  it('reports a number that is not finite by parameter, steps back and goes on', async () => {
    const { trajectory, warnings, isAlive } = await descend((raw, call) => {
      const evaluation = bowl(raw);
      if (call === 20) evaluation.gradient![parameterIndex('comp.attack')] = NaN;
      return evaluation;
    }, 100);
    expect(isAlive).toBe(true);
    expect(warnings.join()).toContain('comp.attack');
    expect(trajectory.best.raw.every(Number.isFinite)).toBe(true);
    expect(trajectory.best.loss).toBeLessThan(1);
  });

  it('gives up with its best when the numbers never recover', async () => {
    const { trajectory, isAlive } = await descend(
      (raw, call) => (call < 5 ? bowl(raw) : { ...bowl(raw), total: Infinity }),
      100,
    );
    expect(isAlive).toBe(false);
    expect(Number.isFinite(trajectory.best.loss)).toBe(true);
  });
});
