import { beforeAll, describe, expect, it } from 'vitest';
import {
  CHAIN_PARAMETERS,
  DEFAULT_LOG_DAMP_RAW,
  neutralRaw,
  parameterIndex,
  parametersUnder,
  rawToValues,
} from '#core/chain/parameters.ts';
import { chainValues } from '#core/chain/training.ts';
import { delaySamples, delayValues, repeatCount } from '#core/effects/delay/training.ts';
import { FDN_DELAYS, FDN_LINES } from '#core/effects/fdn/params.ts';
import { fdnTransfer, fdnValues } from '#core/effects/fdn/training.ts';
import { panGains } from '#core/effects/pan/training.ts';
import { Random } from '#core/optimise/random.ts';
import { physicalToRaw } from '#core/parameter.ts';
import { biquadResponse, designBiquad } from '#core/signal/biquad.ts';
import { orthogonalFromRaw } from '#core/signal/orthogonal.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { loadKernelModule } from '../kernel-module.ts';
import { Kernels } from '../kernels.ts';
import { openStart } from '../start.ts';
import { Transfer, type TransferOptions } from './transfer.ts';

/** The coarsest grid in use: what is interpolated between its nodes is furthest off here. */
const POINTS = 2 ** 18;
const LOG_DAMP = -Math.log1p(Math.exp(DEFAULT_LOG_DAMP_RAW));
const PLAIN: TransferOptions = { surrogate: false, logDamp: LOG_DAMP };
/** The surrogate's η^b counts the bins of the published delay response. */
const RESPONSE_SAMPLES = 4 * FIT_SAMPLE_RATE_HZ;

// ---------------------------------------------------------------- float64

interface Complex {
  readonly re: number;
  readonly im: number;
}
const complex = (re: number, im = 0): Complex => ({ re, im });
const add = (a: Complex, b: Complex): Complex => complex(a.re + b.re, a.im + b.im);
const times = (a: Complex, b: Complex): Complex =>
  complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);
const scaled = (k: number, a: Complex): Complex => complex(k * a.re, k * a.im);
const turn = (angle: number): Complex => complex(Math.cos(angle), Math.sin(angle));
const over = (a: Complex, b: Complex): Complex => {
  const power = b.re * b.re + b.im * b.im;
  return complex((a.re * b.re + a.im * b.im) / power, (a.im * b.re - a.re * b.im) / power);
};

/** Solves rows [A | b] in place by elimination with pivots; the solutions, one per row. */
function solve(rows: Complex[][]): Complex[] {
  const size = rows.length;
  for (let p = 0; p < size; p++) {
    const best = rows
      .slice(p)
      .reduce((a, b) => (Math.hypot(b[p]!.re, b[p]!.im) > Math.hypot(a[p]!.re, a[p]!.im) ? b : a));
    rows.splice(rows.indexOf(best), 1);
    rows.splice(p, 0, best);
    for (let i = 0; i < size; i++) {
      if (i === p) continue;
      const factor = over(rows[i]![p]!, best[p]!);
      for (let j = p; j <= size; j++) rows[i]![j] = add(rows[i]![j]!, scaled(-1, times(factor, best[j]!)));
    }
  }
  return rows.map((row, i) => over(row[size]!, row[i]!));
}

/** What the delay's phasor is multiplied by: 1, or a small change of the surrogate. */
type Disturbance = (omega: number) => Complex;
const UNDISTURBED: Disturbance = () => complex(1);

