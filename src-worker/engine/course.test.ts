import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Course, Stopwatch } from './course.ts';

describe('the course of a fit', () => {
  it('goes by the steps given, by the usual ones where nothing is given, or by the time', () => {
    const given = new Course({ steps: 4 }, new Stopwatch(), 100);
    const usual = new Course({}, new Stopwatch(), 8);
    for (const course of [given, usual]) course.step = 2;
    expect([given.fraction, usual.fraction]).toEqual([0.5, 0.25]);
    const timed = new Course({ budgetSeconds: 1e6 }, new Stopwatch(5e5), 8);
    timed.step = 7;
    expect(timed.fraction).toBeCloseTo(0.5, 3);
    expect(new Course({ steps: 4, budgetSeconds: 1e6 }, new Stopwatch(5e5), 8).fraction).toBeCloseTo(0.5, 3);
  });

  it('never goes back and ends when another number of steps becomes the usual one, or another goes on', () => {
    const numbers = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(
        numbers,
        numbers,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        (a, b, at, isOther) => {
          const first = new Course({}, new Stopwatch(), a);
          first.step = Math.floor(at * (a - 1));
          const before = first.fraction;
          expect(before).toBe(first.step / a);
          let course = first;
          if (isOther) {
            course = new Course({}, new Stopwatch(), b);
            course.goOn(first.step, first.fractionOfSteps);
          } else course.expect(b);
          expect(course.fraction).toBe(before);
          for (let last = before; last < 1; last = course.fraction) {
            course.step++;
            expect(course.fraction).toBeGreaterThan(last);
            expect(course.step).toBeLessThanOrEqual(first.step + b);
          }
          expect(course.fraction).toBe(1);
        },
      ),
    );
  });

  it('keeps to the steps given whatever is usual', () => {
    const course = new Course({ steps: 10 }, new Stopwatch(), 170);
    course.step = 5;
    course.expect(220);
    expect(course.fraction).toBe(0.5);
    course.step = 10;
    expect(course.fraction).toBe(1);
  });
});
