import { describe, expect, it } from 'vitest';
import { kaiserWindow } from './kaiser.ts';

/** I0 by the trapezoidal rule on 1/π ∫ e^{x cos θ} dθ over half a turn, exact for these x. */
function besselI0(x: number): number {
  const points = 200;
  let sum = 0;
  for (let k = 0; k < points; k++) sum += Math.exp(x * Math.cos((Math.PI * (k + 0.5)) / points));
  return sum / points;
}

describe('the Kaiser window', () => {
  it.each([0.5, 8, 14.5])('is the quotient of Bessel functions for β = %d', (beta) => {
    const window = kaiserWindow(beta);
    for (const t of [-0.99, -0.5, 0, 0.1, 0.7, 0.999])
      expect(window(t) / (besselI0(beta * Math.sqrt(1 - t * t)) / besselI0(beta))).toBeCloseTo(1, 12);
  });

  it('is 1 in the middle and nothing from its ends on', () => {
    const window = kaiserWindow(8);
    expect(window(0)).toBeCloseTo(1, 15);
    for (const t of [-1.5, -1, 1, 1.5]) expect(window(t)).toBe(0);
  });
});
