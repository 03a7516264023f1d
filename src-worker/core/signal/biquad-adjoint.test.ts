import { describe, expect, it } from 'vitest';
import { Random } from '../optimise/random.ts';
import { filterCascadeAdjoint, filterValueGradients } from './biquad-adjoint.ts';
import { filterCascade, type FilterSettings } from './biquad.ts';
import { innerProduct } from './inner-product.ts';

const LENGTH = 1500;
const FILTERS: readonly FilterSettings[] = [
  { kind: 'peak', gainDb: 5, freqHz: 900, q: 2 },
  { kind: 'lowShelf', gainDb: -7, freqHz: 200, q: 0.8 },
  { kind: 'highShelf', gainDb: 4, freqHz: 5000, q: 0.6 },
  { kind: 'lowPass', gainDb: 0, freqHz: 9000, q: 1.5 },
  { kind: 'highPass', gainDb: 0, freqHz: 80, q: 0.5 },
];
const random = new Random(3);
const noise = (): Float64Array => Float64Array.from({ length: LENGTH }, () => random.signed());
const filtered = (
  filters: readonly FilterSettings[],
  sampleRateHz: number,
  x: Float64Array,
): Float64Array => {
  const y = x.slice();
  filterCascade(filters, sampleRateHz, y);
  return y;
};

describe.each([44_100, 96_000])('the adjoint of a cascade at %i Hz', (sampleRateHz) => {
  const [x, u] = [noise(), noise()];
  const byInput = u.slice();
  const bySettings = filterCascadeAdjoint(FILTERS, sampleRateHz, x, byInput);

  it('is transposed for the input', () => {
    const y = filtered(FILTERS, sampleRateHz, x);
    const norms = Math.sqrt(innerProduct(y, y) * innerProduct(u, u));
    expect(Math.abs(innerProduct(y, u) - innerProduct(x, byInput))).toBeLessThan(1e-12 * norms);
  });

  it('is the slope by every setting', () => {
    const at = (i: number, change: Partial<FilterSettings>): number =>
      innerProduct(u, filtered(FILTERS.with(i, { ...FILTERS[i], ...change }), sampleRateHz, x));
    FILTERS.forEach((filter, i) => {
      for (const [name, unit] of [
        ['gainDb', 1],
        ['freqHz', filter.freqHz],
        ['q', filter.q],
      ] as const) {
        const step = 1e-5 * unit;
        const wanted =
          (at(i, { [name]: filter[name] + step }) - at(i, { [name]: filter[name] - step })) / 2e-5;
        const got = bySettings[i][name] * unit;
        expect(Math.abs(got - wanted), `${filter.kind} ${name}`).toBeLessThan(1e-6 * (1 + Math.abs(wanted)));
      }
    });
  });

  it('leaves out what tables do not have: the Q of shelves, the gain of passes', () => {
    const [peak, low, high, lowPass, highPass] = bySettings;
    expect(filterValueGradients(FILTERS, bySettings)).toEqual([
      ...[peak.gainDb, peak.freqHz, peak.q],
      ...[low.gainDb, low.freqHz, high.gainDb, high.freqHz],
      ...[lowPass.freqHz, lowPass.q, highPass.freqHz, highPass.q],
    ]);
  });
});
