// Feed-forward compressor and expander, all but the lookahead, and its adjoint. Source: torchcomp; design notes of the
// published chain. Float32 arrays, float64 states.
//
//   v[n] = max(x[n]², 1e−8);  m[n] = (1−a) m[n−1] + a v[n], m[−1] = 0;  l = 10 log10 m
//   g = 10^(min(0, cs (CT − l), es (ET − l)) / 20), cs = 1 − 1/CR > 0, es = 1 − 1/ER < 0
//   y[n] = y[n−1] + k (g[n] − y[n−1]), k = attack if g[n] < y[n−1] else release; y[−1] = 1
//
// The choice of k is a constant for the gradient. Samples at or below the clamp have no gradient through v.

import { add, sub, mul, splat, sumLanes64, bytesOfFloats } from './vector';
import { ln, exp2 } from './transcendental';

const POWER_FLOOR: f64 = 1e-8;
/** Keeps logarithms and quotients finite where the averaging coefficient underflows. */
const SMALLEST_POWER: f64 = 1e-30;
const DB_PER_LN: f32 = 4.342944819032518; // 10 / ln 10
const OCTAVES_PER_DB: f32 = 0.16609640474436813; // log2(10) / 20
const NEPER_PER_DB: f64 = 0.11512925464970229; // ln(10) / 20

/** Averaged power m of x; both f32[length]. */
export function averagePower(x: usize, m: usize, length: i32, averaging: f64): void {
  let state: f64 = 0;
  const keep = 1 - averaging;
  for (const end = x + bytesOfFloats(length); x < end; x += 4, m += 4) {
    const sample = <f64>load<f32>(x);
    state = keep * state + averaging * max(sample * sample, POWER_FLOOR);
    store<f32>(m, <f32>max(state, SMALLEST_POWER));
  }
}

/** x̄ += adjoint of averagePower for gradients `gradM`; returns the gradient of the averaging coefficient. */
export function averagePowerAdjoint(x: usize, m: usize, gradM: usize, gradX: usize, length: i32, averaging: f64): f64 {
  let lambda: f64 = 0, gradAveraging: f64 = 0;
  const keep = 1 - averaging;
  for (let n = length - 1; n >= 0; n--) {
    const at = bytesOfFloats(n);
    lambda = keep * lambda + <f64>load<f32>(gradM + at);
    const sample = <f64>load<f32>(x + at);
    const power = sample * sample;
    const before = n > 0 ? <f64>load<f32>(m + at - 4) : 0;
    gradAveraging += lambda * (max(power, POWER_FLOOR) - before);
    if (power >= POWER_FLOOR) store<f32>(gradX + at, load<f32>(gradX + at) + <f32>(2 * averaging * lambda * sample));
  }
  return gradAveraging;
}

@inline function gainDecibels(level: v128, threshold: v128, slope: v128): v128 { return mul(slope, sub(threshold, level)); }

/** Static curve from power m to gain g, f32[length]; length a multiple of 4. */
export function gainCurve(m: usize, g: usize, length: i32, compressorThreshold: f32, compressorSlope: f32, expanderThreshold: f32, expanderSlope: f32): void {
  const ct = splat(compressorThreshold), cs = splat(compressorSlope), et = splat(expanderThreshold), es = splat(expanderSlope);
  const zero = splat(0), toDb = splat(DB_PER_LN), toOctaves = splat(OCTAVES_PER_DB);
  for (const end = m + bytesOfFloats(length); m < end; m += 16, g += 16) {
    const level = mul(ln(v128.load(m)), toDb);
    const db = f32x4.min(zero, f32x4.min(gainDecibels(level, ct, cs), gainDecibels(level, et, es)));
    v128.store(g, exp2(mul(db, toOctaves)));
  }
}

/**
 * Replaces `gradG` (in place) by the gradient of m; length a multiple of 4. `sums`: f64[4] out, gradients of the compressor
 * threshold and slope and of the expander threshold and slope.
 */
