/**
 * Second-order filters: design, exact derivatives of the design, filtering and frequency response.
 *
 *   y[n] = b0 x[n] + b1 x[n−1] + b2 x[n−2] − a1 y[n−1] − a2 y[n−2]
 *
 * Designs: R. Bristow-Johnson, Cookbook formulae for audio EQ biquad filter coefficients, with
 * A = 10^(gain/40), ω0 = 2π f/fs, α = sin ω0 / (2Q), normalised by a0. Frequencies above 0.49 fs are held there.
 * A low or high pass ignores its gain.
 */

/** Coefficients normalised by a0. */
export interface Biquad {
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
  readonly a1: number;
  readonly a2: number;
}

export type BiquadKind = 'peak' | 'lowShelf' | 'highShelf' | 'lowPass' | 'highPass';

export interface BiquadSettings {
  readonly gainDb: number;
  readonly freqHz: number;
  readonly q: number;
}

/** A filter before it is designed for a sample rate. */
export interface FilterSettings extends BiquadSettings {
  readonly kind: BiquadKind;
}

/** A design and the derivative of [b0, b1, b2, a1, a2] with respect to each setting. */
export interface BiquadWithDerivatives {
  readonly coefficients: Biquad;
  readonly byGainDb: Float64Array;
  readonly byFreqHz: Float64Array;
  readonly byQ: Float64Array;
}

/** Highest design frequency as a part of the sample rate. */
export const MAX_RELATIVE_FREQUENCY = 0.49;

/** [b0, b1, b2, a0, a1, a2] before normalisation, or a derivative of them. */
type Unnormalised = readonly [number, number, number, number, number, number];

function unnormalised(kind: BiquadKind, A: number, c: number, alpha: number): Unnormalised {
  switch (kind) {
    case 'peak':
      return [1 + alpha * A, -2 * c, 1 - alpha * A, 1 + alpha / A, -2 * c, 1 - alpha / A];
    case 'lowShelf':
    case 'highShelf': {
      // A high shelf is the low shelf with cos ω0 and the odd coefficients negated.
      const sign = kind === 'lowShelf' ? 1 : -1;
      const cs = sign * c;
      const slope = 2 * Math.sqrt(A) * alpha;
      const below = A + 1 - (A - 1) * cs;
      const above = A + 1 + (A - 1) * cs;
      return [
        A * (below + slope),
        sign * 2 * A * (A - 1 - (A + 1) * cs),
        A * (below - slope),
        above + slope,
        sign * -2 * (A - 1 + (A + 1) * cs),
        above - slope,
      ];
    }
    case 'lowPass':
      return [(1 - c) / 2, 1 - c, (1 - c) / 2, 1 + alpha, -2 * c, 1 - alpha];
    case 'highPass':
      return [(1 + c) / 2, -(1 + c), (1 + c) / 2, 1 + alpha, -2 * c, 1 - alpha];
    default:
      throw new RangeError(`No filter is called “${String(kind satisfies never)}”.`);
  }
}

interface Partials {
  readonly byA: Unnormalised;
  readonly byCos: Unnormalised;
  readonly byAlpha: Unnormalised;
}

const ZERO: Unnormalised = [0, 0, 0, 0, 0, 0];

function partials(kind: BiquadKind, A: number, c: number, alpha: number): Partials {
  switch (kind) {
    case 'peak':
      return {
        byA: [alpha, 0, -alpha, -alpha / (A * A), 0, alpha / (A * A)],
        byCos: [0, -2, 0, 0, -2, 0],
        byAlpha: [A, 0, -A, 1 / A, 0, -1 / A],
      };
    case 'lowShelf':
    case 'highShelf': {
      const sign = kind === 'lowShelf' ? 1 : -1;
      const cs = sign * c;
      const root = Math.sqrt(A);
      const slope = 2 * root * alpha;
      const below = A + 1 - (A - 1) * cs;
      const slopeByA = alpha / root;
      return {
        byA: [
          below + slope + A * (1 - cs + slopeByA),
          sign * (2 * (A - 1 - (A + 1) * cs) + 2 * A * (1 - cs)),
          below - slope + A * (1 - cs - slopeByA),
          1 + cs + slopeByA,
          sign * -2 * (1 + cs),
          1 + cs - slopeByA,
        ],
        byCos: [
          sign * -A * (A - 1),
          -2 * A * (A + 1),
          sign * -A * (A - 1),
          sign * (A - 1),
          -2 * (A + 1),
          sign * (A - 1),
        ],
        byAlpha: [2 * A * root, 0, -2 * A * root, 2 * root, 0, -2 * root],
      };
    }
    case 'lowPass':
      return { byA: ZERO, byCos: [-0.5, -1, -0.5, 0, -2, 0], byAlpha: [0, 0, 0, 1, 0, -1] };
    case 'highPass':
      return { byA: ZERO, byCos: [0.5, -1, 0.5, 0, -2, 0], byAlpha: [0, 0, 0, 1, 0, -1] };
    default:
      throw new RangeError(`No filter is called “${String(kind satisfies never)}”.`);
  }
}

