/**
 * Feedback delay network reverb and its EQ, training form (DiffVox `FDN`), stereo to stereo.
 *
 *   H(ω) = C (diag(e^{jω m_i}) − U diag(Γ(ω)^{m_i/997}))⁻¹ B        h = irfft_N(H),  N = 12 fs
 *   out_o = Σ_i (EQ h_oi) * in_i, linear convolution
 *
 * Γ interpolates the 49 γ linearly over the N/2+1 bins. The line gains are real (zero-phase), so responses ring before
 * their echoes; what comes before n = 0 wraps to the end of the 12 s.
 */
import { filterCascade, type FilterSettings } from '../../signal/biquad.ts';
import { convolveMatrix } from '../../signal/convolve.ts';
import { realFft, type RealFft } from '../../signal/fft.ts';
import { orthogonalFromRaw } from '../../signal/orthogonal.ts';
import { FIT_SAMPLE_RATE_HZ } from '../../units.ts';
import { SHELF_Q } from '../eq/params.ts';
import type { Stereo } from '../pan/training.ts';
import {
  DECAY_BANDS,
  FDN_DELAYS,
  FDN_LINES,
  fdnDecayParameters,
  fdnInputParameters,
  fdnMixingParameters,
  fdnOutputParameters,
} from './params.ts';

/** Length N of the responses in samples. */
export const FDN_RESPONSE_SAMPLES = 12 * FIT_SAMPLE_RATE_HZ;
const CHANNELS = 2;

/** The values of {@link fdnParameters} by name; matrices are row-major. */
export interface FdnValues {
  /** B: lines × input channels. */
  readonly input: Float64Array;
  /** C: output channels × lines. */
  readonly output: Float64Array;
  /** γ: gain per 997 samples at equally spaced frequencies from 0 Hz to half the fit rate. */
  readonly gamma: Float64Array;
  /** Θ: lines × lines, of which U is made. */
  readonly mixingRaw: Float64Array;
  /** The reverb EQ in signal order. */
  readonly filters: readonly FilterSettings[];
}

/** Names the values of {@link fdnParameters}, given in their order. */
export function fdnValues(values: ArrayLike<number>): FdnValues {
  const all = Float64Array.from(values);
  let start = 0;
  const take = (count: number): Float64Array => all.slice(start, (start += count));
  const input = take(fdnInputParameters.length);
  const output = take(fdnOutputParameters.length);
  const gamma = take(fdnDecayParameters.length);
  const mixingRaw = take(fdnMixingParameters.length);
  const [pk1Gain, pk1Freq, pk1Q, pk2Gain, pk2Freq, pk2Q, lsGain, lsFreq, hsGain, hsFreq] =
    all.subarray(start);
  return {
    input,
    output,
    gamma,
    mixingRaw,
    filters: [
      { kind: 'peak', gainDb: pk1Gain, freqHz: pk1Freq, q: pk1Q },
      { kind: 'peak', gainDb: pk2Gain, freqHz: pk2Freq, q: pk2Q },
      { kind: 'lowShelf', gainDb: lsGain, freqHz: lsFreq, q: SHELF_Q },
      { kind: 'highShelf', gainDb: hsGain, freqHz: hsFreq, q: SHELF_Q },
    ],
  };
}

/** Where bin b lies among the equally spaced γ: after which one, and how far on to the next (0..1). */
export function decayPlace(bin: number, lengthSamples: number): { band: number; fraction: number } {
  const place = ((2 * bin) / lengthSamples) * (DECAY_BANDS - 1);
  const band = Math.min(Math.floor(place), DECAY_BANDS - 2);
  return { band, fraction: place - band };
}

/** A spectrum in split form. */
export interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/**
 * H without the reverb EQ at the N/2+1 bins of a transform of `lengthSamples` points, `[output][input]`.
 * Solved as (I − D⁻¹ U Γ) z = D⁻¹ B with D = diag(e^{jω m}): ‖D⁻¹ U Γ‖ < 1, so the Hermitian part of the matrix is
 * positive definite and elimination needs no pivots.
 */
