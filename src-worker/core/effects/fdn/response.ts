/**
 * The reverb's decay time and equaliser over frequency, for curves.
 *
 * Between the 49 points γ is interpolated linearly, and the network's filters are cut to a finite length (realtime.ts), which
 * rounds the corners at the points. What is heard is therefore read from the shortest line's filter as it sounds: with
 * Γ its gain over m samples, T60 = −60 m / (fs · 20 log10 |Γ|). The other lines lose the same per second, within 0.5 %.
 */
import { FIT_SAMPLE_RATE_HZ, gainToDb } from '../../units.ts';
import { filtersResponseDb } from '../filter-response.ts';
import { attenuationTaps, fdnGeometry, type FdnGeometry } from './realtime.ts';
import { fdnValues } from './training.ts';

/** h[0] + 2 Σ h[k] cos(kω) of symmetric taps, by Clenshaw's recurrence. */
function symmetricResponse(taps: Float64Array, omega: number): number {
  const middle = (taps.length - 1) / 2;
  const twice = 2 * Math.cos(omega);
  let next = 0;
  let afterNext = 0;
  for (let k = middle; k > 0; k--) {
    const sum = taps[middle + k]! + twice * next - afterNext;
    afterNext = next;
    next = sum;
  }
  return taps[middle]! + twice * next - 2 * afterNext;
}

/**
 * T60 in seconds at each frequency in Hz, as heard at a sample rate; 0 where nothing is kept. Above half the rate the value
 * there is held. `values` in the order of `fdnParameters`.
 */
export function decayTimeSeconds(
  values: ArrayLike<number>,
  freqHz: ArrayLike<number>,
  sampleRateHz = FIT_SAMPLE_RATE_HZ,
): Float64Array {
  const geometry = fdnGeometry(sampleRateHz);
  const delaySamples = geometry.delays[0]!;
  const shortest: FdnGeometry = { ...geometry, delays: [delaySamples], reach: geometry.reach.slice(0, 1) };
  const [taps] = attenuationTaps(fdnValues(values).gamma, shortest);
  return Float64Array.from(freqHz, (hz) => {
    const omega = Math.min((2 * Math.PI * hz) / sampleRateHz, Math.PI);
    const lossDb = -gainToDb(Math.abs(symmetricResponse(taps!, omega)));
    return (60 * delaySamples) / (sampleRateHz * lossDb);
  });
}

/** The four filters after the network, in dB at each frequency in Hz; −Infinity above half the sample rate. */
export function reverbEqResponseDb(
  values: ArrayLike<number>,
  freqHz: ArrayLike<number>,
  sampleRateHz: number,
): Float64Array {
  return filtersResponseDb(fdnValues(values).filters, freqHz, sampleRateHz);
}