const amplitude = (gainDb: number): number => 10 ** (gainDb / 40);
const angle = (freqHz: number, sampleRateHz: number): number =>
  2 * Math.PI * Math.min(freqHz / sampleRateHz, MAX_RELATIVE_FREQUENCY);

/** Coefficients of a filter at any sample rate. */
export function designBiquad(kind: BiquadKind, settings: BiquadSettings, sampleRateHz: number): Biquad {
  const w0 = angle(settings.freqHz, sampleRateHz);
  const alpha = Math.sin(w0) / (2 * settings.q);
  const [b0, b1, b2, a0, a1, a2] = unnormalised(kind, amplitude(settings.gainDb), Math.cos(w0), alpha);
  return { b0: b0 / a0, b1: b1 / a0, b2: b2 / a0, a1: a1 / a0, a2: a2 / a0 };
}

/** {@link designBiquad} and its exact derivatives; that by frequency is 0 where the frequency is held. */
export function designBiquadWithDerivatives(
  kind: BiquadKind,
  settings: BiquadSettings,
  sampleRateHz: number,
): BiquadWithDerivatives {
  const { gainDb, freqHz, q } = settings;
  const A = amplitude(gainDb);
  const w0 = angle(freqHz, sampleRateHz);
  const sine = Math.sin(w0);
  const cosine = Math.cos(w0);
  const alpha = sine / (2 * q);
  const coefficients = designBiquad(kind, settings, sampleRateHz);
  const { b0, b1, b2, a1, a2 } = coefficients;
  const a0 = unnormalised(kind, A, cosine, alpha)[3];
  const { byA, byCos, byAlpha } = partials(kind, A, cosine, alpha);

  /** d(v/a0) = (dv − (v/a0) da0) / a0 */
  const normalise = (derivative: (index: number) => number): Float64Array => {
    const byA0 = derivative(3);
    return Float64Array.of(
      (derivative(0) - b0 * byA0) / a0,
      (derivative(1) - b1 * byA0) / a0,
      (derivative(2) - b2 * byA0) / a0,
      (derivative(4) - a1 * byA0) / a0,
      (derivative(5) - a2 * byA0) / a0,
    );
  };
  const amplitudeByGainDb = (A * Math.LN10) / 40;
  const held = freqHz / sampleRateHz > MAX_RELATIVE_FREQUENCY;
  const angleByFreqHz = held ? 0 : (2 * Math.PI) / sampleRateHz;
  return {
    coefficients,
    byGainDb: normalise((i) => byA[i]! * amplitudeByGainDb),
    byFreqHz: normalise((i) => (-sine * byCos[i]! + (cosine / (2 * q)) * byAlpha[i]!) * angleByFreqHz),
    byQ: normalise((i) => (-alpha / q) * byAlpha[i]!),
  };
}

/** Below this the state is silence; subnormal numbers would make the loop many times slower. */
const SILENT_STATE = 1e-250;
const SILENCE_CHECK_SAMPLES = 256;

/**
 * Filters x into y (same length; may be the same array) from zero state, transposed direct form II in float64:
 *
 *   y = b0 x + s1,  s1 = b1 x − a1 y + s2,  s2 = b2 x − a2 y
 */
export function filterBiquad(
  { b0, b1, b2, a1, a2 }: Biquad,
  x: Float32Array | Float64Array,
  y: Float64Array,
): void {
  if (y.length !== x.length)
    throw new RangeError(`Input has ${x.length} samples, room was given for ${y.length}.`);
  let s1 = 0;
  let s2 = 0;
  for (let start = 0; start < x.length; start += SILENCE_CHECK_SAMPLES) {
    const end = Math.min(x.length, start + SILENCE_CHECK_SAMPLES);
    for (let n = start; n < end; n++) {
      const input = x[n]!;
      const output = b0 * input + s1;
      s1 = b1 * input - a1 * output + s2;
      s2 = b2 * input - a2 * output;
      y[n] = output;
    }
    if (Math.abs(s1) < SILENT_STATE && Math.abs(s2) < SILENT_STATE) s1 = s2 = 0;
  }
}

/** Designs filters for a sample rate and runs `samples` through them one after the other, in place. */
export function filterCascade(
  filters: readonly FilterSettings[],
  sampleRateHz: number,
  samples: Float64Array,
): void {
  for (const filter of filters)
    filterBiquad(designBiquad(filter.kind, filter, sampleRateHz), samples, samples);
}

/** H(e^{jω}) at a frequency in Hz. */
export function biquadResponse(
  { b0, b1, b2, a1, a2 }: Biquad,
  freqHz: number,
  sampleRateHz: number,
): { re: number; im: number } {
  const w = (2 * Math.PI * freqHz) / sampleRateHz;
  const c1 = Math.cos(w);
  const s1 = -Math.sin(w);
  const c2 = Math.cos(2 * w);
  const s2 = -Math.sin(2 * w);
  const numRe = b0 + b1 * c1 + b2 * c2;
  const numIm = b1 * s1 + b2 * s2;
  const denRe = 1 + a1 * c1 + a2 * c2;
  const denIm = a1 * s1 + a2 * s2;
  const power = denRe * denRe + denIm * denIm;
  return { re: (numRe * denRe + numIm * denIm) / power, im: (numIm * denRe - numRe * denIm) / power };
}