export function fdnTransfer(
  { input, output, gamma, mixingRaw }: Pick<FdnValues, 'input' | 'output' | 'gamma' | 'mixingRaw'>,
  lengthSamples = FDN_RESPONSE_SAMPLES,
): Spectrum[][] {
  const bins = Math.floor(lengthSamples / 2) + 1;
  const size = FDN_LINES;
  const mixing = orthogonalFromRaw(mixingRaw);
  const transfer = Array.from({ length: CHANNELS }, () =>
    Array.from({ length: CHANNELS }, () => ({ re: new Float64Array(bins), im: new Float64Array(bins) })),
  );
  const relativeLengths = FDN_DELAYS.map((length) => length / FDN_DELAYS[0]);
  const lineGains = new Float64Array(size);
  // Augmented matrix: `size` columns of the left side, then one per input channel.
  const width = size + CHANNELS;
  const ar = new Float64Array(size * width);
  const ai = new Float64Array(size * width);

  for (let b = 0; b < bins; b++) {
    const { band, fraction } = decayPlace(b, lengthSamples);
    const logGamma = Math.log(gamma[band]! + fraction * (gamma[band + 1]! - gamma[band]!));
    for (let i = 0; i < size; i++) lineGains[i] = Math.exp(logGamma * relativeLengths[i]!);
    for (let i = 0; i < size; i++) {
      const angle = (-2 * Math.PI * ((b * FDN_DELAYS[i]!) % lengthSamples)) / lengthSamples;
      const c = Math.cos(angle);
      const s = Math.sin(angle);
      const row = i * width;
      for (let j = 0; j < size; j++) {
        const loop = mixing[i * size + j]! * lineGains[j]!;
        ar[row + j] = (i === j ? 1 : 0) - c * loop;
        ai[row + j] = -s * loop;
      }
      for (let k = 0; k < CHANNELS; k++) {
        ar[row + size + k] = c * input[i * CHANNELS + k]!;
        ai[row + size + k] = s * input[i * CHANNELS + k]!;
      }
    }
    eliminate(ar, ai, size, width);
    for (let o = 0; o < CHANNELS; o++) {
      for (let k = 0; k < CHANNELS; k++) {
        let re = 0;
        let im = 0;
        for (let i = 0; i < size; i++) {
          re += output[o * size + i]! * ar[i * width + size + k]!;
          im += output[o * size + i]! * ai[i * width + size + k]!;
        }
        const { re: transferRe, im: transferIm } = transfer[o]![k]!;
        transferRe[b] = re;
        transferIm[b] = im;
      }
    }
  }
  return transfer;
}

/** Solves a complex augmented system in place; the solution replaces the columns from `size` on. */
export function eliminate(ar: Float64Array, ai: Float64Array, size: number, width: number): void {
  for (let p = 0; p < size; p++) {
    const pivotRow = p * width;
    const pr = ar[pivotRow + p]!;
    const pi = ai[pivotRow + p]!;
    const power = pr * pr + pi * pi;
    const inverseRe = pr / power;
    const inverseIm = -pi / power;
    for (let j = p + 1; j < width; j++) {
      const re = ar[pivotRow + j]!;
      const im = ai[pivotRow + j]!;
      ar[pivotRow + j] = re * inverseRe - im * inverseIm;
      ai[pivotRow + j] = re * inverseIm + im * inverseRe;
    }
    for (let i = p + 1; i < size; i++) {
      const row = i * width;
      const fr = ar[row + p]!;
      const fi = ai[row + p]!;
      for (let j = p + 1; j < width; j++) {
        const re = ar[pivotRow + j]!;
        const im = ai[pivotRow + j]!;
        ar[row + j]! -= fr * re - fi * im;
        ai[row + j]! -= fr * im + fi * re;
      }
    }
  }
  for (let p = size - 1; p > 0; p--) {
    for (let i = 0; i < p; i++) {
      const fr = ar[i * width + p]!;
      const fi = ai[i * width + p]!;
      for (let j = size; j < width; j++) {
        const re = ar[p * width + j]!;
        const im = ai[p * width + j]!;
        ar[i * width + j]! -= fr * re - fi * im;
        ai[i * width + j]! -= fr * im + fi * re;
      }
    }
  }
}

let plan: RealFft | undefined;

/** The transform of the responses, N samples, made once. */
export function fdnResponseFft(): RealFft {
  return (plan ??= realFft(FDN_RESPONSE_SAMPLES));
}

/** The responses before the reverb EQ, N samples each, `[output][input]`. */
export function fdnRawResponses(values: FdnValues): Float64Array[][] {
  const { inverse } = fdnResponseFft();
  return fdnTransfer(values).map((row) =>
    row.map(({ re, im }) => {
      const response = new Float64Array(FDN_RESPONSE_SAMPLES);
      inverse(re, im, response);
      return response;
    }),
  );
}

/** The responses with the reverb EQ run over them in time, N samples each, `[output][input]`; `before` are those without. */
export function fdnImpulseResponses(values: FdnValues, before = fdnRawResponses(values)): Float64Array[][] {
  return before.map((row) =>
    row.map((response) => {
      const after = response.slice();
      filterCascade(values.filters, FIT_SAMPLE_RATE_HZ, after);
      return after;
    }),
  );
}

/**
 * The reverb of a stereo signal, at the fit rate; `values` in the order of {@link fdnParameters}. `before`: the responses
 * without EQ, where they are known.
 */
export function reverberate(values: ArrayLike<number>, input: Stereo, before?: Float64Array[][]): Stereo {
  return convolveMatrix(input, fdnImpulseResponses(fdnValues(values), before)) as Stereo;
}
