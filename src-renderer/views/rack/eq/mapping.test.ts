import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eqBandResponseDb } from '#core/effects/eq/response.ts';
import { eqParameters } from '#core/effects/eq/params.ts';
import { physicalToRaw } from '#core/parameter.ts';
import {
  curveFrequencies,
  gainAxis,
  GAIN_RANGES_DB,
  gainTicks,
  handleDb,
  handlePlace,
  pulled,
  reach,
  wheeledQ,
  type BandValues,
} from './mapping.ts';

const EXTENT = { width: 1000, height: 300 };
const PEAK: BandValues = { gainDb: 0, freqHz: 1000, q: 1 };
const PASS: BandValues = { gainDb: null, freqHz: 200, q: 0.707 };

/** DSP values of the EQ with some parameters set. */
function eqValues(physical: Readonly<Record<string, number>>): Float64Array {
  return Float64Array.from(eqParameters, (parameter) =>
    parameter.map.toValue(physicalToRaw(parameter, physical[parameter.id] ?? parameter.default)),
  );
}

describe('the dB axis', () => {
  it('shows its whole range with room beyond', () => {
    for (const rangeDb of GAIN_RANGES_DB) {
      const axis = gainAxis(rangeDb);
      expect(axis.toUnit(0)).toBe(0.5);
      expect(axis.toUnit(rangeDb)).toBeLessThan(0.96);
      const labels = gainTicks(rangeDb).map(({ label }) => label);
      expect(labels).toContain(`+${rangeDb}`);
      expect(labels).toContain(`−${rangeDb}`);
      expect(labels).toContain('0');
    }
  });
});

describe('handles', () => {
  it('lie at frequency and gain', () => {
    const at = handlePlace({ ...PEAK, gainDb: 6 }, gainAxis(12), EXTENT, 0);
    // 1 kHz is log(50) / log(1000) of the axis; 6 dB a quarter of 24 dB and the room above the middle.
    expect(at.x).toBeCloseTo((1000 * Math.log(50)) / Math.log(1000), 9);
    expect(at.y).toBeCloseTo(150 - (300 * 6) / (24 * 1.12), 9);
  });

  it('stay inside the picture where the value does not', () => {
    const low = handlePlace({ ...PASS, freqHz: 16 }, gainAxis(12), EXTENT, 8);
    expect(low.x).toBe(8);
    expect(handlePlace({ ...PEAK, gainDb: 20 }, gainAxis(12), EXTENT, 8).y).toBe(8);
    expect(handlePlace({ ...PEAK, gainDb: -20 }, gainAxis(12), EXTENT, 8).y).toBe(292);
  });

  it('of a pass lie on its own curve, at any rate', () => {
    for (const [rateHz, freqHz, q] of [
      [44_100, 17_000, 3],
      [48_000, 400, 0.6],
      [96_000, 9000, 10],
    ] as const) {
      const values = eqValues({ 'eq.lp.freq': freqHz, 'eq.lp.q': q });
      const [db] = eqBandResponseDb(values, 'eq.lp', [freqHz], rateHz);
      expect(handleDb({ gainDb: null, freqHz, q })).toBeCloseTo(db!, 6);
    }
  });

  it('follow the pointer exactly', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -200, max: 200, noNaN: true }),
        fc.double({ min: -60, max: 60, noNaN: true }),
        fc.constantFrom(PEAK, PASS, { gainDb: -2, freqHz: 900, q: null }),
        fc.constantFrom(...GAIN_RANGES_DB),
        (dx, dy, start, rangeDb) => {
          const axis = gainAxis(rangeDb);
          const from = handlePlace(start, axis, EXTENT, -Infinity);
          const to = handlePlace(pulled(start, dx, dy, axis, EXTENT), axis, EXTENT, -Infinity);
          expect(to.x - from.x).toBeCloseTo(dx, 6);
          expect(to.y - from.y).toBeCloseTo(dy, 6);
        },
      ),
    );
  });

  it('of a peak keep its Q, of a shelf stay without one', () => {
    expect(pulled(PEAK, 40, -30, gainAxis(12), EXTENT).q).toBe(1);
    expect(pulled({ ...PEAK, q: null }, 40, -30, gainAxis(12), EXTENT).q).toBeNull();
    expect(pulled(PASS, 0, -30, gainAxis(12), EXTENT).q).toBeGreaterThan(0.707);
    expect(pulled(PASS, 0, -30, gainAxis(12), EXTENT).gainDb).toBeNull();
  });
});

describe('the wheel', () => {
  it('doubles Q in eight steps, halves it in eight back, and is ten times finer with Shift', () => {
    expect(wheeledQ(0.7, 8, false)).toBeCloseTo(1.4, 12);
    expect(wheeledQ(1.4, -8, false)).toBeCloseTo(0.7, 12);
    expect(wheeledQ(0.7, 80, true)).toBeCloseTo(1.4, 12);
  });
});

describe('what a band can reach', () => {
  it('ends at the edges of the axis', () => {
    expect(reach({ min: 16, max: 5300 }).from).toBe(0);
    expect(reach({ min: 200, max: 22_000 }).from).toBeCloseTo(1 / 3, 12);
    expect(reach({ min: 200, max: 22_000 }).to).toBe(1);
  });
});

describe('the frequencies of curves', () => {
  it('ascend from 20 Hz to 20 kHz', () => {
    const hz = curveFrequencies([16, 800, 4000]);
    expect(hz[0]).toBeCloseTo(20, 9);
    expect(hz.at(-1)).toBeCloseTo(20_000, 6);
    for (let i = 1; i < hz.length; i++) expect(hz[i]!).toBeGreaterThanOrEqual(hz[i - 1]!);
  });

  it('draw the sharpest peak within 0.1 dB', () => {
    const centreHz = 1234.5;
    const values = eqValues({ 'eq.pk1.gain': 12, 'eq.pk1.freq': centreHz, 'eq.pk1.q': 20 });
    const hz = curveFrequencies([centreHz]);
    const drawn = eqBandResponseDb(values, 'eq.pk1', hz, 44_100);
    expect(Math.max(...drawn)).toBeCloseTo(12, 6);
    // Straight lines between the points against the curve itself, over two octaves around the peak.
    let worst = 0;
    for (let i = 1; i < hz.length; i++) {
      if (hz[i]! < centreHz / 2 || hz[i]! > centreHz * 2) continue;
      const middleHz = Math.sqrt(hz[i]! * hz[i - 1]!);
      const [db] = eqBandResponseDb(values, 'eq.pk1', [middleHz], 44_100);
      worst = Math.max(worst, Math.abs(db! - (drawn[i]! + drawn[i - 1]!) / 2));
    }
    expect(worst).toBeLessThan(0.1);
  });
});
