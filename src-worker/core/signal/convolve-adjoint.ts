/**
 * Adjoint of linear convolutions cut to the input's length (`convolve.ts`), ȳ = ∂L/∂y:
 *
 *   y_o[n] = Σ_i Σ_k h_oi[k] x_i[n−k]       ∂L/∂x_i[n] = Σ_o Σ_k h_oi[k] ȳ_o[n+k]       ∂L/∂h_oi[k] = Σ_n ȳ_o[n] x_i[n−k]
 */
import { fastLength, realFft } from './fft.ts';

/** New samples per block of a long signal, at least; longer responses take longer blocks. */
const MIN_BLOCK_SAMPLES = 1 << 14;

interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** sum += conj(a) · b */
function addCorrelation(a: Spectrum, b: Spectrum, sum: Spectrum): void {
  for (let k = 0; k < sum.re.length; k++) {
    sum.re[k] += a.re[k] * b.re[k] + a.im[k] * b.im[k];
    sum.im[k] += a.re[k] * b.im[k] - a.im[k] * b.re[k];
  }
}

/**
 * Adjoint of `convolveMatrix(inputs, responses)`, `responses[output][input]`: the gradient with respect to the inputs and
 * to the responses, given that with respect to the outputs. All inputs have one length T; a response longer than T has a
 * gradient of 0 beyond it. Long signals go in blocks, so memory depends on the responses.
 */
export function convolveMatrixAdjoint(
  inputs: readonly Float64Array[],
  responses: readonly (readonly Float64Array[])[],
  gradOutputs: readonly Float64Array[],
): { readonly inputs: Float64Array[]; readonly responses: Float64Array[][] } {
  const lengthSamples = inputs[0].length;
  const gradInputs = inputs.map(() => new Float64Array(lengthSamples));
  const gradResponses = responses.map((row) => row.map(({ length }) => new Float64Array(length)));
  if (lengthSamples === 0) return { inputs: gradInputs, responses: gradResponses };

  const reach = Math.min(lengthSamples, Math.max(...responses.flat().map(({ length }) => length)));
  const block = Math.min(lengthSamples, Math.max(reach, MIN_BLOCK_SAMPLES));
  // Long enough for every product of a block with the gradient up to `reach` samples later not to wrap around.
  const { length, bins, forward, inverse } = realFft(fastLength(block + reach - 1));
  const time = new Float64Array(length);
  const emptySpectrum = (): Spectrum => ({ re: new Float64Array(bins), im: new Float64Array(bins) });
  const transform = (samples: Float64Array, spectrum: Spectrum): Spectrum => {
    time.fill(0);
    time.set(samples);
    forward(time, spectrum.re, spectrum.im);
    return spectrum;
  };
  const responseSpectra = responses.map((row) =>
    row.map((response) => transform(response.subarray(0, reach), emptySpectrum())),
  );
  const responseSums = responses.map((row) => row.map(emptySpectrum));
  const inputSpectrum = emptySpectrum();
  const inputSum = emptySpectrum();
  const gradSpectra = gradOutputs.map(emptySpectrum);

  for (let start = 0; start < lengthSamples; start += block) {
    const end = Math.min(start + block, lengthSamples);
    gradOutputs.forEach((grad, o) => transform(grad.subarray(start, end + reach - 1), gradSpectra[o]));
    inputs.forEach((input, i) => {
      transform(input.subarray(start, end), inputSpectrum);
      inputSum.re.fill(0);
      inputSum.im.fill(0);
      gradSpectra.forEach((grad, o) => {
        addCorrelation(inputSpectrum, grad, responseSums[o][i]);
        addCorrelation(responseSpectra[o][i], grad, inputSum);
      });
      inverse(inputSum.re, inputSum.im, time);
      gradInputs[i].set(time.subarray(0, end - start), start);
    });
  }
  responseSums.forEach((row, o) => {
    row.forEach(({ re, im }, i) => {
      inverse(re, im, time);
      gradResponses[o][i].set(time.subarray(0, Math.min(reach, gradResponses[o][i].length)));
    });
  });
  return { inputs: gradInputs, responses: gradResponses };
}
