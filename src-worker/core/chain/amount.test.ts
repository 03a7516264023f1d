import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { renderRealtime } from '#engine/render.ts';
import { noise } from '../../test-support/effect-contract.ts';
import { compGainDb } from '../effects/comp/response.ts';
import { delayTaps } from '../effects/delay/response.ts';
import { eqResponseDb } from '../effects/eq/response.ts';
import { physicalToRaw, rawToPhysical, type ParameterDefinition } from '../parameter.ts';
import { EFFECTS, EQ_BANDS, type EffectId } from '../protocol/schemas.ts';
import {
  FULL_AMOUNTS,
  MAX_AMOUNT_PERCENT,
  amountWeight,
  applyAmounts,
  bakeSetting,
  silentEffects,
  type Amounts,
} from './amount.ts';
import { CHAIN_PARAMETERS, PARAMETER_COUNT, neutralRaw, parameterIndex, valuesOf } from './parameters.ts';

const FS = 44_100;
const only = (effect: EffectId | 'all', percent: number): Amounts => ({ ...FULL_AMOUNTS, [effect]: percent });
const physical = (raw: Float64Array, id: string): number =>
  rawToPhysical(CHAIN_PARAMETERS[parameterIndex(id)]!, raw[parameterIndex(id)]!);

function settingWith(values: Readonly<Record<string, number>>): Float64Array {
  const raw = neutralRaw();
  for (const [id, value] of Object.entries(values))
    raw[parameterIndex(id)] = physicalToRaw(CHAIN_PARAMETERS[parameterIndex(id)]!, value);
  return raw;
}

const setting = settingWith({
  'eq.pk1.gain': 6,
  'eq.pk1.q': 5,
  'eq.pk2.gain': -8,
  'eq.ls.gain': 3,
  'eq.hs.gain': -2,
  'eq.lp.freq': 4500,
  'eq.lp.q': 2,
  'eq.hp.freq': 100,
  'comp.threshold': -30,
  'comp.ratio': 4,
  'comp.expander_ratio': 0.5,
  'comp.makeup': 6,
  'comp.lookahead': 3.3,
  'delay.gain': 0.5,
  'delay.send': 0.3,
  'delay.feedback': 0.6,
  'fdn.output.left.0': 0.5,
  'fdn.output.right.2': -0.4,
  'fdn.pk1.gain': 5,
  pan: 40,
});

const largestDifference = (a: readonly Float32Array[], b: readonly Float32Array[]): number =>
  Math.max(
    ...a.map((channel, c) => channel.reduce((most, y, n) => Math.max(most, Math.abs(y - b[c]![n]!)), 0)),
  );

/** Any raw vector that published fits come near. */
const anyRaw = fc
  .array(fc.double({ min: -8, max: 8, noNaN: true }), {
    minLength: PARAMETER_COUNT,
    maxLength: PARAMETER_COUNT,
  })
  .map((numbers) => Float64Array.from(numbers));
const percent = fc.double({ min: 0, max: MAX_AMOUNT_PERCENT, noNaN: true });
const anyAmounts: fc.Arbitrary<Amounts> = fc.record({
  all: percent,
  eq: percent,
  comp: percent,
  delay: percent,
  fdn: percent,
  pan: percent,
});

