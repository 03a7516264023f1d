/** What a component changes, as curves: the mean setting and the settings some standard deviations along it to both sides. */
import { valuesOf } from '../chain/parameters.ts';
import { compTransferDb } from '../effects/comp/response.ts';
import { eqResponseDb } from '../effects/eq/response.ts';
import { decayTimeSeconds, reverbEqResponseDb } from '../effects/fdn/response.ts';
import { FIT_SAMPLE_RATE_HZ } from '../units.ts';
import type { ComponentScale, ComponentSpace } from './components.ts';
import { componentEnd } from './labels.ts';

const POINTS = 121;
/** 20 Hz to 20 kHz, equally spaced in octaves. */
export const CURVE_FREQUENCIES_HZ: Float64Array = Float64Array.from(
  { length: POINTS },
  (_, i) => 20 * 1000 ** (i / (POINTS - 1)),
);
/** Levels into the compressor, −80 to 0 dB. */
export const CURVE_LEVELS_DB: Float64Array = Float64Array.from({ length: 81 }, (_, i) => i - 80);

export const CURVE_KINDS = ['eq', 'reverbEq', 'decay', 'compression'] as const;
export type CurveKind = (typeof CURVE_KINDS)[number];

/** Over CURVE_FREQUENCIES_HZ: eq and reverbEq in dB, decay (T60) in seconds; over CURVE_LEVELS_DB: compression in dB. */
export type SettingCurves = Readonly<Record<CurveKind, Float64Array>>;

export function curvesOf(raw: ArrayLike<number>): SettingCurves {
  const fdn = valuesOf(raw, 'fdn');
  const comp = valuesOf(raw, 'comp');
  return {
    eq: eqResponseDb(valuesOf(raw, 'eq'), [], CURVE_FREQUENCIES_HZ, FIT_SAMPLE_RATE_HZ),
    reverbEq: reverbEqResponseDb(fdn, CURVE_FREQUENCIES_HZ, FIT_SAMPLE_RATE_HZ),
    decay: decayTimeSeconds(fdn, CURVE_FREQUENCIES_HZ, FIT_SAMPLE_RATE_HZ),
    compression: CURVE_LEVELS_DB.map((levelDb) => compTransferDb(comp, levelDb)),
  };
}

export interface ComponentCurve {
  /** Standard deviations along the component; 0 is the mean. */
  readonly deviations: number;
  readonly curves: SettingCurves;
}

/** The mean setting moved along component k by each of `deviations`. */
export function componentCurves(
  space: ComponentSpace,
  scale: ComponentScale,
  k: number,
  deviations: readonly number[],
): ComponentCurve[] {
  return deviations.map((amount) => ({
    deviations: amount,
    curves: curvesOf(componentEnd(space, scale, k, amount)),
  }));
}
