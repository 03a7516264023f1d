/**
 * Adjoint of the feedback delay network's training form. With G = rfft(h̄), h̄ = ∂L/∂h before the reverb EQ, and
 * dL = Σ_b w_b/N Re tr(G* dH) (see `delay/training-adjoint.ts`), H = C z, (D − UΓ) z = B, at each bin:
 *
 *   (D − UΓ)* V = Cᵀ G,  solved as (I − D Γ Uᵀ) V = D Cᵀ G        ∂/∂B = Re V        ∂/∂C = Re(G z*)
 *   ∂/∂U_ij = Re(Σ_k V*_ik Γ_j z_jk)      ∂/∂Γ_j = Re(Σ_k (Uᵀ V)*_jk z_jk),  dΓ_j = r_j Γ^(r_j−1) dΓ,  r_j = m_j/997
 *
 * each times w_b/N and summed over the bins; Γ hands on to the two γ it lies between, U to Θ through the exponential.
 */
import {
  filterCascadeAdjoint,
  filterValueGradients,
  type FilterGradient,
} from '../../signal/biquad-adjoint.ts';
import { convolveMatrixAdjoint } from '../../signal/convolve-adjoint.ts';
import { binWeight } from '../../signal/fft.ts';
import { orthogonalAdjoint, orthogonalFromRaw } from '../../signal/orthogonal.ts';
import { FIT_SAMPLE_RATE_HZ } from '../../units.ts';
import type { Stereo } from '../pan/training.ts';
import { FDN_DELAYS, FDN_LINES } from './params.ts';
import {
  FDN_RESPONSE_SAMPLES,
  decayPlace,
  eliminate,
  fdnImpulseResponses,
  fdnRawResponses,
  fdnResponseFft,
  fdnValues,
  type FdnValues,
  type Spectrum,
} from './training.ts';

const CHANNELS = 2;

/** The network without its EQ. */
type Network = Pick<FdnValues, 'input' | 'output' | 'gamma' | 'mixingRaw'>;

/**
 * Gradient of L with respect to the network, each as its value is laid out, given G at the N/2+1 bins of responses of
 * `lengthSamples` (even), `[output][input]`: dL = 1/N Σ_b w_b Re tr(G* dH).
 */
