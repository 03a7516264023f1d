import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { compressAdjoint } from '../effects/comp/training-adjoint.ts';
import { compress } from '../effects/comp/training.ts';
import { delayAdjoint, delayImpulseResponseAdjoint } from '../effects/delay/training-adjoint.ts';
import {
  DELAY_RESPONSE_SAMPLES,
  delay,
  delayResponseFft,
  delaySamples,
  delayValues,
  fractionalDelay,
  loopFilter,
  repeatCount,
} from '../effects/delay/training.ts';
import { equaliseAdjoint } from '../effects/eq/training-adjoint.ts';
import { equalise } from '../effects/eq/training.ts';
import { decayDisplay } from '../effects/fdn/params.ts';
import { fdnTransferAdjoint, reverberateAdjoint } from '../effects/fdn/training-adjoint.ts';
import { fdnTransfer, fdnValues, reverberate, type Spectrum } from '../effects/fdn/training.ts';
import { panAdjoint } from '../effects/pan/training-adjoint.ts';
import { pan, panGains, type Stereo } from '../effects/pan/training.ts';
import { evaluateLosses } from '../losses/index.ts';
import { Random } from '../optimise/random.ts';
import { filterCascade } from '../signal/biquad.ts';
import { DEFAULT_LOG_DAMP_RAW, neutralRaw, parameterIndex } from './parameters.ts';
import { trainingGradient } from './training-gradient.ts';
import { trainingStages } from './training.ts';

let random = new Random(11);
/** Every test has its own numbers, whichever run. */
beforeEach(() => {
  random = new Random(11);
});
const noise = (length: number): Float64Array => Float64Array.from({ length }, () => random.signed());
const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, v, i) => sum + v * b[i], 0);
const dotAll = (a: readonly Float64Array[], b: readonly Float64Array[]): number =>
  a.reduce((sum, channel, c) => sum + dot(channel, b[c]), 0);
const norm = (x: readonly Float64Array[]): number => Math.sqrt(dotAll(x, x));

/** An effect as a function of its values and inputs, with its adjoint. */
interface Differentiable {
  forward(values: Float64Array, inputs: Float64Array[]): Float64Array[];
  adjoint(
    values: Float64Array,
    inputs: Float64Array[],
    gradOutputs: Float64Array[],
  ): { values: Float64Array; inputs: Float64Array[] };
}

/** Central difference of ⟨u, forward⟩ along a direction of the values and one of the inputs. */
function slopeAlong(
  { forward }: Differentiable,
  values: Float64Array,
  inputs: Float64Array[],
  along: { values?: Float64Array; inputs?: Float64Array[] },
  u: Float64Array[],
  step = 1e-6,
): number {
  const at = (by: number): number =>
    dotAll(
      u,
      forward(
        values.map((v, i) => v + by * (along.values?.[i] ?? 0)),
        inputs.map((channel, c) => channel.map((x, n) => x + by * (along.inputs?.[c][n] ?? 0))),
      ),
    );
  return (at(step) - at(-step)) / (2 * step);
}

/** Every value's gradient against a central difference in units of `scales`, relative to the largest of them. */
function expectValueGradients(
  effect: Differentiable,
  values: Float64Array,
  inputs: Float64Array[],
  scales: readonly number[],
  tolerance: number,
): void {
  const u = effect.forward(values, inputs).map(({ length }) => noise(length));
  const gradient = effect.adjoint(values, inputs, u).values;
  expect(gradient).toHaveLength(values.length);
  const scaled = gradient.map((g, i) => g * scales[i]);
  const largest = scaled.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
  expect(largest).toBeGreaterThan(0);
  scaled.forEach((got, i) => {
    const direction = new Float64Array(values.length);
    direction[i] = scales[i];
    const wanted = slopeAlong(effect, values, inputs, { values: direction }, u);
    expect(Math.abs(got - wanted) / largest, `value ${i}: ${got}, not ${wanted}`).toBeLessThan(tolerance);
  });
}

