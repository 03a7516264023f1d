/**
 * Linear convolution by Fourier transforms, cut to the input's length:
 *
 *   y_o[n] = Σ_i Σ_k h_oi[k] x_i[n − k],   n = 0..T−1
 *
 * Long inputs go in blocks (overlap-add), so memory depends on the response, not on the input.
 */
import { fastLength, realFft } from './fft.ts';

/** New input samples per block, at least; longer responses take longer blocks. */
const MIN_BLOCK_SAMPLES = 1 << 14;

interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/**
 * All outputs of a matrix of responses: `responses[output][input]`. Inputs have one length T, responses any lengths;
 * a response may be missing (undefined) where an input does not reach an output.
 */
export function convolveMatrix(
  inputs: readonly Float64Array[],
  responses: readonly (readonly (Float64Array | undefined)[])[],
): Float64Array[] {
  const lengthSamples = inputs[0]?.length ?? 0;
  if (inputs.some((input) => input.length !== lengthSamples))
    throw new RangeError(`Inputs differ in length: ${inputs.map((input) => input.length).join(', ')}.`);
  const outputs = responses.map(() => new Float64Array(lengthSamples));
  const longest = Math.max(1, ...responses.flat().map((response) => response?.length ?? 0));
  if (lengthSamples === 0) return outputs;

  const reach = Math.min(longest, lengthSamples);
  const block = Math.min(lengthSamples, Math.max(reach, MIN_BLOCK_SAMPLES));
  const plan = realFft(fastLength(block + reach - 1));
  const time = new Float64Array(plan.length);
  const spectrumOf = (samples: Float64Array): Spectrum => {
    time.fill(0);
    time.set(samples);
    const spectrum = { re: new Float64Array(plan.bins), im: new Float64Array(plan.bins) };
    plan.forward(time, spectrum.re, spectrum.im);
    return spectrum;
  };
  const responseSpectra = responses.map((row) =>
    row.map((response) => response && spectrumOf(response.subarray(0, reach))),
  );
  const sumRe = new Float64Array(plan.bins);
  const sumIm = new Float64Array(plan.bins);

  for (let start = 0; start < lengthSamples; start += block) {
    const blockSpectra = inputs.map((input) => spectrumOf(input.subarray(start, start + block)));
    const end = Math.min(lengthSamples, start + plan.length);
    responseSpectra.forEach((row, o) => {
      sumRe.fill(0);
      sumIm.fill(0);
      row.forEach((response, i) => {
        const x = blockSpectra[i];
        if (!response || !x) return;
        for (let k = 0; k < plan.bins; k++) {
          sumRe[k]! += response.re[k]! * x.re[k]! - response.im[k]! * x.im[k]!;
          sumIm[k]! += response.re[k]! * x.im[k]! + response.im[k]! * x.re[k]!;
        }
      });
      plan.inverse(sumRe, sumIm, time);
      const output = outputs[o]!;
      for (let n = start; n < end; n++) output[n]! += time[n - start]!;
    });
  }
  return outputs;
}

/** x * h cut to the length of x. */
export function convolve(x: Float64Array, h: Float64Array): Float64Array {
  return convolveMatrix([x], [[h]])[0]!;
}
