import { CHAIN_PARAMETERS, neutralRaw, parameterIndex, parametersUnder } from '#core/chain/parameters.ts';
import { orthogonalFromRaw } from '#core/signal/orthogonal.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  REVERB_MACROS,
  dampingMacro,
  decayTimes,
  isReverbSilent,
  levelMacro,
  reverbDamping,
  reverbDecaySeconds,
  reverbDiffusion,
  reverbLevelDb,
  reverbWidthPercent,
  withReverbDamping,
  withReverbDecay,
  withReverbDiffusion,
  withReverbLevel,
  withReverbWidth,
} from './macros.ts';

/** A setting with every raw value of the reverb within what people and fits arrive at. */
const settings = fc
  .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 151, maxLength: 151 })
  .map((values) => {
    const raw = neutralRaw();
    for (const index of parametersUnder('fdn'))
      raw[index] = CHAIN_PARAMETERS[index]!.id.startsWith('fdn.decay')
        ? 3 + 2 * values[index]!
        : 0.2 * values[index]! + 0.05;
    return raw;
  });

const outside = (raw: Float64Array, selector: string): number[] =>
  Array.from(raw).filter((_, index) => !parametersUnder(selector).includes(index));

describe('the level', () => {
  it('is 0 dB for coefficients of a sixth, 6 dB more for twice as much', () => {
    const raw = neutralRaw();
    for (const index of parametersUnder('fdn.output')) raw[index] = -1 / 6;
    expect(reverbLevelDb(raw)).toBeCloseTo(0, 9);
    for (const index of parametersUnder('fdn.output')) raw[index]! *= 2;
    expect(reverbLevelDb(raw)).toBeCloseTo(6.0206, 4);
  });

  it('scales the outputs alone', () => {
    fc.assert(
      fc.property(settings, fc.double({ min: -60, max: 6, noNaN: true }), (raw, levelDb) => {
        const louder = withReverbLevel(raw, levelDb);
        expect(outside(louder, 'fdn.output')).toEqual(outside(raw, 'fdn.output'));
        expect(reverbWidthPercent(louder)).toBeCloseTo(reverbWidthPercent(raw), 6);
      }),
    );
  });

  it('makes a room of a silent reverb: both sides alike in level and unlike in sound, its lines mixed', () => {
    const silent = neutralRaw();
    expect(isReverbSilent(silent)).toBe(true);
    expect(reverbLevelDb(silent)).toBe(-Infinity);
    expect(withReverbLevel(silent, -Infinity)).toEqual(silent);
    const room = withReverbLevel(silent, -12);
    expect(isReverbSilent(room)).toBe(false);
    expect(reverbLevelDb(room)).toBeCloseTo(-12, 9);
    expect(reverbWidthPercent(room)).toBeCloseTo(100, 9);
    expect(reverbDiffusion(room)).toBeCloseTo(0.75, 9);
    // No line may hear mostly one other, or echoes would be told apart.
    expect(Math.max(...orthogonalFromRaw(mixingOf(room)).map(Math.abs))).toBeLessThan(0.75);
  });

  it('keeps the mixing that a silent reverb has', () => {
    const raw = neutralRaw();
    raw[parameterIndex('fdn.mixing.0.1')] = 0.3;
    expect(mixingOf(withReverbLevel(raw, -6))).toEqual(mixingOf(raw));
  });
});

const mixingOf = (raw: Float64Array): number[] => parametersUnder('fdn.mixing').map((index) => raw[index]!);

describe('the width', () => {
  it('is 0 for two like channels, and raising it from there gives both sides', () => {
    const mono = withReverbWidth(withReverbLevel(neutralRaw(), 0), 0);
    const [left, right] = ['left', 'right'].map((side) =>
      parametersUnder(`fdn.output.${side}`).map((index) => mono[index]!),
    );
    expect(left).toEqual(right);
    expect(reverbWidthPercent(withReverbWidth(mono, 80))).toBeCloseTo(80, 6);
  });

  it('comes back from sides without a middle', () => {
    const raw = neutralRaw();
    parametersUnder('fdn.output').forEach((index, i) => {
      raw[index] = i < 6 ? 0.1 : -0.1;
    });
    expect(reverbWidthPercent(raw)).toBe(Infinity);
    expect(reverbWidthPercent(withReverbWidth(raw, 50))).toBeCloseTo(50, 6);
  });

  it('keeps the level', () => {
    fc.assert(
      fc.property(settings, fc.double({ min: 0, max: 200, noNaN: true }), (raw, widthPercent) => {
        const wider = withReverbWidth(raw, widthPercent);
        expect(reverbLevelDb(wider)).toBeCloseTo(reverbLevelDb(raw), 6);
        expect(outside(wider, 'fdn.output')).toEqual(outside(raw, 'fdn.output'));
      }),
    );
  });

  it('leaves a silent reverb silent', () => {
    expect(withReverbWidth(neutralRaw(), 40)).toEqual(neutralRaw());
    expect(reverbWidthPercent(neutralRaw())).toBe(100);
  });
});

