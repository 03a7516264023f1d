import { beforeAll, describe, expect, it } from 'vitest';
import {
  CHAIN_PARAMETERS,
  neutralRaw,
  parameterIndex,
  parametersUnder,
  rawToValues,
} from '#core/chain/parameters.ts';
import { compress } from '#core/effects/comp/training.ts';
import { equalise } from '#core/effects/eq/training.ts';
import { Random } from '#core/optimise/random.ts';
import { physicalToRaw } from '#core/parameter.ts';
import { noise, voice } from '../../test-support/made-up-signals.ts';
import { loadKernelModule } from '../kernel-module.ts';
import { Kernels } from '../kernels.ts';
import { Dynamics } from './dynamics.ts';

const EQ = parametersUnder('eq');
const COMP = parametersUnder('comp');
const MAX_LENGTH = 48_000;

/** Output of both effects in float64. */
function reference(raw: ArrayLike<number>, dry: Float32Array): Float64Array {
  const values = rawToValues(raw);
  return compress(values.subarray(14, 23), equalise(values.subarray(0, 14), dry));
}

/** The neutral setting with some parameters at other physical values. */
function rawWith(physical: Readonly<Record<string, number>>): Float64Array {
  const raw = neutralRaw();
  for (const [id, value] of Object.entries(physical)) {
    const index = parameterIndex(id);
    raw[index] = physicalToRaw(CHAIN_PARAMETERS[index]!, value);
  }
  return raw;
}

/** Every parameter of both effects somewhere in a wide range. */
function randomRaw(seed: number): Float64Array {
  const random = new Random(seed);
  const raw = neutralRaw();
  for (const index of [...EQ, ...COMP]) {
    const { id, unit } = CHAIN_PARAMETERS[index]!;
    if (id === 'comp.threshold') raw[index] = -30 + 20 * random.signed();
    else if (id === 'comp.expander_threshold') raw[index] = -45 + 15 * random.signed();
    else if (id === 'comp.lookahead') raw[index] = 14.9 * random.uniform();
    else if (unit === 'dB') raw[index] = 12 * random.signed();
    // Coefficients per sample of 0.0003 to 0.3.
    else if (unit === 'ms') raw[index] = -4.5 + 3.5 * random.signed();
    else raw[index] = 3 * random.signed();
  }
  return raw;
}

/** Loud and quiet by turns, so that the compressor and the expander both work. */
function material(length: number, seed: number): Float32Array {
  const hiss = noise(length, seed, 0.05);
  const sung = voice(length / 44_100 + 0.1, seed);
  return hiss.map((v, n) => (Math.sin(n / 900) > 0.3 ? 2 * sung[n]! + v : 0.1 * sung[n]! + 0.02 * v));
}

let kernels: Kernels;
let module: WebAssembly.Module;
beforeAll(async () => {
  module = await loadKernelModule();
  kernels = new Kernels(module);
});

interface Bench {
  readonly dynamics: Dynamics;
  forward(raw: Float64Array, dry: Float32Array): Float32Array;
  /** Gradient with respect to the values of ⟨direction, output of the last forward⟩, added to `byValue`. */
  adjoint(direction: Float32Array, byValue: Float64Array): void;
}

function bench(on: Kernels): Bench {
  const dynamics = new Dynamics(on, MAX_LENGTH);
  const [input, output, gradient] = [0, 1, 2].map(() => on.allocateFloats(MAX_LENGTH)) as [
    number,
    number,
    number,
  ];
  return {
    dynamics,
    forward(raw, dry) {
      dynamics.prepare(rawToValues(raw));
      on.f32(input, dry.length).set(dry);
      dynamics.forward(input, output, dry.length);
      return on.f32(output, dry.length).slice();
    },
    adjoint(direction, byValue) {
      on.f32(gradient, direction.length).set(direction);
      dynamics.adjoint(gradient, direction.length, byValue);
    },
  };
}

let shared: Bench;
beforeAll(() => {
  shared = bench(kernels);
});

/** Largest difference from the float64 form as a part of its peak. */
function errorOf(raw: Float64Array, dry: Float32Array): number {
  const expected = reference(raw, dry);
  const got = shared.forward(raw, dry);
  let [worst, peak] = [0, 0];
  expected.forEach((value, n) => {
    worst = Math.max(worst, Math.abs(got[n]! - value));
    peak = Math.max(peak, Math.abs(value));
  });
  return worst / peak;
}