export function gainCurveAdjoint(m: usize, g: usize, gradG: usize, length: i32, compressorThreshold: f32, compressorSlope: f32, expanderThreshold: f32, expanderSlope: f32, sums: usize): void {
  const ct = splat(compressorThreshold), cs = splat(compressorSlope), et = splat(expanderThreshold), es = splat(expanderSlope);
  const zero = splat(0), toDb = splat(DB_PER_LN), toNeper = splat(<f32>NEPER_PER_DB);
  let ctSum: f64 = 0, csSum: f64 = 0, etSum: f64 = 0, esSum: f64 = 0;
  const end = m + bytesOfFloats(length);
  while (m < end) {
    let ctPart = zero, csPart = zero, etPart = zero, esPart = zero;
    for (const stop = min(end, m + 1024); m < stop; m += 16, g += 16, gradG += 16) {
      const power = v128.load(m);
      const level = mul(ln(power), toDb);
      const c = gainDecibels(level, ct, cs), e = gainDecibels(level, et, es);
      const gradDb = mul(mul(v128.load(gradG), v128.load(g)), toNeper);
      const compressing = v128.and(f32x4.lt(c, zero), f32x4.le(c, e));
      const expanding = v128.andnot(f32x4.lt(e, zero), compressing);
      const gc = v128.and(gradDb, compressing), ge = v128.and(gradDb, expanding);
      const gcSlope = mul(gc, cs), geSlope = mul(ge, es);
      ctPart = add(ctPart, gcSlope); csPart = add(csPart, mul(gc, sub(ct, level)));
      etPart = add(etPart, geSlope); esPart = add(esPart, mul(ge, sub(et, level)));
      v128.store(gradG, f32x4.div(mul(sub(zero, add(gcSlope, geSlope)), toDb), power));
    }
    ctSum += sumLanes64(ctPart); csSum += sumLanes64(csPart); etSum += sumLanes64(etPart); esSum += sumLanes64(esPart);
  }
  store<f64>(sums, ctSum); store<f64>(sums, csSum, 8); store<f64>(sums, etSum, 16); store<f64>(sums, esSum, 24);
}

/** Attack and release smoothing of g into y, f32[length]. */
export function smoothGain(g: usize, y: usize, length: i32, attack: f64, release: f64): void {
  let state: f64 = 1;
  for (const end = g + bytesOfFloats(length); g < end; g += 4, y += 4) {
    const step = <f64>load<f32>(g) - state;
    // Both candidates are formed before the comparison is known: the chain from state to state stays short.
    const falling = state + attack * step, rising = state + release * step;
    state = step < 0 ? falling : rising;
    store<f32>(y, <f32>state);
  }
}

/** Replaces `gradY` (in place) by the gradient of g. `sums`: f64[2] out, gradients of attack and release. */
export function smoothGainAdjoint(g: usize, y: usize, gradY: usize, length: i32, attack: f64, release: f64, sums: usize): void {
  let lambda: f64 = 0, gradAttack: f64 = 0, gradRelease: f64 = 0;
  for (let n = length - 1; n >= 0; n--) {
    const at = bytesOfFloats(n);
    const before = n > 0 ? <f64>load<f32>(y + at - 4) : 1;
    const step = <f64>load<f32>(g + at) - before;
    lambda += <f64>load<f32>(gradY + at);
    const product = lambda * step;
    const falling = step < 0;
    gradAttack += falling ? product : 0;
    gradRelease += falling ? 0 : product;
    const k = falling ? attack : release;
    store<f32>(gradY + at, <f32>(k * lambda));
    lambda *= 1 - k;
  }
  store<f64>(sums, gradAttack); store<f64>(sums, gradRelease, 8);
}

/** u = makeup · x · gain; length a multiple of 4. */
export function applyGain(x: usize, gain: usize, u: usize, length: i32, makeup: f32): void {
  const k = splat(makeup);
  for (const end = x + bytesOfFloats(length); x < end; x += 16, gain += 16, u += 16) v128.store(u, mul(mul(v128.load(x), k), v128.load(gain)));
}

/** From ū: x̄ (stored) and the gradient of the gain (stored); returns Σ ū u / makeup. Length a multiple of 4. */
export function applyGainAdjoint(x: usize, gain: usize, gradU: usize, gradX: usize, gradGain: usize, length: i32, makeup: f32): f64 {
  const k = splat(makeup);
  let sum: f64 = 0;
  const end = x + bytesOfFloats(length);
  while (x < end) {
    let part = splat(0);
    for (const stop = min(end, x + 1024); x < stop; x += 16, gain += 16, gradU += 16, gradX += 16, gradGain += 16) {
      const u = v128.load(gradU), s = v128.load(x), g = v128.load(gain);
      const us = mul(u, s);
      part = add(part, mul(us, g));
      v128.store(gradGain, mul(us, k));
      v128.store(gradX, mul(mul(u, g), k));
    }
    sum += sumLanes64(part);
  }
  return sum;
}