/** Transfer functions of left and right at a bin, in float64, from the equations. */
function oracle(raw: ArrayLike<number>, disturbance = UNDISTURBED): (bin: number) => [Complex, Complex] {
  const values = chainValues(Array.from(raw).slice(0, CHAIN_PARAMETERS.length));
  const delay = delayValues(values.delay);
  const fdn = fdnValues(values.fdn);
  const mixing = orthogonalFromRaw(fdn.mixingRaw);
  const lowPass = designBiquad(
    'lowPass',
    { gainDb: 0, freqHz: delay.lowPassHz, q: delay.lowPassQ },
    FIT_SAMPLE_RATE_HZ,
  );
  const reverbFilters = fdn.filters.map((filter) => designBiquad(filter.kind, filter, FIT_SAMPLE_RATE_HZ));
  const response = (filter: typeof lowPass, frequencyHz: number) =>
    biquadResponse(filter, frequencyHz, FIT_SAMPLE_RATE_HZ);
  const pans = { direct: panGains(values.pan), odd: panGains(delay.oddPan), even: panGains(delay.evenPan) };
  return (bin) => {
    const omega = (2 * Math.PI * bin) / POINTS;
    const frequencyHz = (bin * FIT_SAMPLE_RATE_HZ) / POINTS;
    const phasor = times(turn(-omega * delaySamples(delay.timeMs)), disturbance(omega));
    const loop = times(phasor, response(lowPass, frequencyHz));
    let [repeat, odd, even] = [loop, complex(0), complex(0)];
    for (let k = 1; k <= repeatCount(delay.timeMs); k++) {
      if (k % 2 === 1) odd = add(odd, repeat);
      else even = add(even, repeat);
      repeat = scaled(delay.feedback, times(repeat, loop));
    }
    const repeats = [0, 1].map((c) =>
      scaled(delay.gain, add(scaled(pans.odd[c]!, odd), scaled(pans.even[c]!, even))),
    );
    const sent = repeats.map((d) => add(complex(1), scaled(values.send, d)));
    const place = (bin / (POINTS / 2)) * (fdn.gamma.length - 1);
    const band = Math.min(Math.floor(place), fdn.gamma.length - 2);
    const gamma = fdn.gamma[band]! + (place - band) * (fdn.gamma[band + 1]! - fdn.gamma[band]!);
    const lines = solve(
      FDN_DELAYS.map((length, i) => [
        ...FDN_DELAYS.map((other, j) =>
          add(
            i === j ? turn((2 * Math.PI * ((bin * length) % POINTS)) / POINTS) : complex(0),
            complex(-mixing[i * FDN_LINES + j]! * gamma ** (other / FDN_DELAYS[0])),
          ),
        ),
        add(scaled(fdn.input[2 * i]!, sent[0]!), scaled(fdn.input[2 * i + 1]!, sent[1]!)),
      ]),
    );
    const equaliser = reverbFilters.reduce(
      (product, filter) => times(product, response(filter, frequencyHz)),
      complex(1),
    );
    return [0, 1].map((c) => {
      const reverb = lines.reduce(
        (sum, x, i) => add(sum, scaled(fdn.output[c * FDN_LINES + i]!, x)),
        complex(0),
      );
      return add(add(complex(pans.direct[c]!), repeats[c]!), times(equaliser, reverb));
    }) as [Complex, Complex];
  };
}

// ---------------------------------------------------------------- settings and bins

const EFFECTS = {
  send: parametersUnder('delay.send'),
  delay: parametersUnder('delay').filter((index) => index !== parameterIndex('delay.send')),
  'reverb input': parametersUnder('fdn.input'),
  'reverb output': parametersUnder('fdn.output'),
  decay: parametersUnder('fdn.decay'),
  mixing: parametersUnder('fdn.mixing'),
  'reverb filters': ['fdn.pk1', 'fdn.pk2', 'fdn.ls', 'fdn.hs'].flatMap(parametersUnder),
  pan: parametersUnder('pan'),
};

function randomRaw(seed: number): Float64Array {
  const random = new Random(seed);
  const raw = openStart(random);
  for (const index of Object.values(EFFECTS).flat()) {
    const { unit, id } = CHAIN_PARAMETERS[index]!;
    if (id.startsWith('fdn.mixing')) raw[index] = 2 * random.signed();
    else if (/^fdn\.(input|output)/.test(id)) raw[index] = 0.5 * random.signed();
    // Decay times of about 0.2 to 3 s.
    else if (id.startsWith('fdn.decay')) raw[index] = 1.2 + 1.5 * random.signed();
    else if (unit === 'dB') raw[index] = 12 * random.signed();
    else raw[index] = 2.5 * random.signed();
  }
  return raw;
}

/** Every parameter under these ids at a physical value, on top of a random setting. */
function rawWith(seed: number, physical: Readonly<Record<string, number>>): Float64Array {
  const raw = randomRaw(seed);
  for (const [id, value] of Object.entries(physical))
    for (const index of parametersUnder(id)) raw[index] = physicalToRaw(CHAIN_PARAMETERS[index]!, value);
  return raw;
}

