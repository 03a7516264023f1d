/**
 * The EQ's curve: the magnitude of the filters that sound (training.ts, signal/biquad.ts), in dB. Near half the sample
 * rate it shows the bilinear warping that is heard there. Above half the rate it is −Infinity.
 */
import type { Bypassable, EqBandId } from '../../protocol/schemas.ts';
import { filtersResponseDb } from '../filter-response.ts';
import { EQ_BAND_IDS } from './bands.ts';
import { eqFilters } from './training.ts';

/** One band alone, one number per frequency in Hz; `values` in the order of `eqParameters`. */
export function eqBandResponseDb(
  values: ArrayLike<number>,
  band: EqBandId,
  freqHz: ArrayLike<number>,
  sampleRateHz: number,
): Float64Array {
  return filtersResponseDb([eqFilters(values)[EQ_BAND_IDS.indexOf(band)]!], freqHz, sampleRateHz);
}

/** All bands in series but those that are bypassed; whether the whole EQ is bypassed does not matter here. */
export function eqResponseDb(
  values: ArrayLike<number>,
  bypassed: readonly Bypassable[],
  freqHz: ArrayLike<number>,
  sampleRateHz: number,
): Float64Array {
  const heard = eqFilters(values).filter((_, index) => !bypassed.includes(EQ_BAND_IDS[index]!));
  return filtersResponseDb(heard, freqHz, sampleRateHz);
}
