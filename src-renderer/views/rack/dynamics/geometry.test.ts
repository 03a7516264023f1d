import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compTransferDb } from '#core/effects/comp/response.ts';
import { LEVEL_AXIS, expanderRatioAfter, handlePoints, ratioAfter, transferCurve } from './geometry.ts';

interface Setting {
  threshold: number;
  expander: number;
  makeup: number;
  ratio: number;
  expanderRatio: number;
}

/** DSP values of the compressor in their order. */
const valuesOf = ({ threshold, expander, makeup, ratio, expanderRatio }: Setting): number[] => [
  ...[threshold, expander, makeup, 0, 0.1, 0.1, 0.3],
  ...[ratio, expanderRatio],
];
const USUAL: Setting = { threshold: -18, expander: -48, makeup: 3, ratio: 2, expanderRatio: 0.5 };

/** Thresholds far enough apart that each leg is one line, and from the edges. */
const settings = fc.record({
  threshold: fc.double({ min: -30, max: -2, noNaN: true }),
  expander: fc.double({ min: -55, max: -35, noNaN: true }),
  makeup: fc.double({ min: -6, max: 12, noNaN: true }),
  ratio: fc.double({ min: 1.01, max: 19, noNaN: true }),
  expanderRatio: fc.double({ min: 0.05, max: 1, noNaN: true }),
});

describe('handles of the transfer curve', () => {
  it('lie on the curve', () => {
    fc.assert(
      fc.property(settings, (setting) => {
        const values = valuesOf(setting);
        for (const { inputDb, outputDb } of Object.values(handlePoints(values)))
          expect(outputDb).toBeCloseTo(compTransferDb(values, inputDb), 6);
      }),
    );
  });

  it('follow the pointer: the curve passes where a ratio was dragged to', () => {
    fc.assert(
      fc.property(settings, fc.double({ min: -3, max: 3, noNaN: true }), (setting, byDb) => {
        const values = valuesOf(setting);
        const before = handlePoints(values);
        const ratio = ratioAfter(values, byDb);
        fc.pre(ratio > 1 && ratio < 20);
        const up = handlePoints(valuesOf({ ...setting, ratio })).ratio;
        expect(up.inputDb).toBe(before.ratio.inputDb);
        expect(up.outputDb).toBeCloseTo(before.ratio.outputDb + byDb, 6);
        const expanderRatio = expanderRatioAfter(values, byDb);
        fc.pre(expanderRatio > 0.01 && expanderRatio < 1);
        const right = handlePoints(valuesOf({ ...setting, expanderRatio })).expander_ratio;
        expect(right.inputDb).toBeCloseTo(before.expander_ratio.inputDb + byDb, 6);
        expect(right.outputDb).toBeCloseTo(before.expander_ratio.outputDb, 6);
      }),
    );
  });

  it('stay within the ratios that there are', () => {
    const values = valuesOf(USUAL);
    expect(ratioAfter(values, 100)).toBe(1);
    expect(ratioAfter(values, -100)).toBe(20);
    expect(expanderRatioAfter(values, 100)).toBe(0);
    expect(expanderRatioAfter(values, -100)).toBe(1);
  });

  it('can be told apart and taken hold of at the ends', () => {
    for (const setting of [
      { ...USUAL, threshold: 0 },
      { ...USUAL, expanderRatio: 1e-15 },
      { ...USUAL, expander: -78, makeup: -10 },
    ]) {
      const points = handlePoints(valuesOf(setting));
      expect(points.ratio.inputDb - points.threshold.inputDb).toBeGreaterThanOrEqual(8);
      expect(points.expander_threshold.outputDb - points.expander_ratio.outputDb).toBeGreaterThanOrEqual(8);
    }
  });
});

describe('the drawn transfer curve', () => {
  it('rises over the whole axis and has its knees where the thresholds are', () => {
    const { x, y } = transferCurve(valuesOf(USUAL));
    expect([x[0], x[x.length - 1]]).toEqual([LEVEL_AXIS.min, LEVEL_AXIS.max]);
    const at = (level: number): number => y[Array.from(x).indexOf(level)]!;
    // 1:2 below −48, 1:1 to −18, 2:1 above, all lifted by 3 dB.
    expect(at(-58)).toBeCloseTo(-65, 9);
    expect(at(-48)).toBeCloseTo(-45, 9);
    expect(at(-18)).toBeCloseTo(-15, 9);
    expect(at(0)).toBeCloseTo(-6, 9);
  });
});