describe('amounts', () => {
  it('multiply, and never pass 150 %', () => {
    expect(amountWeight({ ...FULL_AMOUNTS, all: 50, eq: 80 }, 'eq')).toBeCloseTo(0.4, 12);
    expect(amountWeight({ ...FULL_AMOUNTS, all: 150, eq: 150 }, 'eq')).toBe(1.5);
    const halved = applyAmounts(setting, { ...FULL_AMOUNTS, all: 50 });
    const each = { all: 100, eq: 50, comp: 50, delay: 50, fdn: 50, pan: 50 };
    expect(halved).toEqual(applyAmounts(setting, each));
  });

  it('of 100 % are the same array, also if some others make up for it', () => {
    expect(applyAmounts(setting, FULL_AMOUNTS)).toBe(setting);
    expect(bakeSetting(setting, FULL_AMOUNTS, [])).toBe(setting);
    const twice = applyAmounts(setting, { all: 50, eq: 200, comp: 200, delay: 200, fdn: 200, pan: 200 });
    expect(twice).toBe(setting);
  });

  it('of one effect leave the numbers of the others alone', () => {
    for (const effect of EFFECTS) {
      const heard = applyAmounts(setting, only(effect, 30));
      CHAIN_PARAMETERS.forEach(({ id }, index) => {
        if (id.split('.')[0] !== effect) expect(heard[index], `${effect}: ${id}`).toBe(setting[index]);
      });
      expect(heard).not.toEqual(setting);
    }
  });

  it('halve what the EQ does: gains in dB, filters in octaves, shapes kept', () => {
    const heard = applyAmounts(setting, only('eq', 50));
    expect(physical(heard, 'eq.pk1.gain')).toBeCloseTo(3, 9);
    expect(physical(heard, 'eq.pk2.gain')).toBeCloseTo(-4, 9);
    expect(physical(heard, 'eq.pk1.q')).toBeCloseTo(5, 9);
    // 18 kHz and 4.5 kHz are two octaves apart.
    expect(physical(heard, 'eq.lp.freq')).toBeCloseTo(9000, 3);
    expect(physical(heard, 'eq.hp.freq')).toBeCloseTo(40, 6);
    expect(physical(heard, 'eq.lp.q')).toBeCloseTo(Math.sqrt(2 * 0.707), 6);
  });

  it('scale the compressor’s gain in dB at every level', () => {
    for (const amount of [25, 50, 120])
      for (const levelDb of [-70, -55, -40, -20, -6, 0]) {
        const heard = compGainDb(valuesOf(applyAmounts(setting, only('comp', amount)), 'comp'), levelDb);
        expect(heard).toBeCloseTo((amount / 100) * compGainDb(valuesOf(setting, 'comp'), levelDb), 6);
      }
    const heard = applyAmounts(setting, only('comp', 50));
    expect(physical(heard, 'comp.makeup')).toBeCloseTo(3, 9);
    for (const id of ['comp.threshold', 'comp.attack', 'comp.lookahead'])
      expect(heard[parameterIndex(id)]).toBe(setting[parameterIndex(id)]);
  });

  it('scale the delay and what it sends to the reverb once', () => {
    const levels = (raw: Float64Array): number[] =>
      delayTaps(valuesOf(raw, 'delay'), { sampleRateHz: FS, floorDb: -80, longestSeconds: 2 }).map(
        ({ leftDb }) => leftDb,
      );
    const full = levels(setting);
    levels(applyAmounts(setting, only('delay', 50))).forEach((leftDb, k) =>
      expect(leftDb).toBeCloseTo(full[k]! - 6.0206, 3),
    );
    expect(physical(applyAmounts(setting, only('delay', 50)), 'delay.send')).toBeCloseTo(0.3, 9);
  });

  it('keep the reverb’s proportions, also where its range ends', () => {
    const loud = settingWith({ 'fdn.output.left.0': 1.8, 'fdn.output.right.1': -0.9 });
    const more = applyAmounts(loud, only('fdn', 150));
    expect(physical(more, 'fdn.output.left.0')).toBeCloseTo(2, 9);
    expect(physical(more, 'fdn.output.right.1')).toBeCloseTo(-1, 9);
    expect(physical(applyAmounts(loud, only('fdn', 10)), 'fdn.output.left.0')).toBeCloseTo(0.18, 9);
  });

  it('move the pan from the middle, and not past the side', () => {
    expect(physical(applyAmounts(setting, only('pan', 0)), 'pan')).toBeCloseTo(0, 9);
    expect(physical(applyAmounts(setting, only('pan', 150)), 'pan')).toBeCloseTo(60, 6);
    expect(physical(applyAmounts(settingWith({ pan: 90 }), only('pan', 150)), 'pan')).toBeCloseTo(100, 6);
  });

  it('are finite and in range for any setting', () => {
    fc.assert(
      fc.property(anyRaw, anyAmounts, (raw, amounts) => {
        applyAmounts(raw, amounts).forEach((heard, index) => {
          if (heard === raw[index]) return;
          const { id, display, map, min, max } = CHAIN_PARAMETERS[index]!;
          const [value, set] = [map.toValue(heard), map.toValue(raw[index]!)];
          const reach = 1e-9 * Math.max(1, Math.abs(display.toValue(max)));
          const isInRange =
            value >= Math.min(display.toValue(min), set) - reach &&
            value <= Math.max(display.toValue(max), set) + reach;
          expect(Number.isFinite(heard) && isInRange, `${id} ${value}`).toBe(true);
        });
      }),
      { numRuns: 200, seed: 4 },
    );
    for (const raw of [-700, 700].map((number) => new Float64Array(PARAMETER_COUNT).fill(number)))
      for (const amount of [0, 1e-9, 50, 150])
        expect(applyAmounts(raw, only('all', amount)).every(Number.isFinite)).toBe(true);
  });

  it('move every parameter one way, without jumps, as they rise', () => {
    /** Where a value lies on its control, 0..1; what is further out counts by its size. */
    const place = ({ scale, display, min, max }: ParameterDefinition, value: number, set: number): number => {
      const ends = [min, max].map((end) => display.toValue(end));
      if (scale === 'log') return Math.log(value / ends[0]!) / Math.log(ends[1]! / ends[0]!);
      return value / Math.max(ends[1]! - ends[0]!, Math.abs(set));
    };
    fc.assert(
      fc.property(anyRaw, (raw) => {
        const steps = Array.from({ length: 151 }, (_, percent) => applyAmounts(raw, only('all', percent)));
        CHAIN_PARAMETERS.forEach((parameter, index) => {
          const { id, map } = parameter;
          if (steps[0]![index] === raw[index]) return;
          const set = map.toValue(raw[index]!);
          const places = steps.map((step) => place(parameter, map.toValue(step[index]!), set));
          const rises = places.slice(1).map((value, i) => value - places[i]!);
          const isOneWay = Math.max(...rises) < 1e-9 || Math.min(...rises) > -1e-9;
          expect(isOneWay, id).toBe(true);
          // Ratios are steep where slopes are even; see below.
          if (id.endsWith('ratio')) return;
          expect(Math.max(...rises.map(Math.abs)), id).toBeLessThan(0.025);
        });
      }),
      { numRuns: 30, seed: 9 },
    );
  });

  it('change what the compressor does without jumps', () => {
    const gains = Array.from({ length: 301 }, (_, i) => {
      const values = valuesOf(applyAmounts(setting, only('comp', i / 2)), 'comp');
      return [-70, -20].map((levelDb) => compGainDb(values, levelDb));
    });
    gains.forEach((pair, i) => {
      if (i > 0) pair.forEach((gainDb, k) => expect(Math.abs(gainDb - gains[i - 1]![k]!)).toBeLessThan(0.25));
    });
  });
});