/** ⟨J v, u⟩ = ⟨v, Jᵀ u⟩ for the inputs of an effect that is linear in them, where J v is the effect on v. */
function expectLinearInputAdjoint(
  effect: Differentiable,
  values: Float64Array,
  inputs: Float64Array[],
): void {
  const output = effect.forward(values, inputs);
  const u = output.map(({ length }) => noise(length));
  const { inputs: gradient } = effect.adjoint(values, inputs, u);
  expect(Math.abs(dotAll(output, u) - dotAll(inputs, gradient))).toBeLessThan(1e-12 * norm(output) * norm(u));
}

const between = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
const gainDb = between(-12, 12);
const q = between(0.3, 5);

describe('the adjoint of the EQ', () => {
  const effect: Differentiable = {
    forward: (values, [x]) => [equalise(values, x)],
    adjoint: (values, [x], [u]) => {
      const { values: byValue, input } = equaliseAdjoint(values, x, u);
      return { values: byValue, inputs: [input] };
    },
  };
  const settings = fc.tuple(
    ...[gainDb, between(50, 5000), q, gainDb, between(200, 15_000), q],
    ...[gainDb, between(30, 200), gainDb, between(750, 8000)],
    ...[between(2000, 18_000), q, between(16, 500), q],
  );
  const scales = [1, 1000, 1, 1, 1000, 1, 1, 100, 1, 1000, 1000, 1, 100, 1];

  it('is the slope by every value, and transposed for the input', () => {
    fc.assert(
      fc.property(settings, (values) => {
        const given = Float64Array.from(values);
        expectValueGradients(effect, given, [noise(1500)], scales, 1e-6);
        expectLinearInputAdjoint(effect, given, [noise(1500)]);
      }),
      { numRuns: 8, seed: 1 },
    );
  });
});

describe('the adjoint of the compressor', () => {
  const effect: Differentiable = {
    forward: (values, [x]) => [compress(values, x)],
    adjoint: (values, [x], [u]) => {
      const { values: byValue, input } = compressAdjoint(values, x, u);
      return { values: byValue, inputs: [input] };
    },
  };
  const ranges = [
    [-30, -5],
    [-50, -20],
    [-6, 6],
    [0, 14.9],
    [0.002, 0.5],
    [0.0005, 0.2],
    [0.01, 0.9],
    [1.2, 15],
    [0.1, 0.9],
  ] as const;
  const scales = [1, 1, 1, 0.1, 0.01, 0.01, 0.1, 1, 0.1];
  /** Loud, quiet and, for a while, under the detector's floor. */
  const sound = (): Float64Array =>
    noise(1200).map((v, n) => (n > 900 && n < 1000 ? 1e-5 * v : v * 10 ** (-2 * Math.sin(n / 200) ** 2)));

  it('is the slope by every value and along the input', () => {
    // Seeded, not fast-check: what makes a step cross a knee is chance, and shrinking looks for just that.
    for (let run = 0; run < 10; run++) {
      const values = Float64Array.from(ranges, ([min, max]) => min + (max - min) * random.uniform());
      const x = sound();
      expectValueGradients(effect, values, [x], scales, 1e-6);
      const u = [noise(x.length)];
      const direction = x.map((v) => v * random.signed());
      const {
        inputs: [gradient],
      } = effect.adjoint(values, [x], u);
      const wanted = slopeAlong(effect, values, [x], { inputs: [direction] }, u);
      const size = Math.sqrt(gradient.reduce((sum, g, n) => sum + (g * x[n]) ** 2, 0));
      expect(Math.abs(dot(gradient, direction) - wanted)).toBeLessThan(1e-6 * size);
    }
  });

  it('is the slope of a lookahead of whole samples, and none, too', () => {
    for (const lookaheadMs of [0, 1000 / 44_100, 10 / 44.1]) {
      const values = Float64Array.of(-20, -45, 2, lookaheadMs, 0.05, 0.01, 0.3, 4, 0.5);
      expectValueGradients(effect, values, [sound()], scales, 1e-5);
    }
  });

  it('has no slope by thresholds and ratios between the thresholds', () => {
    const values = Float64Array.of(6, -90, 0, 1, 0.05, 0.01, 0.3, 4, 0.5);
    const { values: gradient } = effect.adjoint(values, [noise(3000)], [noise(3000)]);
    for (const i of [0, 7]) expect(gradient[i]).toBe(0);
    expect(effect.adjoint(values, [new Float64Array(0)], [new Float64Array(0)]).inputs[0]).toHaveLength(0);
  });
});

