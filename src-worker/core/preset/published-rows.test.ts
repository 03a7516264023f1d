import { describe, expect, it } from 'vitest';
import { neutralRaw } from '../chain/parameters.ts';
import { UserError } from '../errors.ts';
import { formatNpy } from './npy.ts';
import { formatPreset, parsePreset } from './preset.ts';
import { readPublishedRow, writePublishedRow } from './published-rows.ts';

const rows = Float32Array.from({ length: 3 * 151 }, (_, i) => 12 * Math.sin(i * i + 0.1));
const failure = (act: () => unknown): UserError => {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return error as UserError;
  }
  throw new Error('It was accepted.');
};

describe('the published layout', () => {
  it('survives import, preset file and export bit by bit', () => {
    const raw = readPublishedRow(formatNpy([3, 151], rows), 1);
    const exported = writePublishedRow(parsePreset(formatPreset({ raw })).raw);
    expect(exported).toEqual(formatNpy([1, 151], rows.slice(151, 302)));
  });

  it('reads float64 and one-dimensional arrays', () => {
    const values = neutralRaw();
    expect(readPublishedRow(formatNpy([1, 151], values), 0)).toEqual(values);
    expect(readPublishedRow(formatNpy([151], values), undefined)).toEqual(values);
  });

  it('refuses other shapes and rows with what it found', () => {
    const array = formatNpy([3, 151], rows);
    expect(failure(() => readPublishedRow(array, 3)).message).toMatch(/3 rows, so there is no row 3/);
    expect(failure(() => readPublishedRow(array, undefined)).code).toBe('usage');
    const wrong = failure(() => readPublishedRow(formatNpy([453], rows), 0));
    expect(wrong.code).toBe('bad-input');
    expect(wrong.message).toContain('(453,)');
    expect(failure(() => readPublishedRow(formatNpy([151, 3], rows), 0)).message).toContain('(151, 3)');
    expect(failure(() => readPublishedRow(new Uint8Array(200), 0, '“x.npy”')).message).toMatch(/^“x.npy”/);
  });

  it('refuses NaN and infinities, and values beyond float32', () => {
    for (const bad of [NaN, Infinity]) {
      const values = rows.slice(0, 151);
      values[24] = bad;
      expect(failure(() => readPublishedRow(formatNpy([1, 151], values), 0)).message).toMatch(
        /row 0, column 24 \(delay.time\)/,
      );
    }
    const raw = neutralRaw();
    raw[2] = 1e300;
    expect(failure(() => writePublishedRow(raw)).message).toContain('eq.pk1.q');
  });
});
