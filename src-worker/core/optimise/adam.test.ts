import { describe, expect, it } from 'vitest';
import { ADAM_MEAN_DECAY, ADAM_SQUARE_DECAY, Adam } from './adam.ts';
import { Random } from './random.ts';

const CURVATURES = [1, 100, 0.01, 5];
const MINIMUM = [3, -2, 40, 0.5];
const EVEN = Float64Array.of(1, 1, 1, 1);

/** Gradient of Σ c_i (x_i − m_i)² / 2. */
const gradientAt = (x: Float64Array): Float64Array => x.map((v, i) => CURVATURES[i]! * (v - MINIMUM[i]!));

describe('Adam', () => {
  it.each([
    ['even scales', EVEN],
    ['uneven scales', Float64Array.of(0.3, 2, 3, 0.7)],
  ])('finds the minimum of a badly conditioned quadratic with %s', (_, scales) => {
    const x = new Float64Array(4);
    const adam = new Adam(4);
    for (let step = 0; step < 4000; step++) adam.step(x, gradientAt(x), 0.1 * (1 - step / 4000), scales);
    x.forEach((v, i) => expect(v).toBeCloseTo(MINIMUM[i]!, 3));
  });

  it('is algorithm 1, step by step', () => {
    const random = new Random(4);
    const adam = new Adam(1);
    const x = Float64Array.of(0.7);
    let [expected, m, v] = [0.7, 0, 0];
    for (let t = 1; t <= 50; t++) {
      const g = random.signed() * 10 ** (4 * random.signed());
      adam.step(x, Float64Array.of(g), 0.01, Float64Array.of(2));
      m = ADAM_MEAN_DECAY * m + (1 - ADAM_MEAN_DECAY) * g;
      v = ADAM_SQUARE_DECAY * v + (1 - ADAM_SQUARE_DECAY) * g * g;
      const mean = m / (1 - ADAM_MEAN_DECAY ** t);
      expected -= (0.02 * mean) / (Math.sqrt(v / (1 - ADAM_SQUARE_DECAY ** t)) + 1e-8);
      expect(x[0]).toBeCloseTo(expected, 12);
    }
  });

  it('first moves every entry by rate and scale, however steep, and leaves flat ones', () => {
    const x = new Float64Array(4);
    new Adam(4).step(x, Float64Array.of(1e6, -1e-3, 0, 3), 0.2, Float64Array.of(1, 1, 1, 0.5));
    expect(x[0]).toBeCloseTo(-0.2, 6);
    expect(x[1]).toBeCloseTo(0.2, 4);
    expect(x[2]).toBe(0);
    expect(x[3]).toBeCloseTo(-0.1, 6);
  });

  it('goes on from a saved state bit by bit, also after a trip through JSON', () => {
    const [whole, stopped, resumed] = [new Adam(4), new Adam(4), new Adam(4)];
    const walk = (adam: Adam, x: Float64Array, steps: number) => {
      for (let step = 0; step < steps; step++) adam.step(x, gradientAt(x), 0.05, EVEN);
    };
    const x = new Float64Array(4);
    walk(whole, x, 40);
    const y = new Float64Array(4);
    walk(stopped, y, 17);
    const { state } = stopped;
    const saved = JSON.stringify(state);
    // What the optimiser does afterwards does not reach the state that was read.
    walk(stopped, y.slice(), 1);
    expect(JSON.stringify(state)).toBe(saved);
    resumed.state = JSON.parse(saved) as typeof state;
    walk(resumed, y, 23);
    expect(y).toEqual(x);
    expect(resumed.state).toEqual(whole.state);
  });
});