export function fdnTransferAdjoint(
  { input, output, gamma, mixingRaw }: Network,
  gradient: readonly (readonly Spectrum[])[],
  lengthSamples = FDN_RESPONSE_SAMPLES,
): Network {
  const bins = lengthSamples / 2 + 1;
  const size = FDN_LINES;
  const mixing = orthogonalFromRaw(mixingRaw);
  const byInput = new Float64Array(input.length);
  const byOutput = new Float64Array(output.length);
  const byGamma = new Float64Array(gamma.length);
  const byMixing = new Float64Array(mixing.length);
  const relativeLengths = FDN_DELAYS.map((length) => length / FDN_DELAYS[0]);
  const lineGains = new Float64Array(size);
  const lineSlopes = new Float64Array(size);
  const width = size + CHANNELS;
  // Augmented systems of z and of V: `size` columns of the left side, then one per input channel.
  const [zr, zi, vr, vi] = Array.from({ length: 4 }, () => new Float64Array(size * width));
  const gr = new Float64Array(CHANNELS * CHANNELS);
  const gi = new Float64Array(CHANNELS * CHANNELS);

  for (let b = 0; b < bins; b++) {
    const weight = binWeight(b, lengthSamples);
    for (let o = 0; o < CHANNELS; o++) {
      for (let k = 0; k < CHANNELS; k++) {
        gr[o * CHANNELS + k] = weight * gradient[o][k].re[b];
        gi[o * CHANNELS + k] = weight * gradient[o][k].im[b];
      }
    }
    const { band, fraction } = decayPlace(b, lengthSamples);
    const blended = gamma[band] + fraction * (gamma[band + 1] - gamma[band]);
    const logGamma = Math.log(blended);
    for (let i = 0; i < size; i++) {
      const relative = relativeLengths[i];
      // The shortest line has no power to take: 1 for γ = 0 too.
      const power = relative === 1 ? 1 : Math.exp(logGamma * (relative - 1));
      lineGains[i] = blended * power;
      lineSlopes[i] = relative * power;
    }
    for (let i = 0; i < size; i++) {
      const angle = (2 * Math.PI * ((b * FDN_DELAYS[i]) % lengthSamples)) / lengthSamples;
      const c = Math.cos(angle);
      const s = Math.sin(angle);
      const row = i * width;
      for (let j = 0; j < size; j++) {
        const loop = mixing[i * size + j] * lineGains[j];
        const back = lineGains[i] * mixing[j * size + i];
        const unit = i === j ? 1 : 0;
        zr[row + j] = unit - c * loop;
        zi[row + j] = s * loop;
        vr[row + j] = unit - c * back;
        vi[row + j] = -s * back;
      }
      for (let k = 0; k < CHANNELS; k++) {
        const place = row + size + k;
        zr[place] = c * input[i * CHANNELS + k];
        zi[place] = -s * input[i * CHANNELS + k];
        const re = output[i] * gr[k] + output[size + i] * gr[CHANNELS + k];
        const im = output[i] * gi[k] + output[size + i] * gi[CHANNELS + k];
        vr[place] = c * re - s * im;
        vi[place] = c * im + s * re;
      }
    }
    eliminate(zr, zi, size, width);
    eliminate(vr, vi, size, width);

    let byBlended = 0;
    for (let j = 0; j < size; j++) {
      let byLineGain = 0;
      for (let k = 0; k < CHANNELS; k++) {
        const place = j * width + size + k;
        const re = zr[place];
        const im = zi[place];
        byInput[j * CHANNELS + k] += vr[place];
        for (let o = 0; o < CHANNELS; o++)
          byOutput[o * size + j] += gr[o * CHANNELS + k] * re + gi[o * CHANNELS + k] * im;
        for (let i = 0; i < size; i++) {
          const product = vr[i * width + size + k] * re + vi[i * width + size + k] * im;
          byMixing[i * size + j] += lineGains[j] * product;
          byLineGain += mixing[i * size + j] * product;
        }
      }
      byBlended += lineSlopes[j] * byLineGain;
    }
    byGamma[band] += (1 - fraction) * byBlended;
    byGamma[band + 1] += fraction * byBlended;
  }
  return {
    input: byInput,
    output: byOutput,
    gamma: byGamma,
    mixingRaw: orthogonalAdjoint(mixingRaw, byMixing),
  };
}

/**
 * Gradient of a scalar with respect to the values of {@link fdnParameters}, in their order, and to both inputs, given that
 * with respect to `reverberate(values, input)`. `before`: the responses without EQ, where they are known.
 */
export function reverberateAdjoint(
  values: ArrayLike<number>,
  input: Stereo,
  gradOutput: Stereo,
  before = fdnRawResponses(fdnValues(values)),
): { readonly values: Float64Array; readonly input: Stereo } {
  const named = fdnValues(values);
  const { filters } = named;
  const { bins, forward } = fdnResponseFft();
  const gradient = convolveMatrixAdjoint(input, fdnImpulseResponses(named, before), gradOutput);

  const byFilter: FilterGradient[] = filters.map(() => ({ gainDb: 0, freqHz: 0, q: 0 }));
  const spectra = gradient.responses.map((row, o) =>
    row.map((grad, i): Spectrum => {
      filterCascadeAdjoint(filters, FIT_SAMPLE_RATE_HZ, before[o][i], grad).forEach(
        ({ gainDb, freqHz, q }, f) => {
          const sum = byFilter[f];
          byFilter[f] = { gainDb: sum.gainDb + gainDb, freqHz: sum.freqHz + freqHz, q: sum.q + q };
        },
      );
      const spectrum = { re: new Float64Array(bins), im: new Float64Array(bins) };
      forward(grad, spectrum.re, spectrum.im);
      return spectrum;
    }),
  );
  const network = fdnTransferAdjoint(named, spectra);
  return {
    values: Float64Array.of(
      ...network.input,
      ...network.output,
      ...network.gamma,
      ...network.mixingRaw,
      ...filterValueGradients(filters, byFilter),
    ),
    input: gradient.inputs as Stereo,
  };
}
