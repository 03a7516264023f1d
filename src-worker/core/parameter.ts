/**
 * What a parameter of the chain is: its identity, its range, and the three values it has.
 *
 *   raw θ (unbounded, what is optimised)  --map-->  value (what the DSP uses)  --display-->  physical (what a person reads)
 *
 * The maps are those of the published system (DiffVox, Yu et al., DAFx 2025), so raw vectors travel both ways.
 */
import { FIT_SAMPLE_RATE_HZ, coefficientToRiseTimeMs, riseTimeMsToCoefficient } from './units.ts';

/** A differentiable map from a raw number to the value the DSP uses. */
export interface RawMap {
  /** Value of a raw number; finite for every finite raw number. */
  toValue(raw: number): number;
  /** d value / d raw. */
  slope(raw: number): number;
  /** A raw number with that value; values outside the range are clipped to just inside it. */
  toRaw(value: number): number;
}

/** How a DSP value is shown to a person, in `unit`. */
export interface Display {
  toPhysical(value: number): number;
  toValue(physical: number): number;
}

export type Unit = 'dB' | 'Hz' | 'ms' | 's' | '%' | '' | 'rad';

export interface ParameterDefinition {
  /** Dotted path, frozen once released: effect.part.parameter. */
  readonly id: string;
  readonly label: string;
  /** What turning it does to a vocal, in one sentence. */
  readonly help: string;
  readonly unit: Unit;
  /** What a control offers, in the physical unit. */
  readonly min: number;
  readonly max: number;
  readonly default: number;
  readonly scale: 'linear' | 'log';
  readonly step: number;
  readonly fineStep: number;
  /** Digits after the decimal point when shown. */
  readonly digits: number;
  readonly map: RawMap;
  readonly display: Display;
}

const sigmoid = (raw: number): number => 1 / (1 + Math.exp(-raw));
/** Largest |raw| that toRaw answers with: σ(36) is the largest sigmoid below 1 in float64. */
const LOGIT_LIMIT = 36;
const logit = (p: number): number => {
  if (!(p > 0)) return -LOGIT_LIMIT;
  if (!(p < 1)) return LOGIT_LIMIT;
  return Math.min(LOGIT_LIMIT, Math.max(-LOGIT_LIMIT, Math.log(p) - Math.log1p(-p)));
};

/** x(θ) = θ */
export const identityMap: RawMap = { toValue: (raw) => raw, slope: () => 1, toRaw: (value) => value };

/** x(θ) = a + σ(θ)(b − a) */
export function rangeMap(a: number, b: number): RawMap {
  return {
    toValue: (raw) => a + sigmoid(raw) * (b - a),
    slope: (raw) => {
      const s = sigmoid(raw);
      return s * (1 - s) * (b - a);
    },
    toRaw: (value) => logit((value - a) / (b - a)),
  };
}

/** x(θ) = σ(θ) */
export const unitMap: RawMap = rangeMap(0, 1);

/** x(θ) = |θ| mod a; the slope is sign(θ), with sign(0) = 0 as in the published system. */
export function wrapMap(period: number): RawMap {
  return {
    toValue: (raw) => Math.abs(raw) % period,
    slope: (raw) => Math.sign(raw),
    toRaw: (value) => Math.min(Math.max(value, 0), period * (1 - 1e-9)),
  };
}

/** The DSP value is what a person reads. */
export const plainDisplay: Display = { toPhysical: (v) => v, toValue: (p) => p };

/** One-pole coefficient per sample at the fit rate ↔ 10-90 % rise time in ms. */
export const riseTimeDisplay: Display = {
  toPhysical: (coefficient) => coefficientToRiseTimeMs(coefficient, FIT_SAMPLE_RATE_HZ),
  toValue: (ms) => riseTimeMsToCoefficient(ms, FIT_SAMPLE_RATE_HZ),
};

/** Pan position 0..1 ↔ −100 (left) .. 100 (right). */
export const panDisplay: Display = {
  toPhysical: (p) => 200 * p - 100,
  toValue: (shown) => (shown + 100) / 200,
};