describe('an amount of 0 %', () => {
  let module: WebAssembly.Module;
  beforeAll(async () => {
    module = await loadKernelModule();
  });
  const input = noise(20_000);
  const heardAt = (amounts: Amounts): Float32Array[] =>
    renderRealtime(module, input, applyAmounts(setting, amounts), {
      sampleRateHz: FS,
      bypassed: silentEffects(amounts),
    });

  it('names the effects that are to be silent', () => {
    expect(silentEffects(FULL_AMOUNTS)).toEqual([]);
    expect(silentEffects({ ...FULL_AMOUNTS, eq: 0, pan: 0 })).toEqual(['eq', 'pan']);
    expect(silentEffects(only('all', 0))).toEqual([...EFFECTS]);
    expect(silentEffects(only('all', 1))).toEqual([]);
  });

  it('of everything is the dry sound in both channels', () => {
    expect(largestDifference(heardAt(only('all', 0)), [input, input])).toBeLessThan(1e-6);
  });

  it('of one effect is that effect bypassed', () => {
    for (const effect of EFFECTS) {
      const bypassed = renderRealtime(module, input, setting, { sampleRateHz: FS, bypassed: [effect] });
      expect(largestDifference(heardAt(only(effect, 0)), bypassed), effect).toBeLessThan(1e-5);
    }
  });

  it('is nearly that without bypass: levels below −120 dB, the EQ flat but at its ends', () => {
    const raw = applyAmounts(setting, only('all', 0));
    for (const stage of ['delay', 'fdn'] as const)
      for (const channel of renderRealtime(module, input, raw, { sampleRateHz: FS, stage }))
        expect(channel.every((y) => Math.abs(y) < 1e-6)).toBe(true);
    for (const levelDb of [-70, -40, 0]) expect(compGainDb(valuesOf(raw, 'comp'), levelDb)).toBeCloseTo(0, 9);
    const freqHz = [40, 100, 1000, 5000, 8000];
    for (const db of eqResponseDb(valuesOf(raw, 'eq'), [], freqHz, FS))
      expect(Math.abs(db)).toBeLessThan(0.2);
  });
});

describe('a baked setting', () => {
  let module: WebAssembly.Module;
  beforeAll(async () => {
    module = await loadKernelModule();
  });

  it('sounds at full amounts like the setting with its amounts and bypasses', () => {
    const input = noise(20_000);
    const amounts: Amounts = { all: 90, eq: 70, comp: 120, delay: 60, fdn: 140, pan: 30 };
    for (const bypassed of [[], ['delay', 'fdn'], ['comp', 'pan', 'eq.pk2']] as const) {
      const asHeard = renderRealtime(module, input, applyAmounts(setting, amounts), {
        sampleRateHz: FS,
        bypassed,
      });
      const baked = renderRealtime(module, input, bakeSetting(setting, amounts, bypassed), {
        sampleRateHz: FS,
      });
      // The lookahead's filter of an idle compressor differs from none by a little.
      expect(largestDifference(asHeard, baked), bypassed.join()).toBeLessThan(
        bypassed.length === 3 ? 0.02 : 1e-5,
      );
    }
  });

  it('has every bypassed band flat as far as its parameters go', () => {
    const baked = bakeSetting(setting, FULL_AMOUNTS, EQ_BANDS);
    for (const id of ['eq.pk1.gain', 'eq.pk2.gain', 'eq.ls.gain', 'eq.hs.gain'])
      expect(physical(baked, id)).toBeCloseTo(0, 12);
    expect(physical(baked, 'eq.lp.freq')).toBeCloseTo(18_000, 3);
    expect(physical(baked, 'eq.hp.freq')).toBeCloseTo(16, 6);
    expect(physical(baked, 'eq.pk1.freq')).toBeCloseTo(physical(setting, 'eq.pk1.freq'), 9);
    expect(baked.slice(14)).toEqual(setting.slice(14));
  });
});
