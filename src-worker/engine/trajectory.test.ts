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

describe('a descent that goes on with some of the segments', () => {
  const constant = new Float64Array(FIT_PARAMETER_COUNT).fill(1);
  const seeing = (losses: number[]) => {
    let calls = 0;
    return new Trajectory(
      new Float64Array(FIT_PARAMETER_COUNT),
      0.2,
      constant,
      {
        evaluate: () =>
          Promise.resolve({
            total: losses[calls++]!,
            terms: TERMS,
            delayRegulariser: 0,
            gradient: constant.slice(),
          }),
      },
      [],
      () => undefined,
    );
  };

  it('keeps the best of all of them beside what it goes on to find', async () => {
    const trajectory = seeing([5, 2, 3, 9, 9]);
    for (const fraction of [0.1, 0.2, 0.3]) await trajectory.step([0, 1, 2], fraction, true);
    const { best } = trajectory;
    expect(trajectory.finalists).toEqual([best]);
    for (const fraction of [0.4, 0.5]) await trajectory.step([0, 1], fraction, false);
    expect(trajectory.finalists).toContainEqual(best);
    expect(trajectory.finalists).toHaveLength(2);
    const [found] = trajectory.finalists;
    expect(found!.raw).not.toEqual(best.raw);
    // From the last loss over all on, smoothed.
    expect(found!.loss).toBeCloseTo(0.81 * 3 + 0.19 * 9, 9);
  });

  it('keeps it when it goes on from a state that was stored', async () => {
    const before = seeing([5, 2, 3]);
    for (const fraction of [0.1, 0.2, 0.3]) await before.step([0, 1, 2], fraction, true);
    const after = seeing([9, 9]);
    after.state = JSON.parse(JSON.stringify(before.state)) as typeof before.state;
    await after.step([0, 1], 0.4, false);
    const again = seeing([9, 9]);
    again.state = JSON.parse(JSON.stringify(after.state)) as typeof after.state;
    await again.step([0, 1], 0.5, false);
    expect(again.finalists).toContainEqual(before.best);
  });

  it('judges its start alone by what some tell of it', async () => {
    const trajectory = seeing([5, 4]);
    for (const fraction of [0.1, 0.2]) await trajectory.step([0, 1], fraction, false);
    expect(trajectory.finalists).toHaveLength(1);
  });
});
