import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { CHAIN_PARAMETERS, PARAMETER_COUNT, neutralRaw, parameterIndex } from '../chain/parameters.ts';
import { UserError } from '../errors.ts';
import { rawToPhysical } from '../parameter.ts';
import { formatPreset, parsePreset, presetDocument, type Preset } from './preset.ts';

const bits = (values: Float64Array): BigUint64Array => new BigUint64Array(values.slice().buffer);
/** A neutral preset's document after an edit. */
const edited = (edit: (document: Record<string, unknown>) => void): string => {
  const document = structuredClone(presetDocument({ raw: neutralRaw() })) as Record<string, unknown>;
  edit(document);
  return JSON.stringify(document);
};
const parameterOf = (document: Record<string, unknown>, id: string): Record<string, unknown> =>
  (document['parameters'] as Record<string, Record<string, unknown>>)[id];
const failure = (text: string): string => {
  try {
    parsePreset(text, '“p.json”');
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).code).toBe('bad-input');
    return (error as UserError).message;
  }
  throw new Error('The preset was accepted.');
};
const rawVector = (value: fc.Arbitrary<number>): fc.Arbitrary<Float64Array> =>
  fc
    .array(value, { minLength: PARAMETER_COUNT, maxLength: PARAMETER_COUNT })
    .map((values) => Float64Array.from(values));

describe('a preset file', () => {
  it('keeps every float64 raw value bit by bit', () => {
    const anyFinite = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(rawVector(anyFinite), (raw) => {
        expect(bits(parsePreset(formatPreset({ raw })).raw)).toEqual(bits(raw));
      }),
      { numRuns: 50 },
    );
  });

  it('keeps raw values of usual size, name, calibration and fit', () => {
    const calibration = {
      inputGain: 1.7,
      outputGain: 0.31,
      offsetSamples: -12.25,
      polarity: -1 as const,
      wetSampleRateHz: 48_000,
      wetLengthSamples: 576_000,
    };
    const fit = {
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
    };
    fc.assert(
      fc.property(rawVector(fc.double({ min: -40, max: 40, noNaN: true })), (raw) => {
        const preset: Preset = { name: 'A “name”', raw, calibration, fit };
        const back = parsePreset(formatPreset(preset));
        expect(bits(back.raw)).toEqual(bits(raw));
        expect({ ...back, raw: 0 }).toEqual({ ...preset, raw: 0 });
      }),
      { numRuns: 30 },
    );
  });

  it('lists the physical values in chain order, one a line', () => {
    const raw = neutralRaw();
    raw[0] = -3.1;
    const lines = formatPreset({ raw }).split('\n');
    const first = lines.findIndex((line) => line.includes('"eq.pk1.gain"'));
    expect(lines[first].trim()).toBe('"eq.pk1.gain": { "value": -3.1, "unit": "dB" },');
    CHAIN_PARAMETERS.forEach(({ id }, i) => {
      expect(lines[first + i]).toContain(`"${id}"`);
    });
  });

  it('is rebuilt from the physical values when raw is missing', () => {
    fc.assert(
      fc.property(rawVector(fc.double({ min: -6, max: 6, noNaN: true })), (raw) => {
        const document: Record<string, unknown> = { ...presetDocument({ raw }) };
        delete document['raw'];
        const back = parsePreset(JSON.stringify(document)).raw;
        CHAIN_PARAMETERS.forEach((parameter, i) => {
          const wanted = rawToPhysical(parameter, raw[i]);
          expect(Math.abs(rawToPhysical(parameter, back[i]) - wanted), parameter.id).toBeLessThanOrEqual(
            1e-5 * Math.abs(wanted) + 1e-9,
          );
        });
      }),
      { numRuns: 30 },
    );
  });

  it('lets an edited physical value win, and leaves the others exact', () => {
    const raw = neutralRaw().map((value, i) => value + Math.sin(i) / 3);
    const document = structuredClone(presetDocument({ raw })) as Record<string, unknown>;
    parameterOf(document, 'delay.time')['value'] = 250;
    parameterOf(document, 'eq.pk1.gain')['value'] = -4.5;
    const back = parsePreset(JSON.stringify(document)).raw;
    const time = parameterIndex('delay.time');
    expect(rawToPhysical(CHAIN_PARAMETERS[time], back[time])).toBeCloseTo(250, 9);
    expect(back[0]).toBe(-4.5);
    raw.forEach((value, i) => {
      if (i !== 0 && i !== time) expect(back[i]).toBe(value);
    });
  });

  it('takes the ends of a range and refuses what lies beyond, with the range', () => {
    const withFrequency = (value: number): string =>
      edited((document) => (parameterOf(document, 'eq.pk1.freq')['value'] = value));
    expect(rawToPhysical(CHAIN_PARAMETERS[1], parsePreset(withFrequency(5400)).raw[1])).toBeCloseTo(5400, 6);
    expect(failure(withFrequency(5401))).toBe(
      '“p.json”: eq.pk1.freq is 5401 Hz, but must lie between 33 and 5400 Hz.',
    );
    expect(failure(edited((document) => (parameterOf(document, 'comp.attack')['value'] = -1)))).toBe(
      '“p.json”: comp.attack is -1 ms, but must not be negative.',
    );
  });
});