describe('the adjoint of the pan', () => {
  const effect: Differentiable = {
    forward: ([value], [x]) => pan(value, x),
    adjoint: ([value], [x], u) => {
      const { value: byValue, input } = panAdjoint(value, x, u as Stereo);
      return { values: Float64Array.of(byValue), inputs: [input] };
    },
  };

  it('is the slope, and transposed for the input', () => {
    for (const value of [0, 0.3, 0.5, 0.9]) {
      expectValueGradients(effect, Float64Array.of(value), [noise(500)], [1], 1e-8);
      expectLinearInputAdjoint(effect, Float64Array.of(value), [noise(500)]);
    }
  });
});

describe('the adjoint of the delay', () => {
  const effect: Differentiable = {
    forward: (values, [x]) => delay(values, x),
    adjoint: (values, [x], u) => {
      const { values: byValue, input } = delayAdjoint(values, x, u as Stereo);
      return { values: byValue, inputs: [input] };
    },
  };
  const scales = [1, 0.1, 0.1, 1000, 0.1, 1, 1];

  // The second time is a whole number of samples, where the sinc's slope is a limit.
  it.each([
    [103.217, 0.6, 0.8, 3000, 0.9, 0.2, 0.7],
    [110, 0.2, 0.5, 9000, 0.6, 0.5, 0.1],
  ])('is the slope by every value, and transposed for the input: %d ms', (...values) => {
    const given = Float64Array.from(values);
    expectValueGradients(effect, given, [noise(12_000)], scales, 1e-6);
    expectLinearInputAdjoint(effect, given, [noise(12_000)]);
  });

  it('takes time and damping through the surrogate in place of the sinc', () => {
    const values = delayValues([103.217, 0.6, 0.8, 3000, 0.9, 0.2, 0.7]);
    const logDamp = -2e-5;
    const { bins, forward, inverse } = delayResponseFft();
    const u: Stereo = [noise(DELAY_RESPONSE_SAMPLES), noise(DELAY_RESPONSE_SAMPLES)];
    const d = delaySamples(values.timeMs);
    const surrogate = (at: number, damp: number): Float64Array => {
      const angle = (-2 * Math.PI * at) / DELAY_RESPONSE_SAMPLES;
      const [re, im] = [Math.cos, Math.sin].map((f) =>
        Float64Array.from({ length: bins }, (_, b) => Math.exp(damp * b) * f(angle * b)),
      );
      const s = new Float64Array(DELAY_RESPONSE_SAMPLES);
      inverse(re, im, s);
      return s;
    };
    const hard = fractionalDelay(d, DELAY_RESPONSE_SAMPLES);
    const here = surrogate(d, logDamp);
    const [odd, even] = [panGains(values.oddPan), panGains(values.evenPan)];
    /** ⟨u, h⟩ with the sinc's value here and the surrogate's change from here. */
    const functional = (at: number, damp: number): number => {
      const echo = surrogate(at, damp).map((s, n) => hard[n] + s - here[n]);
      filterCascade([loopFilter(values)], 44_100, echo);
      const [re, im, leftRe, leftIm, rightRe, rightIm] = Array.from(
        { length: 6 },
        () => new Float64Array(bins),
      );
      forward(echo, re, im);
      for (let b = 0; b < bins; b++) {
        let [pr, pi] = [values.gain * re[b], values.gain * im[b]];
        for (let k = 1; k <= repeatCount(values.timeMs); k++) {
          const [left, right] = k % 2 === 1 ? odd : even;
          leftRe[b] += left * pr;
          leftIm[b] += left * pi;
          rightRe[b] += right * pr;
          rightIm[b] += right * pi;
          [pr, pi] = [
            values.feedback * (pr * re[b] - pi * im[b]),
            values.feedback * (pr * im[b] + pi * re[b]),
          ];
        }
      }
      const channel = new Float64Array(DELAY_RESPONSE_SAMPLES);
      inverse(leftRe, leftIm, channel);
      const left = dot(channel, u[0]);
      inverse(rightRe, rightIm, channel);
      return left + dot(channel, u[1]);
    };
    const got = delayImpulseResponseAdjoint(values, u, logDamp);
    const byD = (functional(d + 1e-5, logDamp) - functional(d - 1e-5, logDamp)) / 2e-5;
    const byDamp = (functional(d, logDamp + 1e-9) - functional(d, logDamp - 1e-9)) / 2e-9;
    expect(got.values[0] / (44.1 * byD)).toBeCloseTo(1, 6);
    expect(got.logDamp / byDamp).toBeCloseTo(1, 6);
    const plain = delayImpulseResponseAdjoint(values, u);
    expect(plain.values.slice(1)).toEqual(got.values.slice(1));
    expect(plain.values[0]).not.toBe(got.values[0]);
    expect(plain.logDamp).toBe(0);
  });
});

