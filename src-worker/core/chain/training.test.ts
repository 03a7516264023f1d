import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { panGains } from '../effects/pan/training.ts';
import { neutralRaw, parameterIndex, PARAMETER_COUNT, rawToValues } from './parameters.ts';
import { chainValues, renderTraining, trainingStages } from './training.ts';

const voice = (length: number): Float64Array =>
  Float64Array.from({ length }, (_, n) => Math.sin(n * 0.05) * Math.sin(n * 0.0007) ** 2);

describe('the chain in training form', () => {
  it('adds the panned sound, the delay and the reverb', () => {
    const raw = neutralRaw();
    raw[parameterIndex('fdn.output.left.0')] = 0.5;
    raw[parameterIndex('fdn.output.right.3')] = -0.4;
    raw[parameterIndex('pan')] = 0.7;
    const stages = trainingStages(voice(30_000), raw);
    const gains = panGains(rawToValues(raw)[parameterIndex('pan')]!);
    stages.final.forEach((channel, c) => {
      expect(stages.fdn[c]!.some((v) => v !== 0)).toBe(true);
      channel.forEach((value, n) =>
        expect(value).toBeCloseTo(
          gains[c]! * stages.comp[n]! + stages.delay[c]![n]! + stages.fdn[c]![n]!,
          14,
        ),
      );
    });
    expect(stages.final, 'computed once').toBe(stages.final);
    const single = renderTraining(voice(30_000), raw);
    expect(single.final).toEqual(stages.final.map((channel) => new Float32Array(channel)));
    expect(single.eq).toHaveLength(1);
  });

  it('sends the delay to the reverb', () => {
    const raw = neutralRaw();
    raw[parameterIndex('fdn.output.left.0')] = 0.5;
    // Exactly 100 ms, so the repeats have no sinc around them.
    raw[parameterIndex('delay.time')] = -40;
    const x = voice(20_000);
    const without = raw.slice();
    without[parameterIndex('delay.send')] = -40;
    const [a] = trainingStages(x, raw).fdn;
    const [b] = trainingStages(x, without).fdn;
    const firstDifference = a.findIndex((v, n) => Math.abs(v - b[n]!) > 1e-9);
    // The delay (100 ms) and the shortest line.
    expect(firstDifference).toBeGreaterThan(4410 + 900);
    expect(firstDifference).toBeLessThan(4410 + 997 + 4000);
  });

  it('makes no sound from silence', () => {
    const raw = neutralRaw();
    raw[parameterIndex('fdn.output.left.0')] = 0.5;
    for (const channel of trainingStages(new Float32Array(3000), raw).final)
      expect(channel.every((v) => v === 0)).toBe(true);
  });

  it('is finite for every raw vector', () => {
    const number = fc.double({ min: -30, max: 30, noNaN: true });
    fc.assert(
      fc.property(fc.array(number, { minLength: PARAMETER_COUNT, maxLength: PARAMETER_COUNT }), (raw) => {
        for (const channel of trainingStages(voice(3000), raw).final)
          expect(channel.every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 5 },
    );
  });

  it('takes 151 parameters apart by effect', () => {
    const { eq, comp, delay, fdn } = chainValues(neutralRaw());
    expect([eq, comp, delay, fdn].map(({ length }) => length)).toEqual([14, 9, 7, 119]);
    expect(() => chainValues(new Float64Array(152))).toThrow('152');
  });
});
