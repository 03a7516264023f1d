import { CHAIN_PARAMETERS, parameterIndex } from '#core/chain/parameters.ts';
import { describe, expect, it } from 'vitest';
import { parameterFormat, plainFormat } from './number-format.ts';

describe('the format of a parameter', () => {
  const time = CHAIN_PARAMETERS[parameterIndex('delay.time')]!;

  it('keeps typed values within the range of the control', () => {
    const format = parameterFormat(time);
    expect(format.parse('3 s')).toBe(1000);
    expect(format.parse('20 ms')).toBe(100);
    expect(format.parse('250')).toBe(250);
    expect(format.parse('soon')).toBeNull();
  });

  it('takes notes at a tempo, and says so', () => {
    expect(parameterFormat(time, { tempoBpm: 90 }).parse('1/4')).toBeCloseTo(2000 / 3, 9);
    expect(parameterFormat(time, { tempoBpm: 90 }).hint).toContain('1/8');
    expect(parameterFormat(time).hint).not.toContain('1/8');
  });
});

describe('the format of a plain number', () => {
  const loudness = plainFormat({ unit: 'LUFS', digits: 1, min: -60, max: 0, step: 0.5 });

  it('writes and reads it with its unit', () => {
    expect(loudness.text(-14)).toBe('−14.0 LUFS');
    expect(loudness.editText(-14.04)).toBe('-14 LUFS');
    for (const text of ['-14', '−14 LUFS', '-14lufs', '-14,0']) expect(loudness.parse(text), text).toBe(-14);
    for (const text of ['', 'LUFS', '14 dB', '1.2.3']) expect(loudness.parse(text), text).toBeNull();
  });

  it('stays in its range', () => {
    expect(loudness.parse('6')).toBe(0);
    expect(loudness.stepped(-0.2, 1, false)).toBe(0);
    expect(loudness.stepped(-10, -2, false)).toBe(-11);
    expect(loudness.stepped(-10, 1, true)).toBeCloseTo(-9.95, 12);
    expect(loudness.hint).toBe('Type a number from −60 LUFS to 0 LUFS.');
  });
});