describe('equaliser and compressor, forward', () => {
  it.each(Array.from({ length: 24 }, (_, seed) => seed))(
    'is the training form at random setting %i',
    (seed) => {
      expect(errorOf(randomRaw(seed), material(13_328, seed))).toBeLessThan(3e-6);
    },
  );

  it.each([16, 352, 1328, 1344, 2048, 10_720, 10_736, 44_112])(
    'is the training form for %i samples',
    (length) => {
      expect(errorOf(randomRaw(3), material(length, 5))).toBeLessThan(3e-6);
    },
  );

  it.each([
    ['no lookahead', { 'comp.lookahead': 0 }],
    ['the longest lookahead', { 'comp.lookahead': 14.99 }],
    ['slow smoothing', { 'comp.attack': 2000, 'comp.release': 5000, 'comp.averaging': 500 }],
    ['none', { 'comp.attack': 0.01, 'comp.release': 0.01, 'comp.averaging': 0.001 }],
    ['a limiter', { 'comp.ratio': 20, 'comp.threshold': -60, 'comp.makeup': 24 }],
    ['a gate', { 'comp.expander_ratio': 0.02, 'comp.expander_threshold': -20, 'comp.threshold': 0 }],
    [
      'sharp filters',
      { 'eq.pk1.gain': 24, 'eq.pk1.freq': 33, 'eq.pk1.q': 20, 'eq.lp.q': 10, 'eq.hp.freq': 16 },
    ],
    ['filters at the top', { 'eq.pk2.freq': 17_500, 'eq.pk2.gain': -24, 'eq.lp.freq': 200, 'eq.lp.q': 0.5 }],
  ])('is the training form with %s', (_, physical: Readonly<Record<string, number>>) => {
    const raw = rawWith({ 'comp.threshold': -30, 'comp.lookahead': 3.3, 'eq.pk1.gain': 5, ...physical });
    expect(errorOf(raw, material(22_064, 8))).toBeLessThan(3e-6);
  });

  it('makes no sound from silence', () => {
    expect(shared.forward(randomRaw(1), new Float32Array(4096)).every((v) => v === 0)).toBe(true);
  });
});

/** Gradient with respect to the raw parameters of ⟨direction, output⟩. */
function gradientOf(raw: Float64Array, dry: Float32Array, direction: Float32Array): Float64Array {
  shared.forward(raw, dry);
  const byValue = new Float64Array(CHAIN_PARAMETERS.length);
  shared.adjoint(direction, byValue);
  return byValue.map((g, i) => g * CHAIN_PARAMETERS[i]!.map.slope(raw[i]!));
}

function centralDifference(
  raw: Float64Array,
  index: number,
  dry: Float32Array,
  direction: Float32Array,
): number {
  const step = 1e-5;
  const at = (shift: number) => {
    const shifted = raw.slice();
    shifted[index]! += shift;
    return reference(shifted, dry).reduce((sum, value, n) => sum + value * direction[n]!, 0);
  };
  return (at(step) - at(-step)) / (2 * step);
}

describe('equaliser and compressor, adjoint', () => {
  const settings: readonly [string, Float64Array][] = [
    ...[11, 12, 13, 14].map((seed): [string, Float64Array] => [`random setting ${seed}`, randomRaw(seed)]),
    [
      'no lookahead',
      rawWith({ 'comp.lookahead': 1e-4, 'comp.threshold': -30, 'comp.expander_threshold': -40 }),
    ],
    ['the longest lookahead', rawWith({ 'comp.lookahead': 14.9, 'comp.threshold': -40 })],
    ['quick smoothing', rawWith({ 'comp.attack': 0.05, 'comp.release': 0.1, 'comp.averaging': 0.01 })],
    ['slow smoothing', rawWith({ 'comp.attack': 2000, 'comp.release': 5000, 'comp.averaging': 500 })],
  ];

  it.each(settings)('is the slope of the training form at %s', (_, raw) => {
    const dry = material(9008, 21);
    const direction = noise(dry.length, 22);
    const got = gradientOf(raw, dry, direction);
    for (const effect of [EQ, COMP]) {
      const want = effect.map((index) => centralDifference(raw, index, dry, direction));
      const largest = Math.max(...want.map(Math.abs));
      expect(largest).toBeGreaterThan(0);
      effect.forEach((index, i) => {
        const tolerance = Math.min(1e-3 * largest, Math.max(1e-4 * largest, 0.01 * Math.abs(want[i]!)));
        expect(Math.abs(got[index]! - want[i]!) / tolerance, CHAIN_PARAMETERS[index]!.id).toBeLessThan(1);
      });
    }
  });

  it('leaves every other parameter alone', () => {
    const got = gradientOf(randomRaw(5), material(4096, 1), noise(4096, 2));
    got.forEach((g, i) => {
      if (!EQ.includes(i) && !COMP.includes(i)) expect(g, CHAIN_PARAMETERS[i]!.id).toBe(0);
    });
  });

  it('adds up over segments of different lengths, whatever came before', () => {
    const raw = randomRaw(6);
    const parts = [44_112, 5008, 16_000].map((length, seed) => ({
      dry: material(length, seed + 30),
      direction: noise(length, seed + 40),
    }));
    const together = new Float64Array(CHAIN_PARAMETERS.length);
    const apart = new Float64Array(CHAIN_PARAMETERS.length);
    for (const { dry, direction } of parts) {
      shared.forward(raw, dry);
      shared.adjoint(direction, together);
      const alone = new Float64Array(CHAIN_PARAMETERS.length);
      const fresh = bench(new Kernels(module));
      fresh.forward(raw, dry);
      fresh.adjoint(direction, alone);
      alone.forEach((g, i) => (apart[i]! += g));
    }
    expect(together).toEqual(apart);
    expect(apart.some((g) => g !== 0)).toBe(true);
  });
});
