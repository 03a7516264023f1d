import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { riseTimeMsToCoefficient } from '../units.ts';
import { LDR_SCALES, loudnessDynamicRangeLoss } from './loudness-dynamic-range.ts';
import { evaluateLosses, LOSS_WEIGHTS } from './index.ts';

type Rows = [Float64Array, Float64Array];

/** MLDR straight from its definition, with whole arrays. */
function oracle(pred: Rows, target: Rows): number {
  const average = (x: Float64Array, c: number): number[] => {
    let state = 0;
    return Array.from(x, (v) => (state = (1 - c) * state + c * Math.max(v * v, 1e-8)));
  };
  return LDR_SCALES.reduce((sum, { shortCoefficient, longCoefficient, rollSamples }) => {
    const f = (rows: Rows): number[] => {
      const short = rows.flatMap((row) => average(row, shortCoefficient));
      const long = rows.flatMap((row) => average(row, longCoefficient));
      return short.map((v, n) => Math.log(v) - Math.log(long[(n + rollSamples) % long.length]!));
    };
    const [p, t] = [f(pred), f(target)];
    return sum + p.reduce((error, v, n) => error + Math.abs(v - t[n]!), 0) / p.length;
  }, 0);
}
const midSide = ([left, right]: Rows): Rows => [
  left.map((v, n) => (v + right[n]!) / Math.SQRT2),
  left.map((v, n) => (v - right[n]!) / Math.SQRT2),
];

const channel = (length: number) =>
  fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: length, maxLength: length });

describe('loudness dynamic range loss', () => {
  it('is its definition, also for signals shorter than the roll', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 60 })
          .chain((n) => fc.tuple(...Array.from({ length: 4 }, () => channel(n)))),
        (channels) => {
          const [pl, pr, tl, tr] = channels.map((values) => Float64Array.from(values)) as [...Rows, ...Rows];
          const { lr, ms } = loudnessDynamicRangeLoss([pl, pr], [tl, tr]);
          expect(lr).toBeCloseTo(oracle([pl, pr], [tl, tr]), 10);
          expect(ms).toBeCloseTo(oracle(midSide([pl, pr]), midSide([tl, tr])), 10);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is its definition for signals longer than the roll', () => {
    const tone = (period: number, swell: number): Float64Array =>
      Float64Array.from({ length: 60_000 }, (_, n) => Math.sin(n / period) * Math.sin(n / swell) ** 2);
    const pred: Rows = [tone(20, 9000), tone(33, 4000)];
    const target: Rows = [tone(25, 7000), tone(21, 12_000)];
    const { lr, ms } = loudnessDynamicRangeLoss(pred, target);
    expect(lr).toBeCloseTo(oracle(pred, target), 10);
    expect(ms).toBeCloseTo(oracle(midSide(pred), midSide(target)), 10);
  });

  it('does not hear a change of level', () => {
    const target: Rows = [
      Float64Array.from({ length: 5000 }, (_, n) => Math.cos(n)),
      new Float64Array(5000).fill(0.3),
    ];
    const pred: Rows = [target[0].map((v) => v * 0.5), target[1].map((v) => v * 0.5)];
    expect(loudnessDynamicRangeLoss(pred, target).lr).toBeLessThan(1e-3);
  });

  it('uses the published coefficients and rolls', () => {
    expect(LDR_SCALES.map(({ rollSamples }) => rollSamples)).toEqual([20_947, 41_895]);
    for (const { shortMs, longMs, shortCoefficient, longCoefficient } of LDR_SCALES) {
      expect(shortCoefficient / riseTimeMsToCoefficient(shortMs, 44_100)).toBeCloseTo(1, 3);
      expect(longCoefficient / riseTimeMsToCoefficient(longMs, 44_100)).toBeCloseTo(1, 2);
    }
    expect(LDR_SCALES[0]!.shortCoefficient).toBe(0.000_997_245_311_737_060_5);
    expect(LDR_SCALES[1]!.longCoefficient).toBe(2.491_474_151_611_328e-5);
  });
});

describe('evaluateLosses', () => {
  it('adds the four terms by their weights', () => {
    const pred = [
      Float32Array.from({ length: 3000 }, (_, n) => Math.sin(n)),
      Float32Array.from({ length: 3000 }, (_, n) => Math.cos(n)),
    ] as const;
    const target = [pred[1], pred[0].map((v) => v / 3)] as const;
    const { total, ...terms } = evaluateLosses(pred, target);
    const expected = terms.mss_lr + 0.5 * terms.mss_ms + 0.5 * terms.mldr_lr + 0.25 * terms.mldr_ms;
    expect(total).toBeCloseTo(expected, 14);
    expect(Object.keys(terms)).toEqual(Object.keys(LOSS_WEIGHTS));
    expect(evaluateLosses(target, target).total).toBe(0);
  });

  it('refuses channels of different lengths', () => {
    const [a, b] = [new Float32Array(3000), new Float32Array(3001)];
    expect(() => evaluateLosses([a, a], [a, b])).toThrow('3000, 3000, 3000, 3001');
  });
});
