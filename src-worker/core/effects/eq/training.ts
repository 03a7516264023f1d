/**
 * The six filters before the compressor, training form: RBJ biquads in series, float64, zero initial state
 * (DiffVox, fx_config; `signal/biquad.ts` has the equations).
 */
import { filterCascade, type FilterSettings } from '../../signal/biquad.ts';
import { FIT_SAMPLE_RATE_HZ } from '../../units.ts';
import { SHELF_Q } from './params.ts';

/** The filters in signal order, from the values of {@link eqParameters} in their order. */
export function eqFilters(values: ArrayLike<number>): readonly FilterSettings[] {
  const [
    pk1Gain,
    pk1Freq,
    pk1Q,
    pk2Gain,
    pk2Freq,
    pk2Q,
    lsGain,
    lsFreq,
    hsGain,
    hsFreq,
    lpFreq,
    lpQ,
    hpFreq,
    hpQ,
  ] = Array.from(values);
  return [
    { kind: 'peak', gainDb: pk1Gain, freqHz: pk1Freq, q: pk1Q },
    { kind: 'peak', gainDb: pk2Gain, freqHz: pk2Freq, q: pk2Q },
    { kind: 'lowShelf', gainDb: lsGain, freqHz: lsFreq, q: SHELF_Q },
    { kind: 'highShelf', gainDb: hsGain, freqHz: hsFreq, q: SHELF_Q },
    { kind: 'lowPass', gainDb: 0, freqHz: lpFreq, q: lpQ },
    { kind: 'highPass', gainDb: 0, freqHz: hpFreq, q: hpQ },
  ];
}

/** x through the six filters, at the fit rate. */
export function equalise(values: ArrayLike<number>, x: Float32Array | Float64Array): Float64Array {
  const y = Float64Array.from(x);
  filterCascade(eqFilters(values), FIT_SAMPLE_RATE_HZ, y);
  return y;
}