const EXTREMES: readonly [string, Float64Array][] = [
  ['decay of 9 s', rawWith(1, { 'fdn.decay': 9 })],
  ['decay of almost nothing', rawWith(2, { 'fdn.decay': 0.001 })],
  ['decay from 9 s to nothing and back', decayZigzag()],
  [
    'endless repeats',
    rawWith(4, { 'delay.time': 100, 'delay.feedback': 0.9999, 'delay.gain': 1, 'delay.lp.q': 0.707 }),
  ],
  [
    'growing repeats',
    rawWith(5, { 'delay.time': 100, 'delay.feedback': 1, 'delay.gain': 1, 'delay.lp.q': 2 }),
  ],
  ['one repeat', rawWith(6, { 'delay.feedback': 1e-12, 'delay.time': 1000 })],
  [
    'widest filters',
    rawWith(7, { 'fdn.pk1.q': 0.1, 'fdn.pk2.q': 0.1, 'delay.lp.q': 0.5, 'delay.lp.freq': 200 }),
  ],
  [
    'narrowest filters',
    rawWith(8, {
      'fdn.pk1.q': 3,
      'fdn.pk1.freq': 200,
      'fdn.pk1.gain': 24,
      'fdn.pk2.q': 3,
      'delay.lp.q': 2,
      'fdn.ls.freq': 30,
    }),
  ],
  [
    'everything to the sides',
    rawWith(9, { pan: -100, 'delay.odd_pan': 100, 'delay.even_pan': -100, 'delay.send': 1 }),
  ],
  ['a silent reverb', rawWith(10, { 'fdn.output': 0 })],
  ['no mixing', rawWith(11, { 'fdn.mixing': 0, 'fdn.decay': 5 })],
];

function decayZigzag(): Float64Array {
  const raw = randomRaw(3);
  EFFECTS.decay.forEach((index, band) => (raw[index] = band % 2 ? 20 : -20));
  return raw;
}

/** Some hundred bins, on a linear and on a logarithmic axis, the ends among them. */
const BINS = [
  ...new Set([
    0,
    1,
    POINTS / 2 - 1,
    ...Array.from({ length: 150 }, (_, i) => Math.floor((i * 0.873_321 + 0.31) * 1000) % (POINTS / 2)),
    ...Array.from({ length: 100 }, (_, i) => Math.floor((POINTS / 2 - 1) ** ((i + 1) / 100))),
  ]),
];

let transfer: Transfer;
let kernels: Kernels;
beforeAll(async () => {
  kernels = new Kernels(await loadKernelModule());
  transfer = new Transfer(kernels, POINTS, POINTS);
});

function response(raw: Float64Array, options = PLAIN): Float32Array[] {
  transfer.forward(raw, rawToValues(raw), options);
  return transfer.response.map((address) => kernels.f32(address, transfer.bins));
}

describe('transfer function after the compressor', () => {
  it('has an oracle that agrees with the reverb’s training form', () => {
    const raw = rawWith(20, {
      'delay.send': 0,
      'fdn.pk1.gain': 0,
      'fdn.pk2.gain': 0,
      'fdn.ls.gain': 0,
      'fdn.hs.gain': 0,
    });
    for (const id of ['delay.gain', 'delay.send']) raw[parameterIndex(id)] = -80;
    // The training form at 1/64 of the points has every 64th bin.
    const spectra = fdnTransfer(fdnValues(chainValues(raw.subarray(0, 151)).fdn), POINTS / 64);
    const at = oracle(raw);
    const gains = panGains(rawToValues(raw)[parameterIndex('pan')]!);
    for (const bin of [0, 5, 600, 2047])
      at(bin * 64).forEach((value, c) => {
        const [fromLeft, fromRight] = spectra[c]! as [(typeof spectra)[0][0], (typeof spectra)[0][0]];
        expect(value.re).toBeCloseTo(gains[c]! + fromLeft.re[bin]! + fromRight.re[bin]!, 9);
        expect(value.im).toBeCloseTo(fromLeft.im[bin]! + fromRight.im[bin]!, 9);
      });
  });

  const settings: readonly [string, Float64Array][] = [
    ...Array.from({ length: 12 }, (_, seed): [string, Float64Array] => [
      `random setting ${seed}`,
      randomRaw(seed),
    ]),
    ['the neutral start', neutralRaw()],
    ...EXTREMES,
  ];
  it.each(settings)('is its formula at %s', (_, raw) => {
    const found = response(raw);
    const at = oracle(raw);
    let [worst, peak] = [0, 0];
    for (const bin of BINS)
      at(bin).forEach(({ re, im }, c) => {
        peak = Math.max(peak, Math.hypot(re, im));
        worst = Math.max(worst, Math.hypot(found[2 * c]![bin]! - re, found[2 * c + 1]![bin]! - im));
      });
    expect(worst / peak).toBeLessThan(3e-5);
  });
});

