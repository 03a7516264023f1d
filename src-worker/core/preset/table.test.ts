import { describe, expect, it } from 'vitest';
import { neutralRaw, parameterIndex } from '../chain/parameters.ts';
import { CHAIN_PARAMETERS } from '../chain/parameters.ts';
import { physicalToRaw } from '../parameter.ts';
import { formatPresetTable } from './table.ts';

const set = (raw: Float64Array, values: Readonly<Record<string, number>>): Float64Array => {
  for (const [id, physical] of Object.entries(values)) {
    const index = parameterIndex(id);
    raw[index] = physicalToRaw(CHAIN_PARAMETERS[index], physical);
  }
  return raw;
};
const decays = (seconds: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: 49 }, (_, i) => [`fdn.decay.${i}`, seconds]));

describe('the table of a preset', () => {
  const table = formatPresetTable({
    name: 'Liz',
    raw: set(neutralRaw(), {
      'eq.pk1.gain': -3.1,
      'eq.pk2.freq': 4200,
      'comp.ratio': 4,
      'comp.expander_ratio': 0.5,
      'comp.attack': 12,
      'delay.time': 370,
      'delay.gain': 0.1,
      'delay.odd_pan': -40,
      pan: 12,
      ...decays(1.5),
    }),
  });

  it.each([
    /^Liz$/m,
    /^ {2}Peak 1 +-3\.10 dB +800 Hz +0\.71$/m,
    /^ {2}Peak 2 +0\.00 dB +4\.20 kHz/m,
    /Compressor +-18\.00 dB +4\.00:1/,
    /Expander +-48\.00 dB +1:2\.00/,
    /Attack +12\.0 ms/,
    /Time +370 ms/,
    /Gain +-20\.00 dB/,
    /Odd repeats +left 40/,
    /Seconds( +1\.50){9}$/m,
    /Pan of the direct sound +right 12/,
    /The reverb is silent/,
  ])('shows %s', (pattern) => {
    expect(table).toMatch(pattern);
  });

  it('says where a fitted preset comes from', () => {
    const text = formatPresetTable({
      raw: neutralRaw(),
      calibration: {
        inputGain: 2,
        outputGain: 0.5,
        offsetSamples: 44.1,
        polarity: -1,
        wetSampleRateHz: 48_000,
        wetLengthSamples: 1,
      },
      fit: {
        loss: 1.17,
        initialLoss: 2.9,
        terms: { mss_lr: 0.5, mss_ms: 0.8, mldr_lr: 0.2, mldr_ms: 0.4 },
        steps: 10,
        evaluations: 22,
        elapsedSeconds: 3.5,
        stopped: 'converged',
        seed: 7,
        dry: 'dry.wav',
        wet: 'wet.wav',
        date: '2026-01-02T03:04:05.000Z',
      },
    });
    expect(text).toContain('from “dry.wav”');
    expect(text).toContain('+6.02 dB in, -6.02 dB out');
    expect(text).toContain('lags the dry by 1.00 ms, and its polarity is inverted');
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it('is at most 80 columns wide', () => {
    for (const line of table.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it('shows extreme settings without NaN', () => {
    for (const extreme of [-1000, 1000]) {
      const text = formatPresetTable({ raw: new Float64Array(151).fill(extreme) });
      expect(text).not.toContain('NaN');
    }
  });
});
