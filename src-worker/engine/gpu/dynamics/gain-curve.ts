/**
 * The compressor's and expander's static curve in float32, and its slope; kernels/compressor.ts and transcendental.ts.
 *
 *   L = 10 log10 m,  g = 10^(min(0, cs (CT − L), es (ET − L)) / 20)
 *
 * Logarithm and exponential are polynomials here too: WGSL promises of its own exponential no more than |x| bits of error.
 */
import { DETECTOR_FLOOR } from '#core/effects/comp/training.ts';
import { FUNCTION } from '../work.ts';

/** Keeps logarithms and quotients finite where the averaging coefficient underflows. */
export const SMALLEST_POWER = 1e-30;

const DB_PER_LN = 10 / Math.LN10;
export const NEPER_PER_DB = Math.LN10 / 20;
const OCTAVES_PER_DB = Math.log2(10) / 20;

/** Needs `settings`. */
export const GAIN_CURVE_WGSL = /* wgsl */ `
fn powerOf(sample: f32) -> f32 { return max(sample * sample, ${DETECTOR_FLOOR}); }

/** ln x for positive normal x. */
fn naturalLog(x: f32) -> f32 {
  let exponent = (bitcast<i32>(x) - bitcast<i32>(0.6666666865348816f)) >> 23u;
  let t = bitcast<f32>(bitcast<i32>(x) - (exponent << 23u)) - 1.0;
  let t2 = t * t;
  let low = (0.9999999403953552 + t * -0.5000036358833313) + (0.33335059881210327 + t * -0.24969908595085144) * t2;
  let high = (0.19900165498256683 + t * -0.17250829935073853) + (0.16222579777240753 + t * -0.10106895118951797) * t2;
  return (low + high * (t2 * t2)) * t + f32(exponent) * 0.6931471805599453;
}

/** 2^x; the smallest normal number for x below −126. */
fn powerOfTwo(x: f32) -> f32 {
  let clipped = max(x, -126.0);
  let whole = round(clipped);
  let f = clipped - whole;
  var p = 0.000015252733804059841f;
  p = p * f + 0.00015403530393381608;
  p = p * f + 0.0013333558146428443;
  p = p * f + 0.009618129107628477;
  p = p * f + 0.05550410866482158;
  p = p * f + 0.2402265069591007;
  p = p * f + 0.6931471805599453;
  p = p * f + 1.0;
  return p * bitcast<f32>((i32(whole) + 127) << 23u);
}

fn levelOf(power: f32) -> f32 { return naturalLog(power) * ${DB_PER_LN}; }
fn compression(level: f32) -> f32 { return settings.slope * (settings.threshold - level); }
fn expansion(level: f32) -> f32 { return settings.expanderSlope * (settings.expanderThreshold - level); }

fn gainOf(power: f32) -> f32 {
  let level = levelOf(power);
  return powerOfTwo(min(0.0, min(compression(level), expansion(level))) * ${OCTAVES_PER_DB});
}

/** Gradient of the level, in dB, and of the curve's four numbers, given that of the gain in dB. */
struct CurveGradient { level: f32, threshold: f32, slope: f32, expanderThreshold: f32, expanderSlope: f32 }

fn gainAdjoint(level: f32, byGainDb: f32) -> CurveGradient {
  let c = compression(level);
  let e = expansion(level);
  let compressing = c < 0.0 && c <= e;
  let byC = select(0.0, byGainDb, compressing);
  let byE = select(0.0, byGainDb, e < 0.0 && !compressing);
  let threshold = byC * settings.slope;
  let expanderThreshold = byE * settings.expanderSlope;
  return CurveGradient(
    -(threshold + expanderThreshold),
    threshold,
    byC * (settings.threshold - level),
    expanderThreshold,
    byE * (settings.expanderThreshold - level),
  );
}

/** d level / d power */
fn levelSlope(power: f32) -> f32 { return ${DB_PER_LN} / power; }
`;

/** Operations of the functions above. */
export const POWER_OPERATIONS = 2;
export const LEVEL_OPERATIONS = 20 + 1;
export const GAIN_OPERATIONS = LEVEL_OPERATIONS + 2 * 2 + 2 + 1 + 18;
export const GAIN_ADJOINT_OPERATIONS = 2 * 2 + 2 + 1 + 2 * 2;
export const LEVEL_SLOPE_OPERATIONS = FUNCTION;
