// Multi-scale loudness dynamic range loss on left, right, mid and side at once, and its gradient. Source: DiffVox; the
// definition is in the losses' own folder.
//
// Rows are the four lanes left, right, mid, side, mid and side being (L ± R)/√2. For each row four one-pole averages of
// max(x², 1e−8), state 0: short and long of the first pair, short and long of the second.
//   f[n] = ln short[n] − ln long'[n],  long' the long averages rotated by `shift` over the flattened (row, time) matrix:
//   long'[n] = long[n + shift], and past the end the other row of the same two, long_other[n + shift − T].
// Averages run in float64 and are stored as float32, one vector for every `stride` samples, the first of them; f, its
// length and its shift then count those.

import { add, sub, mul, splat, zero, sumLanes64 } from './vector';
import { ln } from './transcendental';

const POWER_FLOOR: f64 = 1e-8;
const HALF_SQRT: f64 = 0.7071067811865476;

@inline function dadd(a: v128, b: v128): v128 { return f64x2.add(a, b); }
@inline function dmul(a: v128, b: v128): v128 { return f64x2.mul(a, b); }
@inline function joinPairs(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}
@inline function lowPair(v: v128): v128 { return f64x2.promote_low_f32x4(v); }
@inline function highPair(v: v128): v128 { return f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 0, 1)); }
@inline function swapRows(v: v128): v128 { return v128.shuffle<f32>(v, v, 1, 0, 3, 2); }

/** Signal of the mid and side rows. */
@inline function midSide(l: f64, r: f64): v128 {
  return f64x2.replace_lane(f64x2.splat((l + r) * HALF_SQRT), 1, (l - r) * HALF_SQRT);
}

/**
 * The four averages of every `stride`-th sample: `averages` holds four arrays, `arrayStride` bytes apart.
 * `coefficients`: f64[4].
 */
export function dynamicsAverages(left: usize, right: usize, length: i32, stride: i32, coefficients: usize, averages: usize, arrayStride: usize): void {
  const c0 = v128.load64_splat(coefficients), c1 = v128.load64_splat(coefficients, 8), c2 = v128.load64_splat(coefficients, 16), c3 = v128.load64_splat(coefficients, 24);
  const floor = f64x2.splat(POWER_FLOOR);
  const z = f64x2.splat(0);
  let a0 = z, a1 = z, a2 = z, a3 = z, b0 = z, b1 = z, b2 = z, b3 = z;
  const p1 = arrayStride, p2 = arrayStride << 1, p3 = p2 + arrayStride;
  let untilStored = 0;
  for (const end = left + ((<usize>length) << 2); left < end; left += 4, right += 4) {
    const l = <f64>load<f32>(left), r = <f64>load<f32>(right);
    const lr = f64x2.replace_lane(f64x2.splat(l), 1, r), ms = midSide(l, r);
    const p = f64x2.pmax(floor, dmul(lr, lr)), q = f64x2.pmax(floor, dmul(ms, ms));
    a0 = dadd(a0, dmul(c0, f64x2.sub(p, a0))); b0 = dadd(b0, dmul(c0, f64x2.sub(q, b0)));
    a1 = dadd(a1, dmul(c1, f64x2.sub(p, a1))); b1 = dadd(b1, dmul(c1, f64x2.sub(q, b1)));
    a2 = dadd(a2, dmul(c2, f64x2.sub(p, a2))); b2 = dadd(b2, dmul(c2, f64x2.sub(q, b2)));
    a3 = dadd(a3, dmul(c3, f64x2.sub(p, a3))); b3 = dadd(b3, dmul(c3, f64x2.sub(q, b3)));
    if (untilStored == 0) {
      v128.store(averages, joinPairs(a0, b0)); v128.store(averages + p1, joinPairs(a1, b1));
      v128.store(averages + p2, joinPairs(a2, b2)); v128.store(averages + p3, joinPairs(a3, b3));
      averages += 16;
      untilStored = stride;
    }
    untilStored--;
  }
}

/** ratio[n] = short[n] / long'[n]: what the target is kept as. */
export function dynamicsTarget(short: usize, long: usize, length: i32, shift: i32, ratio: usize): void {
  for (let n = 0; n < length; n++, ratio += 16) {
    const ahead = n + shift;
    const l = ahead < length ? v128.load(long + ((<usize>ahead) << 4)) : swapRows(v128.load(long + ((<usize>(ahead - length)) << 4)));
    v128.store(ratio, f32x4.div(v128.load(short + ((<usize>n) << 4)), l));
  }
}

/**
 * Σ |f(pred) − f(target)| into `sums`: f64[4], one a row. For every sample `ratio` (the target's) is read
 * and the gradients `sign / short[n]` and `−sign / long'[n]` are stored as vectors in gradShort[n] and gradLong[n].
 */
