/** The chain's biquads by their places in the raw vector: designs with derivatives, and gradients back to the values. */
import { CHAIN_PARAMETERS, parameterIndex } from '#core/chain/parameters.ts';
import { SHELF_Q } from '#core/effects/eq/params.ts';
import {
  designBiquadWithDerivatives,
  type BiquadKind,
  type BiquadWithDerivatives,
} from '#core/signal/biquad.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';

export interface FilterPlace {
  readonly kind: BiquadKind;
  readonly gain?: number;
  readonly freq: number;
  readonly q?: number;
}

/** A filter's place in the raw vector by the id of its part. */
function filterPlace(part: string, kind: BiquadKind): FilterPlace {
  const has = (name: string) => CHAIN_PARAMETERS.some(({ id }) => id === `${part}.${name}`);
  return {
    kind,
    freq: parameterIndex(`${part}.freq`),
    ...(has('gain') ? { gain: parameterIndex(`${part}.gain`) } : {}),
    ...(has('q') ? { q: parameterIndex(`${part}.q`) } : {}),
  };
}

/** Design of the filter at a place, with its derivatives. */
export function designAt(place: FilterPlace, values: ArrayLike<number>): BiquadWithDerivatives {
  return designBiquadWithDerivatives(
    place.kind,
    {
      gainDb: place.gain === undefined ? 0 : values[place.gain]!,
      freqHz: values[place.freq]!,
      q: place.q === undefined ? SHELF_Q : values[place.q]!,
    },
    FIT_SAMPLE_RATE_HZ,
  );
}

/** Adds the gradient of a filter's values, given that of [b0, b1, b2, a1, a2]. */
export function addFilterGradient(
  place: FilterPlace,
  design: BiquadWithDerivatives,
  byCoefficient: ArrayLike<number>,
  gradient: Float64Array,
): void {
  const dot = (derivative: Float64Array) => derivative.reduce((sum, d, i) => sum + d * byCoefficient[i]!, 0);
  if (place.gain !== undefined) gradient[place.gain]! += dot(design.byGainDb);
  gradient[place.freq]! += dot(design.byFreqHz);
  if (place.q !== undefined) gradient[place.q]! += dot(design.byQ);
}

/** Those after the compressor: the delay's low-pass, then the reverb's. */
export const TRANSFER_FILTERS: readonly FilterPlace[] = [
  filterPlace('delay.lp', 'lowPass'),
  filterPlace('fdn.pk1', 'peak'),
  filterPlace('fdn.pk2', 'peak'),
  filterPlace('fdn.ls', 'lowShelf'),
  filterPlace('fdn.hs', 'highShelf'),
];

/** The equaliser, in signal order. */
export const EQ_FILTERS: readonly FilterPlace[] = [
  filterPlace('eq.pk1', 'peak'),
  filterPlace('eq.pk2', 'peak'),
  filterPlace('eq.ls', 'lowShelf'),
  filterPlace('eq.hs', 'highShelf'),
  filterPlace('eq.lp', 'lowPass'),
  filterPlace('eq.hp', 'highPass'),
];

/**
 * Numbers of a numerator or denominator c0 + c1 z^{−1} + c2 z^{−2} whose response is free of cancellation at low frequencies:
 * e^{jω} times it is p0 − p1 sin²(ω/2) + j p2 sin ω.
 */
export function lowFrequencyForm(c0: number, c1: number, c2: number): [p0: number, p1: number, p2: number] {
  return [c0 + c1 + c2, 2 * (c0 + c2), c0 - c2];
}