describe('a broken preset file', () => {
  it.each([
    ['empty', '', /“p.json” is not valid JSON/],
    ['cut short', formatPreset({ raw: neutralRaw() }).slice(0, 4000), /is not valid JSON/],
    ['not JSON', 'RIFF....WAVE', /is not valid JSON/],
    ['NaN', edited(() => 0).replace(/"raw":\[[^,]+/, '"raw":[NaN'), /NaN or Infinity/],
    ['an array', '[1,2]', /not a Voxfit preset/],
    ['null', 'null', /not a Voxfit preset/],
    ['another format', '{"a":1}', /not a Voxfit preset/],
    ['from the future', edited((d) => (d['version'] = 2)), /made by a newer Voxfit/],
    ['without version', edited((d) => delete d['version']), /without a version/],
    ['at another rate', edited((d) => (d['sampleRateHz'] = 48_000)), /48000 Hz/],
    [
      'too few raw values',
      edited((d) => (d['raw'] as number[]).pop()),
      /must hold 151 numbers, but holds 150/,
    ],
    [
      'null raw value',
      edited((d) => ((d['raw'] as unknown[])[3] = null)),
      /raw value 3 \(eq.pk2.gain\) is null/,
    ],
    [
      'infinite raw value',
      edited(() => 0).replace(/"raw":\[[^,]+/, '"raw":[1e999'),
      /raw value 0 .*Infinity/,
    ],
    ['text as raw value', edited((d) => ((d['raw'] as unknown[])[0] = '1')), /raw value 0/],
    ['null value', edited((d) => (parameterOf(d, 'pan')['value'] = null)), /the value of pan is null/],
    ['no parameters', edited((d) => delete d['parameters']), /“parameters” is missing/],
    [
      'a missing parameter',
      edited((d) => delete (d['parameters'] as Record<string, unknown>)['delay.time']),
      /the parameter delay.time is missing/,
    ],
    [
      'an unknown parameter',
      edited((d) => ((d['parameters'] as Record<string, unknown>)['delay.tme'] = { value: 1 })),
      /“delay.tme”. Did you mean delay.time\?/,
    ],
    ['another unit', edited((d) => (parameterOf(d, 'delay.time')['unit'] = 's')), /delay.time in “s”/],
    ['a broken calibration', edited((d) => (d['calibration'] = { inputGain: 0 })), /“calibration/],
  ])('is refused with one sentence: %s', (_, text, message) => {
    const sentence = failure(text);
    expect(sentence).toMatch(message);
    expect(sentence).not.toContain('\n');
    expect(sentence).toMatch(/[.?]$/);
  });

  it('is refused whatever single thing is replaced by nonsense', () => {
    const keys = ['format', 'version', 'sampleRateHz', 'parameters', 'raw'];
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, nonsense) => {
        fc.pre(!(key === 'version' && nonsense === 1));
        failure(edited((document) => (document[key] = nonsense)));
      }),
    );
  });
});