export function dynamicsForward(short: usize, long: usize, length: i32, shift: i32, ratio: usize, gradShort: usize, gradLong: usize, sums: usize): void {
  const one = splat(1), signBit = splat(-0.0);
  let low = f64x2.splat(0), high = f64x2.splat(0);
  // One quotient can be 1e16 (a loud row against a silent one): two to a logarithm stay within float32.
  let top = one;
  let isPaired = false;
  for (let n = 0; n < length; n++, ratio += 16, gradShort += 16, gradLong += 16) {
    const ahead = n + shift;
    const l = ahead < length ? v128.load(long + ((<usize>ahead) << 4)) : swapRows(v128.load(long + ((<usize>(ahead - length)) << 4)));
    const s = v128.load(short + ((<usize>n) << 4));
    const inverse = f32x4.div(one, mul(s, l)), target = v128.load(ratio);
    const wanted = mul(target, l);
    // f(pred) > f(target) where s / l > target.
    const difference = sub(s, wanted);
    const sign = v128.and(v128.or(one, v128.and(difference, signBit)), f32x4.ne(difference, zero()));
    v128.store(gradShort, mul(sign, mul(l, inverse)));
    v128.store(gradLong, mul(sign, mul(s, inverse)));
    const pmaximum = f32x4.pmax(s, wanted), pminimum = f32x4.pmin(s, wanted);
    top = mul(top, f32x4.div(pmaximum, pminimum));
    if (isPaired) {
      const logs = ln(top);
      low = dadd(low, lowPair(logs)); high = dadd(high, highPair(logs));
      top = one;
    }
    isPaired = !isPaired;
  }
  const logs = ln(top);
  low = dadd(low, lowPair(logs)); high = dadd(high, highPair(logs));
  v128.store(sums, low); v128.store(sums, high, 16);
}

/**
 * Adds the gradient of the samples onto gradLeft and gradRight. `gradients` holds what dynamicsForward stored, four
 * arrays `arrayStride` bytes apart: short and long of the first pair, short and long of the second.
 * `weights`: f32[4], the factor of every row: the term's weight / (2 · stored samples).
 */
export function dynamicsAdjoint(
  left: usize, right: usize, length: i32, stride: i32, coefficients: usize, shiftA: i32, shiftB: i32,
  gradients: usize, arrayStride: usize, weights: usize, gradLeft: usize, gradRight: usize,
): void {
  const c0 = v128.load64_splat(coefficients), c1 = v128.load64_splat(coefficients, 8), c2 = v128.load64_splat(coefficients, 16), c3 = v128.load64_splat(coefficients, 24);
  const w = v128.load(weights);
  const z = f64x2.splat(0);
  let a0 = z, a1 = z, a2 = z, a3 = z, b0 = z, b1 = z, b2 = z, b3 = z;
  const longA = gradients + arrayStride, shortB = longA + arrayStride, longB = shortB + arrayStride;
  const stored = (length + stride - 1) / stride;
  let i = stored - 1;
  let untilStored = length - 1 - i * stride;
  for (let n = length - 1; n >= 0; n--) {
    if (untilStored == 0) {
      const here = (<usize>i) << 4;
      const g0 = mul(w, v128.load(gradients + here)), g2 = mul(w, v128.load(shortB + here));
      a0 = dadd(a0, lowPair(g0)); b0 = dadd(b0, highPair(g0));
      a2 = dadd(a2, lowPair(g2)); b2 = dadd(b2, highPair(g2));
      let g1 = mul(w, v128.load(longA + ((<usize>(i >= shiftA ? i - shiftA : i - shiftA + stored)) << 4)));
      if (i < shiftA) g1 = swapRows(g1);
      a1 = f64x2.sub(a1, lowPair(g1)); b1 = f64x2.sub(b1, highPair(g1));
      let g3 = mul(w, v128.load(longB + ((<usize>(i >= shiftB ? i - shiftB : i - shiftB + stored)) << 4)));
      if (i < shiftB) g3 = swapRows(g3);
      a3 = f64x2.sub(a3, lowPair(g3)); b3 = f64x2.sub(b3, highPair(g3));
      i--;
      untilStored = stride;
    }
    untilStored--;
    const at = (<usize>n) << 2;
    const t0 = dmul(c0, a0), t1 = dmul(c1, a1), t2 = dmul(c2, a2), t3 = dmul(c3, a3);
    const u0 = dmul(c0, b0), u1 = dmul(c1, b1), u2 = dmul(c2, b2), u3 = dmul(c3, b3);
    const gradLr = dadd(dadd(t0, t1), dadd(t2, t3)), gradMs = dadd(dadd(u0, u1), dadd(u2, u3));
    a0 = f64x2.sub(a0, t0); a1 = f64x2.sub(a1, t1); a2 = f64x2.sub(a2, t2); a3 = f64x2.sub(a3, t3);
    b0 = f64x2.sub(b0, u0); b1 = f64x2.sub(b1, u1); b2 = f64x2.sub(b2, u2); b3 = f64x2.sub(b3, u3);
    const l = <f64>load<f32>(left + at), r = <f64>load<f32>(right + at);
    const lr = f64x2.replace_lane(f64x2.splat(l), 1, r), ms = midSide(l, r);
    const floor = f64x2.splat(POWER_FLOOR);
    const glr = v128.and(dmul(gradLr, lr), f64x2.ge(dmul(lr, lr), floor)), gms = v128.and(dmul(gradMs, ms), f64x2.ge(dmul(ms, ms), floor));
    const gm = f64x2.extract_lane(gms, 0) * HALF_SQRT, gs = f64x2.extract_lane(gms, 1) * HALF_SQRT;
    store<f32>(gradLeft + at, load<f32>(gradLeft + at) + <f32>(2 * (f64x2.extract_lane(glr, 0) + gm + gs)));
    store<f32>(gradRight + at, load<f32>(gradRight + at) + <f32>(2 * (f64x2.extract_lane(glr, 1) + gm - gs)));
  }
}