type Given = Pick<ParameterDefinition, 'id' | 'label' | 'help' | 'min' | 'max' | 'default' | 'map'> &
  Partial<ParameterDefinition>;

function define(
  unit: Unit,
  scale: 'linear' | 'log',
  step: number,
  digits: number,
  given: Given,
): ParameterDefinition {
  return { unit, scale, step, fineStep: step / 10, digits, display: plainDisplay, ...given };
}

const GAIN_LIMIT_DB = 24;

/** A gain in dB, unbounded as a raw number; controls offer ±24 dB. */
export function gainParameter(id: string, label: string, help: string): ParameterDefinition {
  return define('dB', 'linear', 0.1, 2, {
    id,
    label,
    help,
    min: -GAIN_LIMIT_DB,
    max: GAIN_LIMIT_DB,
    default: 0,
    map: identityMap,
  });
}

/** A level in dBFS, unbounded as a raw number. */
export function levelParameter(
  id: string,
  label: string,
  help: string,
  minDb: number,
  maxDb: number,
  defaultDb: number,
): ParameterDefinition {
  return define('dB', 'linear', 0.1, 2, {
    id,
    label,
    help,
    min: minDb,
    max: maxDb,
    default: defaultDb,
    map: identityMap,
  });
}

/** A frequency in Hz within [min, max]. */
export function frequencyParameter(
  id: string,
  label: string,
  help: string,
  min: number,
  max: number,
  defaultHz: number,
): ParameterDefinition {
  return define('Hz', 'log', 1, 1, {
    id,
    label,
    help,
    min,
    max,
    default: defaultHz,
    map: rangeMap(min, max),
  });
}

/** A filter's quality factor within [min, max]. */
export function qParameter(
  id: string,
  label: string,
  help: string,
  min: number,
  max: number,
): ParameterDefinition {
  return define('', 'log', 0.01, 3, { id, label, help, min, max, default: 0.707, map: rangeMap(min, max) });
}

/** A number within [min, max], linear. */
export function rangeParameter(
  id: string,
  label: string,
  help: string,
  unit: Unit,
  min: number,
  max: number,
  defaultValue: number,
): ParameterDefinition {
  return define(unit, 'linear', (max - min) / 200, unit === 'ms' ? 2 : 4, {
    id,
    label,
    help,
    min,
    max,
    default: defaultValue,
    map: rangeMap(min, max),
  });
}

/** A one-pole smoother, shown as its 10-90 % rise time at the fit rate. */
export function riseTimeParameter(
  id: string,
  label: string,
  help: string,
  minMs: number,
  maxMs: number,
  defaultMs: number,
): ParameterDefinition {
  return define('ms', 'log', 0.1, 4, {
    id,
    label,
    help,
    min: minMs,
    max: maxMs,
    default: defaultMs,
    map: unitMap,
    display: riseTimeDisplay,
  });
}

/** A pan position, −100 (left) .. 100 (right). */
export function panParameter(id: string, label: string, help: string): ParameterDefinition {
  return define('', 'linear', 1, 2, {
    id,
    label,
    help,
    min: -100,
    max: 100,
    default: 0,
    map: unitMap,
    display: panDisplay,
  });
}

/** A plain coefficient, unbounded as a raw number; controls offer ±limit. */
export function coefficientParameter(
  id: string,
  label: string,
  help: string,
  unit: Unit,
  limit: number,
  defaultValue: number,
): ParameterDefinition {
  return define(unit, 'linear', 0.01, 4, {
    id,
    label,
    help,
    min: -limit,
    max: limit,
    default: defaultValue,
    map: identityMap,
  });
}

/** Physical value of a raw number. */
export function rawToPhysical(parameter: ParameterDefinition, raw: number): number {
  return parameter.display.toPhysical(parameter.map.toValue(raw));
}

/** Raw number of a physical value; values out of range are clipped. */
export function physicalToRaw(parameter: ParameterDefinition, physical: number): number {
  return parameter.map.toRaw(parameter.display.toValue(physical));
}