describe('the adjoint of the reverb', () => {
  const filters = [3, 700, 0.8, -4, 3500, 1.3, 5, 150, -6, 6000];
  const values = Float64Array.of(
    ...noise(12),
    ...noise(12),
    ...Array.from({ length: 49 }, (_, i) => decayDisplay.toValue(0.4 + 0.3 * Math.sin(i) ** 2)),
    ...noise(36),
    ...filters,
  );
  const effect: Differentiable = {
    forward: (given, inputs) => reverberate(given, inputs as Stereo),
    adjoint: (given, inputs, u) => {
      const { values: byValue, input } = reverberateAdjoint(given, inputs as Stereo, u as Stereo);
      return { values: byValue, inputs: input };
    },
  };

  it('is the slope of the network by every value', () => {
    // A short transform, in which echoes wrap around: the equations are the same.
    const length = 1920;
    const spectra = (make: () => number): Spectrum[][] =>
      [0, 1].map(() =>
        [0, 1].map(() => {
          const im = Float64Array.from({ length: length / 2 + 1 }, make);
          im[0] = im[length / 2] = 0;
          return { re: Float64Array.from({ length: length / 2 + 1 }, make), im };
        }),
      );
    const gradient = spectra(() => random.signed());
    const functional = (given: Float64Array): number => {
      let sum = 0;
      fdnTransfer(fdnValues(given), length).forEach((row, o) => {
        row.forEach(({ re, im }, i) => {
          const g = gradient[o][i];
          for (let b = 0; b < re.length; b++)
            sum += ((b % (length / 2) === 0 ? 1 : 2) / length) * (g.re[b] * re[b] + g.im[b] * im[b]);
        });
      });
      return sum;
    };
    const { input, output, gamma, mixingRaw } = fdnTransferAdjoint(fdnValues(values), gradient, length);
    for (const [start, got] of [
      [0, input],
      [12, output],
      [24, gamma],
      [73, mixingRaw],
    ] as const) {
      const largest = got.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
      got.forEach((g, i) => {
        const at = (step: number): number =>
          functional(values.map((v, j) => (j === start + i ? v + step : v)));
        const wanted = (at(1e-6) - at(-1e-6)) / 2e-6;
        expect(Math.abs(g - wanted) / largest, `value ${start + i}`).toBeLessThan(1e-7);
      });
    }
  });

  it('takes a decay of nothing', () => {
    const silent = fdnValues(values.map((v, i) => (i >= 24 && i < 73 ? 0 : v)));
    const ones = (): Spectrum => ({ re: new Float64Array(961).fill(1), im: new Float64Array(961) });
    const gradient = [
      [ones(), ones()],
      [ones(), ones()],
    ];
    const { gamma } = fdnTransferAdjoint(silent, gradient, 1920);
    expect(gamma.every(Number.isFinite)).toBe(true);
  });

  it('is the slope along all values at once, and transposed for the inputs', () => {
    const inputs = [noise(9000), noise(9000)];
    const u = [noise(9000), noise(9000)];
    const { values: gradient, inputs: byInput } = effect.adjoint(values, inputs, u);
    const direction = values.map((v, i) => random.signed() * (i < 109 ? 0.01 : 0.01 * v));
    const wanted = slopeAlong(effect, values, inputs, { values: direction }, u, 1e-4);
    const size = Math.sqrt(gradient.reduce((sum, g, i) => sum + (g * direction[i]) ** 2, 0));
    expect(Math.abs(dot(gradient, direction) - wanted)).toBeLessThan(1e-6 * size);
    const output = effect.forward(values, inputs);
    expect(Math.abs(dotAll(output, u) - dotAll(inputs, byInput))).toBeLessThan(
      1e-12 * norm(output) * norm(u),
    );
  });
});