describe('gradient of the transfer function', () => {
  const random = new Random(77);
  /** T̄ at every bin of {@link BINS}: left re, left im, right re, right im. */
  const directions = BINS.map(() => Array.from({ length: 4 }, () => random.signed()));

  /** Σ Re T̄* T. The bin at 0 Hz stands for itself only, every other one also for its mirror image. */
  function product(raw: ArrayLike<number>, disturbance?: Disturbance): number {
    const at = oracle(raw, disturbance);
    return BINS.reduce((sum, bin, i) => {
      const [l, r] = at(bin);
      const [lr, li, rr, ri] = directions[i] as [number, number, number, number];
      return sum + (bin === 0 ? 0.5 : 1) * (lr * l.re + li * l.im + rr * r.re + ri * r.im);
    }, 0);
  }

  /** Gradients with respect to the raw parameters and log η. */
  function gradientOf(
    raw: Float64Array,
    options: TransferOptions,
  ): { byRaw: Float64Array; byLogDamp: number } {
    response(raw, options);
    transfer.clearGradient();
    transfer.gradient.forEach((address, part) => {
      const values = kernels.f32(address, transfer.bins);
      BINS.forEach((bin, i) => (values[bin] = directions[i]![part]!));
    });
    const byValue = new Float64Array(CHAIN_PARAMETERS.length);
    const byLogDamp = transfer.adjoint(byValue, options);
    const isMixing = new Set(EFFECTS.mixing);
    const byRaw = byValue.map((g, i) => (isMixing.has(i) ? g : g * CHAIN_PARAMETERS[i]!.map.slope(raw[i]!)));
    return { byRaw, byLogDamp };
  }

  function centralDifference(raw: Float64Array, index: number): number {
    // A delay's phase turns fast.
    const step = index === parameterIndex('delay.time') ? 1e-7 : 1e-5;
    const at = (shift: number) => {
      const shifted = raw.slice();
      shifted[index]! += shift;
      return product(shifted);
    };
    return (at(step) - at(-step)) / (2 * step);
  }

  const settings: readonly [string, Float64Array][] = [
    ...[31, 32, 33].map((seed): [string, Float64Array] => [`random setting ${seed}`, randomRaw(seed)]),
    [
      'endless repeats',
      rawWith(34, { 'delay.time': 130, 'delay.feedback': 0.98, 'delay.gain': 1, 'delay.lp.q': 0.7 }),
    ],
    ['decay of 8 s', rawWith(35, { 'fdn.decay': 8 })],
    ['short decay and little feedback', rawWith(36, { 'fdn.decay': 0.05, 'delay.feedback': 1e-3 })],
  ];
  it.each(settings)('is the slope of its formula at %s', (_, raw) => {
    const { byRaw, byLogDamp } = gradientOf(raw, PLAIN);
    expect(byLogDamp).toBe(0);
    for (const [effect, indices] of Object.entries(EFFECTS)) {
      const want = indices.map((index) => centralDifference(raw, index));
      const largest = Math.max(...want.map(Math.abs));
      indices.forEach((index, i) => {
        const error = Math.abs(byRaw[index]! - want[i]!) / largest;
        expect(error, `${effect}: ${CHAIN_PARAMETERS[index]!.id}`).toBeLessThan(1e-3);
      });
    }
  });

  it('leaves the parameters before it alone', () => {
    const { byRaw } = gradientOf(randomRaw(40), PLAIN);
    for (const index of [...parametersUnder('eq'), ...parametersUnder('comp')]) expect(byRaw[index]).toBe(0);
  });

  it.each([-0.01, -0.0001, -0.3])('follows the damped surrogate in training, log η = %f', (logDamp) => {
    for (const seed of [51, 52]) {
      const raw = randomRaw(seed);
      const { byRaw, byLogDamp } = gradientOf(raw, { surrogate: true, logDamp });
      const plain = gradientOf(raw, PLAIN).byRaw;
      const time = parameterIndex('delay.time');
      byRaw.forEach((g, i) => {
        if (i !== time) expect(g, CHAIN_PARAMETERS[i]?.id).toBe(plain[i]);
      });
      // The published surrogate's derivative with respect to d is −jω η^b E, with respect to log η it is b η^b E.
      const bin = (omega: number) => (omega * RESPONSE_SAMPLES) / (2 * Math.PI);
      const weight = (omega: number) => Math.exp(logDamp * bin(omega));
      const step = 1e-6;
      const slope = (direction: Disturbance) => {
        const disturbed =
          (sign: number): Disturbance =>
          (omega) =>
            add(complex(1), scaled(sign * step, direction(omega)));
        return (product(raw, disturbed(1)) - product(raw, disturbed(-1))) / (2 * step);
      };
      const byDelaySamples = slope((omega) => complex(0, -omega * weight(omega)));
      const byRawTime =
        (byDelaySamples * FIT_SAMPLE_RATE_HZ * CHAIN_PARAMETERS[time]!.map.slope(raw[time]!)) / 1000;
      const expectedByLogDamp = slope((omega) => complex(bin(omega) * weight(omega)));
      expect(Math.abs(byRaw[time]! / byRawTime - 1)).toBeLessThan(1e-3);
      expect(Math.abs(byLogDamp / expectedByLogDamp - 1)).toBeLessThan(1e-3);
    }
  });
});
