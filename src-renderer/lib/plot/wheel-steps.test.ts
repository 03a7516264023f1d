import { expect, it } from 'vitest';
import { wheelSteps } from './wheel-steps.ts';

it('goes up by a wheel turned away, also where Shift made it horizontal or it counts in lines', () => {
  const steps = (given: Partial<WheelEvent>): number =>
    wheelSteps({ deltaX: 0, deltaY: 0, deltaMode: 0, ...given });
  expect(steps({ deltaY: -100 })).toBe(2.5);
  expect(steps({ deltaX: 100 })).toBe(-2.5);
  expect(steps({ deltaY: 3, deltaMode: 1 })).toBeCloseTo(-2.475, 12);
  expect(steps({})).toBe(0);
});