describe('the gradient of the objective', () => {
  const length = 40_000;
  const voice = (seed: number): Float64Array => {
    const breath = new Random(seed);
    return Float64Array.from({ length }, (_, n) => {
      const swell = 0.6 + 0.4 * Math.sin(n / (3000 + 400 * seed));
      return 0.3 * swell * (Math.sin(n * 0.02) + 0.4 * Math.sin(n * 0.047) + breath.signed());
    });
  };
  const dry = voice(1);
  const wet = [voice(2), voice(3)] as const;
  const raw = Float64Array.of(...neutralRaw(), DEFAULT_LOG_DAMP_RAW);
  // A reverb, and a delay that comes within the signal.
  for (let i = 0; i < 12; i++) raw[parameterIndex('fdn.output.left.0') + i] = 0.2 * Math.cos(3 * i);
  raw[parameterIndex('delay.time')] = -3;
  raw[parameterIndex('delay.gain')] = 1;
  const warmupSamples = 10_000;
  const evaluated = trainingGradient(dry, wet, raw, { mode: 'eval', warmupSamples });
  const timeAndDamping = [parameterIndex('delay.time'), 151];

  it('is the slope of the losses of the training form', () => {
    const total = (given: Float64Array): number => {
      const [left, right] = trainingStages(dry, given.subarray(0, 151)).final;
      return evaluateLosses(
        [left.subarray(warmupSamples), right.subarray(warmupSamples)],
        [wet[0].subarray(warmupSamples), wet[1].subarray(warmupSamples)],
      ).total;
    };
    expect(evaluated.total).toBeCloseTo(total(raw), 12);
    // Not the delay's time: its slope hangs on spectral nulls, which steps cross.
    const direction = raw.map((_, i) => (timeAndDamping.includes(i) ? 0 : random.signed()));
    const step = 1e-7;
    const at = (by: number): number => total(raw.map((v, i) => v + by * direction[i]));
    const wanted = (at(step) - at(-step)) / (2 * step);
    const size = Math.sqrt(dot(evaluated.gradient, evaluated.gradient));
    expect(Math.abs(dot(evaluated.gradient, direction) - wanted)).toBeLessThan(1e-4 * size);
  });

  it('differs in training by the delay’s time and damping and by the regulariser only', () => {
    const trained = trainingGradient(dry, wet, raw, { mode: 'train', warmupSamples });
    const damping = Math.exp(-Math.log1p(Math.exp(DEFAULT_LOG_DAMP_RAW)));
    expect(trained.delayRegulariser).toBeCloseTo((1 - damping) ** 2, 14);
    expect(evaluated.delayRegulariser).toBe(0);
    expect(trained.total - evaluated.total).toBeCloseTo(trained.delayRegulariser, 14);
    expect(trained.terms).toEqual(evaluated.terms);
    expect(evaluated.gradient[151]).toBe(0);
    trained.gradient.forEach((g, i) => {
      if (timeAndDamping.includes(i)) expect(g).not.toBe(evaluated.gradient[i]);
      else expect(g).toBe(evaluated.gradient[i]);
    });
  });

  it('has no damping in it outside training', () => {
    expect(trainingGradient(dry, wet, raw.with(151, -3), { mode: 'eval', warmupSamples })).toEqual(evaluated);
  });

  it('refuses wrong lengths', () => {
    const options = { mode: 'eval', warmupSamples } as const;
    expect(() => trainingGradient(dry, wet, raw.subarray(1), options)).toThrow('152 parameters, got 151');
    expect(() => trainingGradient(dry.subarray(1), wet, raw, options)).toThrow('39999 samples');
  });
});