describe('the diffusion', () => {
  it('is 0 for lines that do not mix, and raising it from there mixes all', () => {
    expect(reverbDiffusion(neutralRaw())).toBe(0);
    const mixing = orthogonalFromRaw(mixingOf(withReverbDiffusion(neutralRaw(), 0.5)));
    for (let line = 0; line < 6; line++)
      expect(Math.max(...mixing.slice(6 * line, 6 * line + 6).map(Math.abs))).toBeLessThan(0.75);
  });

  it('gives parallel echoes at 0', () => {
    const room = withReverbDiffusion(withReverbLevel(neutralRaw(), 0), 0);
    expect(orthogonalFromRaw(mixingOf(room))).toEqual(orthogonalFromRaw(new Array<number>(36).fill(0)));
  });
});

describe('the decay', () => {
  it('is the time itself where all are alike, and keeps the ratios between them', () => {
    expect(reverbDecaySeconds(neutralRaw())).toBeCloseTo(0.5, 9);
    const raw = withReverbDamping(neutralRaw(), 2);
    const longer = decayTimes(withReverbDecay(raw, 2 * reverbDecaySeconds(raw)));
    decayTimes(raw).forEach((seconds, band) => {
      expect(longer[band]! / seconds).toBeCloseTo(2, 6);
    });
  });
});

describe('the damping', () => {
  it('shortens 6 kHz against 1 kHz, more further up, and leaves the lows alone', () => {
    const before = decayTimes(neutralRaw());
    const after = decayTimes(withReverbDamping(neutralRaw(), 3));
    expect(after.slice(0, 3)).toEqual(before.slice(0, 3));
    for (let band = 3; band < 49; band++) expect(after[band]).toBeLessThan(after[band - 1]!);
    expect(reverbDamping(neutralRaw())).toBeCloseTo(1, 9);
  });
});

describe.each(REVERB_MACROS)('$label', (macro) => {
  const { parameter } = macro;
  // What coefficients and decay times of the settings above can follow without ending at their limits.
  const span: readonly [number, number] =
    parameter === levelMacro
      ? [-60, 6]
      : parameter === dampingMacro
        ? [1.2, 12]
        : [parameter.min, parameter.max];

  it('reads what was set, and setting that again changes nothing', () => {
    fc.assert(
      fc.property(settings, fc.double({ min: span[0], max: span[1], noNaN: true }), (raw, value) => {
        const set = macro.apply(raw, value);
        expect(Math.abs(macro.read(set) - value)).toBeLessThan(1e-6 * Math.max(1, Math.abs(value)));
        const again = macro.apply(set, macro.read(set));
        again.forEach((number, index) => {
          expect(number).toBeCloseTo(set[index]!, 6);
        });
      }),
    );
  });

  it('turns only what it says, within the ranges of the controls', () => {
    fc.assert(
      fc.property(
        settings,
        fc.double({ min: parameter.min, max: parameter.max, noNaN: true }),
        (raw, value) => {
          const set = macro.apply(raw, value);
          CHAIN_PARAMETERS.forEach((turned, index) => {
            if (!macro.turns.includes(turned.id)) expect(set[index], turned.id).toBe(raw[index]);
            const physical = turned.display.toPhysical(turned.map.toValue(set[index]!));
            expect(physical, turned.id).toBeGreaterThanOrEqual(turned.min - 1e-9);
            expect(physical, turned.id).toBeLessThanOrEqual(turned.max + 1e-9);
          });
        },
      ),
    );
  });

  it('leaves the vector that it is given alone', () => {
    const raw = withReverbLevel(neutralRaw(), -3);
    const before = raw.slice();
    macro.apply(raw, (parameter.min + parameter.max) / 3);
    expect(raw).toEqual(before);
  });
});
