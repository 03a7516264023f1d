// The real-time chain's hot loops. Each works on one piece of a stream, of any length; state lives in memory between
// calls and the result does not depend on how the stream is cut. Sample buffers are f32 and have room for 32 samples
// more than asked for: vectors run over the end.
//
// Ring: `size` samples (a power of two) followed by `guard` samples that repeat its beginning, so that a window of
// up to `guard` samples is contiguous wherever it starts.
//
// Numbers far below hearing are set to zero, since arithmetic on subnormal numbers is many times slower.

import { forwardBatch, inverseBatch } from './fft';
import { add, sub, mul, zero, interleaveLow, interleaveHigh, joinLow, joinHigh, bytesOfFloats } from './vector';

/** Filter states below this are silence. */
const SILENT_STATE: f64 = 1e-30;
/** Samples below this are not written into a feedback loop: −300 dB. */
const SILENT_SAMPLE: f32 = 1e-15;
/** Filters that boost by hundreds of decibels one after another stay finite: +300 dB. */
const LOUDEST: f64 = 1e15;
/** (y + c) − c rounds a float64 to a multiple of 2e-22: zero, or a normal float32. */
const ROUNDING: f64 = 1e-6;

@inline function settled(state: f64): f64 { return abs(state) < SILENT_STATE ? 0 : state; }
@inline function rounded(y: f64): f32 { return <f32>((y + ROUNDING) - ROUNDING); }
@inline function limited(y: f64): f64 { return abs(y) > LOUDEST ? copysign(LOUDEST, y) : y; }
@inline function audible(v: v128): v128 { return v128.and(v, f32x4.ge(f32x4.abs(v), f32x4.splat(SILENT_SAMPLE))); }

// ---------------------------------------------------------------- small things

// A gain is given by the address of an f32, since a number that is handed over may cost the caller an allocation.

/** out = gain·x */
export function streamScale(x: usize, gain: usize, out: usize, length: i32): void {
  const g = v128.load32_splat(gain);
  for (const end = x + bytesOfFloats(length); x < end; x += 16, out += 16) v128.store(out, mul(g, v128.load(x)));
}

/** out = a + b */
export function streamAdd(a: usize, b: usize, out: usize, length: i32): void {
  for (const end = a + bytesOfFloats(length); a < end; a += 16, b += 16, out += 16)
    v128.store(out, add(v128.load(a), v128.load(b)));
}

/** out = a + gain·b */
export function streamAddScaled(a: usize, b: usize, gain: usize, out: usize, length: i32): void {
  const g = v128.load32_splat(gain);
  for (const end = a + bytesOfFloats(length); a < end; a += 16, b += 16, out += 16)
    v128.store(out, add(v128.load(a), mul(g, v128.load(b))));
}

/** out = gain·a·b */
export function streamMultiply(a: usize, b: usize, gain: usize, out: usize, length: i32): void {
  const g = v128.load32_splat(gain);
  for (const end = a + bytesOfFloats(length); a < end; a += 16, b += 16, out += 16)
    v128.store(out, mul(mul(g, v128.load(b)), v128.load(a)));
}

/** out = the sample at `sample`, over and over. */
export function streamRepeat(sample: usize, out: usize, length: i32): void {
  const value = load<f32>(sample);
  for (const end = out + bytesOfFloats(length); out < end; out += 4) store<f32>(out, value);
}

/** out = a − b */
export function streamSubtract(a: usize, b: usize, out: usize, length: i32): void {
  for (const end = a + bytesOfFloats(length); a < end; a += 16, b += 16, out += 16)
    v128.store(out, sub(v128.load(a), v128.load(b)));
}

/** out = a + weights·b, a weight for every sample. */
export function streamAddWeighted(a: usize, b: usize, weights: usize, out: usize, length: i32): void {
  for (const end = a + bytesOfFloats(length); a < end; a += 16, b += 16, weights += 16, out += 16)
    v128.store(out, add(v128.load(a), mul(v128.load(weights), v128.load(b))));
}

/** out = weights·x, a weight for every sample. */
export function streamWeight(x: usize, weights: usize, out: usize, length: i32): void {
  for (const end = x + bytesOfFloats(length); x < end; x += 16, weights += 16, out += 16)
    v128.store(out, mul(v128.load(weights), v128.load(x)));
}

/** out = falling·a + rising·b: exactly a or b where the weights are 1 and 0. */
export function streamCrossfade(a: usize, b: usize, falling: usize, rising: usize, out: usize, length: i32): void {
  for (const end = a + bytesOfFloats(length); a < end; a += 16, b += 16, falling += 16, rising += 16, out += 16)
    v128.store(out, add(mul(v128.load(falling), v128.load(a)), mul(v128.load(rising), v128.load(b))));
}

/** f32 at `least` = the smallest of it and the samples. */
export function streamLeast(x: usize, least: usize, length: i32): void {
  let smallest = load<f32>(least);
  for (const end = x + bytesOfFloats(length); x < end; x += 4) {
    const sample = load<f32>(x);
    if (sample < smallest) smallest = sample;
  }
  store<f32>(least, smallest);
}

@inline function copyPart(target: usize, x: usize, length: i32): void {
  if (length > 0) memory.copy(target, x, bytesOfFloats(length));
}

/** Writes samples into a ring at `position`, and into its guard. */
export function streamWriteRing(ring: usize, size: i32, guard: i32, position: i32, x: usize, length: i32): void {
  const first = min(length, size - position), rest = length - first;
  const fromStart = x + bytesOfFloats(first), repeat = ring + bytesOfFloats(size);
  copyPart(ring + bytesOfFloats(position), x, first);
  copyPart(ring, fromStart, rest);
  copyPart(repeat + bytesOfFloats(position), x, min(first, guard - position));
  copyPart(repeat, fromStart, min(rest, guard));
}

/**
 * out[n] = Σ_j taps[j] window[n + j], j = 0..tapCount−1.
 * Every output adds its products in the order of j, however many outputs are made at once.
 */
export function streamFir(window: usize, taps: usize, tapCount: i32, out: usize, length: i32): void {
  const tapsEnd = taps + bytesOfFloats(tapCount);
  let i = 0;
  for (; i + 24 < length; i += 32, window += 128, out += 128) {
    let a = zero(), b = zero(), c = zero(), d = zero(), e = zero(), f = zero(), g = zero(), h = zero();
    for (let t = taps, w = window; t < tapsEnd; t += 4, w += 4) {
      const tap = v128.load32_splat(t);
      a = add(a, mul(tap, v128.load(w)));
      b = add(b, mul(tap, v128.load(w, 16)));
      c = add(c, mul(tap, v128.load(w, 32)));
      d = add(d, mul(tap, v128.load(w, 48)));
      e = add(e, mul(tap, v128.load(w, 64)));
      f = add(f, mul(tap, v128.load(w, 80)));
      g = add(g, mul(tap, v128.load(w, 96)));
      h = add(h, mul(tap, v128.load(w, 112)));
    }
    v128.store(out, a); v128.store(out, b, 16); v128.store(out, c, 32); v128.store(out, d, 48);
    v128.store(out, e, 64); v128.store(out, f, 80); v128.store(out, g, 96); v128.store(out, h, 112);
  }
  for (; i + 12 < length; i += 16, window += 64, out += 64) {
    let a = zero(), b = zero(), c = zero(), d = zero();
    for (let t = taps, w = window; t < tapsEnd; t += 4, w += 4) {
      const tap = v128.load32_splat(t);
      a = add(a, mul(tap, v128.load(w)));
      b = add(b, mul(tap, v128.load(w, 16)));
      c = add(c, mul(tap, v128.load(w, 32)));
      d = add(d, mul(tap, v128.load(w, 48)));
    }
    v128.store(out, a); v128.store(out, b, 16); v128.store(out, c, 32); v128.store(out, d, 48);
  }
  for (; i < length; i += 4, window += 16, out += 16) {
    let a = zero();
    for (let t = taps, w = window; t < tapsEnd; t += 4, w += 4) a = add(a, mul(v128.load32_splat(t), v128.load(w)));
    v128.store(out, a);
  }
}

// ---------------------------------------------------------------- filters

// One filter: f64 b0 b1 b2 a1 a2 s1 s2, transposed direct form II:
//   y = b0 x + s1,  s1 = b1 x − a1 y + s2,  s2 = b2 x − a2 y
const FILTER: usize = 56;

/** Six filters in series, mono. `filters`: six filters of 56 bytes. */
export function streamSixFilters(filters: usize, x: usize, out: usize, length: i32): void {
  const f1 = filters + FILTER, f2 = f1 + FILTER, f3 = f2 + FILTER, f4 = f3 + FILTER, f5 = f4 + FILTER;
  let p0 = load<f64>(filters, 40), q0 = load<f64>(filters, 48), p1 = load<f64>(f1, 40), q1 = load<f64>(f1, 48);
  let p2 = load<f64>(f2, 40), q2 = load<f64>(f2, 48), p3 = load<f64>(f3, 40), q3 = load<f64>(f3, 48);
  let p4 = load<f64>(f4, 40), q4 = load<f64>(f4, 48), p5 = load<f64>(f5, 40), q5 = load<f64>(f5, 48);
  for (const end = x + bytesOfFloats(length); x < end; x += 4, out += 4) {
    const v0 = <f64>load<f32>(x);
    const v1 = load<f64>(filters) * v0 + p0;
    p0 = load<f64>(filters, 8) * v0 + q0 - load<f64>(filters, 24) * v1;
    q0 = load<f64>(filters, 16) * v0 - load<f64>(filters, 32) * v1;
    const v2 = load<f64>(f1) * v1 + p1;
    p1 = load<f64>(f1, 8) * v1 + q1 - load<f64>(f1, 24) * v2;
    q1 = load<f64>(f1, 16) * v1 - load<f64>(f1, 32) * v2;
    const v3 = load<f64>(f2) * v2 + p2;
    p2 = load<f64>(f2, 8) * v2 + q2 - load<f64>(f2, 24) * v3;
    q2 = load<f64>(f2, 16) * v2 - load<f64>(f2, 32) * v3;
    const v4 = load<f64>(f3) * v3 + p3;
    p3 = load<f64>(f3, 8) * v3 + q3 - load<f64>(f3, 24) * v4;
    q3 = load<f64>(f3, 16) * v3 - load<f64>(f3, 32) * v4;
    const v5 = load<f64>(f4) * v4 + p4;
    p4 = load<f64>(f4, 8) * v4 + q4 - load<f64>(f4, 24) * v5;
    q4 = load<f64>(f4, 16) * v4 - load<f64>(f4, 32) * v5;
    const v6 = load<f64>(f5) * v5 + p5;
    p5 = load<f64>(f5, 8) * v5 + q5 - load<f64>(f5, 24) * v6;
    q5 = load<f64>(f5, 16) * v5 - load<f64>(f5, 32) * v6;
    store<f32>(out, rounded(limited(v6)));
  }
  store<f64>(filters, settled(p0), 40); store<f64>(filters, settled(q0), 48);
  store<f64>(f1, settled(p1), 40); store<f64>(f1, settled(q1), 48);
  store<f64>(f2, settled(p2), 40); store<f64>(f2, settled(q2), 48);
  store<f64>(f3, settled(p3), 40); store<f64>(f3, settled(q3), 48);
  store<f64>(f4, settled(p4), 40); store<f64>(f4, settled(q4), 48);
  store<f64>(f5, settled(p5), 40); store<f64>(f5, settled(q5), 48);
}

@inline function add64(a: v128, b: v128): v128 { return f64x2.add(a, b); }
@inline function sub64(a: v128, b: v128): v128 { return f64x2.sub(a, b); }
@inline function mul64(a: v128, b: v128): v128 { return f64x2.mul(a, b); }
@inline function settledPair(state: v128): v128 {
  return v128.and(state, f64x2.ge(f64x2.abs(state), f64x2.splat(SILENT_STATE)));
}

// One filter on two signals: as above, every number twice, side by side: 112 bytes.
const PAIR_FILTER: usize = 112;

/** Four filters in series on two channels, in place. `filters`: four filters of 112 bytes. */
export function streamFourPairFilters(filters: usize, left: usize, right: usize, length: i32): void {
  const f1 = filters + PAIR_FILTER, f2 = f1 + PAIR_FILTER, f3 = f2 + PAIR_FILTER;
  let p0 = v128.load(filters, 80), q0 = v128.load(filters, 96), p1 = v128.load(f1, 80), q1 = v128.load(f1, 96);
  let p2 = v128.load(f2, 80), q2 = v128.load(f2, 96), p3 = v128.load(f3, 80), q3 = v128.load(f3, 96);
  const c = f64x2.splat(ROUNDING), loudest = f64x2.splat(LOUDEST);
  for (const end = left + bytesOfFloats(length); left < end; left += 4, right += 4) {
    const v0 = f64x2.promote_low_f32x4(v128.load32_lane(right, v128.load32_splat(left), 1));
    const v1 = add64(mul64(v128.load(filters), v0), p0);
    p0 = sub64(add64(mul64(v128.load(filters, 16), v0), q0), mul64(v128.load(filters, 48), v1));
    q0 = sub64(mul64(v128.load(filters, 32), v0), mul64(v128.load(filters, 64), v1));
    const v2 = add64(mul64(v128.load(f1), v1), p1);
    p1 = sub64(add64(mul64(v128.load(f1, 16), v1), q1), mul64(v128.load(f1, 48), v2));
    q1 = sub64(mul64(v128.load(f1, 32), v1), mul64(v128.load(f1, 64), v2));
    const v3 = add64(mul64(v128.load(f2), v2), p2);
    p2 = sub64(add64(mul64(v128.load(f2, 16), v2), q2), mul64(v128.load(f2, 48), v3));
    q2 = sub64(mul64(v128.load(f2, 32), v2), mul64(v128.load(f2, 64), v3));
    const v4 = add64(mul64(v128.load(f3), v3), p3);
    p3 = sub64(add64(mul64(v128.load(f3, 16), v3), q3), mul64(v128.load(f3, 48), v4));
    q3 = sub64(mul64(v128.load(f3, 32), v3), mul64(v128.load(f3, 64), v4));
    const bounded = f64x2.pmax(f64x2.pmin(v4, loudest), f64x2.neg(loudest));
    const y = f32x4.demote_f64x2_zero(sub64(add64(bounded, c), c));
    store<f32>(left, f32x4.extract_lane(y, 0)); store<f32>(right, f32x4.extract_lane(y, 1));
  }
  v128.store(filters, settledPair(p0), 80); v128.store(filters, settledPair(q0), 96);
  v128.store(f1, settledPair(p1), 80); v128.store(f1, settledPair(q1), 96);
  v128.store(f2, settledPair(p2), 80); v128.store(f2, settledPair(q2), 96);
  v128.store(f3, settledPair(p3), 80); v128.store(f3, settledPair(q3), 96);
}

// ---------------------------------------------------------------- gliding

// While a setting glides, its numbers go in straight lines from node to node (core/effects/glide.ts). A ramp is two f64,
// the number at the last node and its step per sample; `phase` counts the samples since that node. A number is made
// from its place between the nodes, not from the one before, so that it does not depend on how the stream is cut.

@inline function rampAt(base: usize, step: usize, place: f64): f64 { return load<f64>(base) + load<f64>(step) * place; }

/** out = a ramp. */
export function streamRamp(ramp: usize, phase: i32, out: usize, length: i32): void {
  for (let i = 0; i < length; i++)
    store<f32>(out + bytesOfFloats(i), <f32>rampAt(ramp, ramp + 8, <f64>(phase + i)));
}

// One gliding filter on two signals, f64: g k m0 m1 m2, their steps per sample, then the pairs i1, i2.
const GLIDING_FILTER: usize = 112;

/**
 * Filters in series on two channels while their settings glide: state variable filters with trapezoidal integrators
 * (core/signal/state-variable.ts), which stay in tune and bounded while they change. g, k and m are carried on.
 * `filters`: `count` filters of 112 bytes. `scratch`: 16 bytes a sample.
 */
export function streamGlidingFilters(
  filters: usize, count: i32, left: usize, right: usize, outLeft: usize, outRight: usize, scratch: usize, length: i32,
): void {
  const end = scratch + (<usize>length << 4);
  for (let p = scratch; p < end; p += 16, left += 4, right += 4)
    v128.store(p, f64x2.promote_low_f32x4(v128.load32_lane(right, v128.load32_splat(left), 1)));
  const one = f64x2.splat(1);
  for (let f = filters, last = filters + <usize>count * GLIDING_FILTER; f < last; f += GLIDING_FILTER) {
    let g = v128.load64_splat(f), k = v128.load64_splat(f, 8);
    let m0 = v128.load64_splat(f, 16), m1 = v128.load64_splat(f, 24), m2 = v128.load64_splat(f, 32);
    const gStep = v128.load64_splat(f, 40), kStep = v128.load64_splat(f, 48);
    const step0 = v128.load64_splat(f, 56), step1 = v128.load64_splat(f, 64), step2 = v128.load64_splat(f, 72);
    let i1 = v128.load(f, 80), i2 = v128.load(f, 96);
    for (let p = scratch; p < end; p += 16) {
      const x = v128.load(p);
      const c1 = f64x2.div(one, add64(one, mul64(g, add64(g, k)))), c2 = mul64(g, c1), c3 = mul64(g, c2);
      const high = sub64(x, i2);
      const v1 = add64(mul64(c1, i1), mul64(c2, high));
      const v2 = add64(i2, add64(mul64(c2, i1), mul64(c3, high)));
      i1 = sub64(add64(v1, v1), i1);
      i2 = sub64(add64(v2, v2), i2);
      v128.store(p, add64(mul64(m0, x), add64(mul64(m1, v1), mul64(m2, v2))));
      g = add64(g, gStep); k = add64(k, kStep);
      m0 = add64(m0, step0); m1 = add64(m1, step1); m2 = add64(m2, step2);
    }
    store<f64>(f, f64x2.extract_lane(g, 0)); store<f64>(f, f64x2.extract_lane(k, 0), 8);
    store<f64>(f, f64x2.extract_lane(m0, 0), 16); store<f64>(f, f64x2.extract_lane(m1, 0), 24);
    store<f64>(f, f64x2.extract_lane(m2, 0), 32);
    v128.store(f, settledPair(i1), 80); v128.store(f, settledPair(i2), 96);
  }
  const c = f64x2.splat(ROUNDING), loudest = f64x2.splat(LOUDEST);
  for (let p = scratch; p < end; p += 16, outLeft += 4, outRight += 4) {
    const bounded = f64x2.pmax(f64x2.pmin(v128.load(p), loudest), f64x2.neg(loudest));
    const y = f32x4.demote_f64x2_zero(sub64(add64(bounded, c), c));
    store<f32>(outLeft, f32x4.extract_lane(y, 0)); store<f32>(outRight, f32x4.extract_lane(y, 1));
  }
}

// ---------------------------------------------------------------- compressor

/** log2 of two normal positive numbers, error below 1e-13: m = 2^k f with f in [√½, √2), s = (f − 1)/(f + 1). */
@inline function log2Pair(m: v128): v128 {
  const one = f64x2.splat(1);
  const biased = i64x2.shr_u(i64x2.add(m, i64x2.splat(0x3FF0000000000000 - 0x3FE6A09E667F3BCD)), 52);
  const f = i64x2.sub(m, i64x2.shl(i64x2.sub(biased, i64x2.splat(1023)), 52));
  const k = sub64(i64x2.add(biased, i64x2.splat(0x4338000000000000)), f64x2.splat(6755399441055744.0 + 1023));
  const s = f64x2.div(sub64(f, one), add64(f, one));
  const z = mul64(s, s);
  // (2/ln 2)(s + s³/3 + … + s¹⁵/15)
  let series = f64x2.splat(1.0 / 15);
  series = add64(mul64(series, z), f64x2.splat(1.0 / 13));
  series = add64(mul64(series, z), f64x2.splat(1.0 / 11));
  series = add64(mul64(series, z), f64x2.splat(1.0 / 9));
  series = add64(mul64(series, z), f64x2.splat(1.0 / 7));
  series = add64(mul64(series, z), f64x2.splat(1.0 / 5));
  series = add64(mul64(series, z), f64x2.splat(1.0 / 3));
  series = add64(mul64(series, z), one);
  return add64(k, mul64(mul64(s, f64x2.splat(2.8853900817779268)), series));
}

/** 2^t of two numbers in −1000..1000, relative error below 1e-13. */
@inline function exp2Pair(t: v128): v128 {
  const whole = f64x2.nearest(t);
  const z = mul64(sub64(t, whole), f64x2.splat(0.6931471805599453));
  const one = f64x2.splat(1);
  let series = f64x2.splat(1.0 / 39916800);
  series = add64(mul64(series, z), f64x2.splat(1.0 / 3628800));
  series = add64(mul64(series, z), f64x2.splat(1.0 / 362880));
  series = add64(mul64(series, z), f64x2.splat(1.0 / 40320));
  series = add64(mul64(series, z), f64x2.splat(1.0 / 5040));
  series = add64(mul64(series, z), f64x2.splat(1.0 / 720));
  series = add64(mul64(series, z), f64x2.splat(1.0 / 120));
  series = add64(mul64(series, z), f64x2.splat(1.0 / 24));
  series = add64(mul64(series, z), f64x2.splat(1.0 / 6));
  series = add64(mul64(series, z), f64x2.splat(0.5));
  series = add64(mul64(series, z), one);
  series = add64(mul64(series, z), one);
  const exponent = i64x2.add(add64(whole, f64x2.splat(6755399441055744.0)), i64x2.splat(1023));
  return mul64(series, i64x2.shl(exponent, 52));
}

/** Gains below −400 dB are held there: keeps subnormal numbers out and differs by less than 1e-20. */
const LEAST_GAIN_DB: f64 = -400;

/** 10^(dB/20) of the smaller of 0 and a number of decibels. */
@inline function gainFromDb(gainDb: v128): v128 {
  const held = f64x2.pmax(f64x2.pmin(f64x2.splat(0), gainDb), f64x2.splat(LEAST_GAIN_DB));
  return exp2Pair(mul64(held, f64x2.splat(0.16609640474436813)));
}

/**
 * Smoothed gain of the compressor/expander (losses.md §5, steps 1-5), before lookahead and make-up.
 * `state`: f64 averaging, attack, release, compressor threshold, expander threshold (dB), compressor slope 1 − 1/CR,
 * expander slope 1 − 1/ER, then the averaged power and the smoothed gain, which are carried on, and the largest power so
 * far, which is raised.
 * `scratch`: room for `length` + 1 f64.
 */
export function streamGain(state: usize, x: usize, scratch: usize, gain: usize, length: i32): void {
  const averaging = load<f64>(state);
  let power = load<f64>(state, 56), largest = load<f64>(state, 72);
  const end = scratch + (<usize>length << 3);
  for (let p = scratch; p < end; p += 8, x += 4) {
    const sample = <f64>load<f32>(x);
    power = (1 - averaging) * power + averaging * max(sample * sample, 1e-8);
    if (power > largest) largest = power;
    store<f64>(p, power);
  }
  store<f64>(state, power, 56);
  store<f64>(state, largest, 72);

  const upperThreshold = v128.load64_splat(state, 24), lowerThreshold = v128.load64_splat(state, 32);
  const upperSlope = v128.load64_splat(state, 40), lowerSlope = v128.load64_splat(state, 48);
  for (let p = scratch; p < end; p += 16) {
    const level = mul64(log2Pair(f64x2.pmax(v128.load(p), f64x2.splat(1e-300))), f64x2.splat(3.010299956639812));
    const over = mul64(upperSlope, sub64(upperThreshold, level)), under = mul64(lowerSlope, sub64(lowerThreshold, level));
    v128.store(p, gainFromDb(f64x2.pmin(over, under)));
  }

  const attack = v128.load64_splat(state, 8), release = v128.load64_splat(state, 16), one = f64x2.splat(1);
  let smoothed = v128.load64_splat(state, 64);
  for (let p = scratch; p < end; p += 8, gain += 4) {
    const target = v128.load64_splat(p);
    const k = v128.bitselect(attack, release, f64x2.lt(target, smoothed));
    smoothed = add64(mul64(sub64(one, k), smoothed), mul64(k, target));
    store<f32>(gain, <f32>f64x2.extract_lane(smoothed, 0));
  }
  store<f64>(state, f64x2.extract_lane(smoothed, 0), 64);
}

/** Steepest expander slope: a ratio of 0 would be an infinite one. */
const STEEPEST_EXPANDER: f64 = -1e12;

@inline function rampPair(ramps: usize, index: usize, places: v128): v128 {
  const at = ramps + (index << 3);
  return add64(v128.load64_splat(at), mul64(v128.load64_splat(at, 56), places));
}

/**
 * {@link streamGain} while its settings glide. `ramps`: f64 averaging, attack, release, compressor threshold, expander
 * threshold, compressor slope, expander *ratio* at the last node, then their seven steps; the settings in `state` are not read.
 */
export function streamGlidingGain(
  state: usize, ramps: usize, phase: i32, x: usize, scratch: usize, gain: usize, length: i32,
): void {
  let power = load<f64>(state, 56), largest = load<f64>(state, 72), place = <f64>phase;
  const end = scratch + (<usize>length << 3);
  for (let p = scratch; p < end; p += 8, x += 4, place++) {
    const sample = <f64>load<f32>(x), averaging = rampAt(ramps, ramps + 56, place);
    power = (1 - averaging) * power + averaging * max(sample * sample, 1e-8);
    if (power > largest) largest = power;
    store<f64>(p, power);
  }
  store<f64>(state, power, 56);
  store<f64>(state, largest, 72);

  const one = f64x2.splat(1), two = f64x2.splat(2), steepest = f64x2.splat(STEEPEST_EXPANDER);
  let places = f64x2.replace_lane(f64x2.splat(<f64>phase), 1, <f64>(phase + 1));
  for (let p = scratch; p < end; p += 16, places = add64(places, two)) {
    const level = mul64(log2Pair(f64x2.pmax(v128.load(p), f64x2.splat(1e-300))), f64x2.splat(3.010299956639812));
    const over = mul64(rampPair(ramps, 5, places), sub64(rampPair(ramps, 3, places), level));
    const ratio = f64x2.pmax(rampPair(ramps, 6, places), f64x2.splat(1e-300));
    const slope = f64x2.pmax(sub64(one, f64x2.div(one, ratio)), steepest);
    v128.store(p, gainFromDb(f64x2.pmin(over, mul64(slope, sub64(rampPair(ramps, 4, places), level)))));
  }

  let smoothed = load<f64>(state, 64);
  place = <f64>phase;
  for (let p = scratch; p < end; p += 8, gain += 4, place++) {
    const target = load<f64>(p);
    const k = target < smoothed ? rampAt(ramps + 8, ramps + 64, place) : rampAt(ramps + 16, ramps + 72, place);
    smoothed = (1 - k) * smoothed + k * target;
    store<f32>(gain, <f32>smoothed);
  }
  store<f64>(state, smoothed, 64);
}

// ---------------------------------------------------------------- ping-pong delay

/**
 * One piece of the ping-pong loop: o = LP(odd line), e = γ LP(even line); x + γ e goes into the odd line and o into
 * the even line; out = gains·(o, e). Both low-passes run side by side in float64.
 * `state`: 16-byte pairs b0 b1 b2 a1 a2 s1 s2 (first number: odd), then f64 γ, γ (for the even repeats), and the
 * gains odd→left, odd→right, even→left, even→right.
 * `odd`, `even`: what the lines give; overwritten with what goes into them.
 */
export function streamPingPong(state: usize, x: usize, odd: usize, even: usize, left: usize, right: usize, length: i32): void {
  const b0 = v128.load(state), b1 = v128.load(state, 16), b2 = v128.load(state, 32);
  const a1 = v128.load(state, 48), a2 = v128.load(state, 64);
  let s1 = v128.load(state, 80), s2 = v128.load(state, 96);
  const feedback = load<f64>(state, 112);
  const oddLeft = load<f64>(state, 120), oddRight = load<f64>(state, 128);
  const evenLeft = load<f64>(state, 136), evenRight = load<f64>(state, 144);
  for (const end = x + bytesOfFloats(length); x < end; x += 4, odd += 4, even += 4, left += 4, right += 4) {
    const v = f64x2.promote_low_f32x4(v128.load32_lane(even, v128.load32_splat(odd), 1));
    const y = add64(mul64(b0, v), s1);
    s1 = sub64(add64(mul64(b1, v), s2), mul64(a1, y));
    s2 = sub64(mul64(b2, v), mul64(a2, y));
    const o = f64x2.extract_lane(y, 0), e = feedback * f64x2.extract_lane(y, 1);
    const intoOdd = <f32>(<f64>load<f32>(x) + feedback * e), intoEven = <f32>o;
    store<f32>(odd, abs(intoOdd) < SILENT_SAMPLE ? 0 : intoOdd);
    store<f32>(even, abs(intoEven) < SILENT_SAMPLE ? 0 : intoEven);
    store<f32>(left, rounded(oddLeft * o + evenLeft * e));
    store<f32>(right, rounded(oddRight * o + evenRight * e));
  }
  v128.store(state, settledPair(s1), 80);
  v128.store(state, settledPair(s2), 96);
}

/**
 * {@link streamPingPong} while its settings glide, after the low-passes. `ramps`: f64 γ and the gains odd→left, odd→right,
 * even→left, even→right at the last node, then their five steps. `odd`, `even`: the low-passed lines; overwritten with
 * what goes into the lines.
 */
export function streamGlidingPingPong(
  ramps: usize, phase: i32, x: usize, odd: usize, even: usize, left: usize, right: usize, length: i32,
): void {
  let place = <f64>phase;
  for (const end = x + bytesOfFloats(length); x < end; x += 4, odd += 4, even += 4, left += 4, right += 4, place++) {
    const feedback = rampAt(ramps, ramps + 40, place);
    const o = <f64>load<f32>(odd), e = feedback * <f64>load<f32>(even);
    const intoOdd = <f32>(<f64>load<f32>(x) + feedback * e), intoEven = <f32>o;
    store<f32>(odd, abs(intoOdd) < SILENT_SAMPLE ? 0 : intoOdd);
    store<f32>(even, abs(intoEven) < SILENT_SAMPLE ? 0 : intoEven);
    store<f32>(left, rounded(rampAt(ramps + 8, ramps + 48, place) * o + rampAt(ramps + 24, ramps + 64, place) * e));
    store<f32>(right, rounded(rampAt(ramps + 16, ramps + 56, place) * o + rampAt(ramps + 32, ramps + 72, place) * e));
  }
}

// ---------------------------------------------------------------- reverb

// Plan, i32 (addresses and counts):
//   0 block B, 1 batch buffer of 2B points, 2 twiddles, 3 places, 4 partitions, 5 filter spectra, 6 input spectra,
//   7 lines, 8 ring size, 9 floats from one line's ring to the next, 10 guard, 11 filtered lines, 12 mixing matrices,
//   13..18 line delays in samples, 19..24 delays of the filters' input, 25 newest input spectrum
// Places: for k = 0..B the byte offsets of bins k and (2B − k) mod 2B in a digit-reversed batch.
// Spectra: for k = 0..B and each partition 64 bytes, the vectors re, im of lines 1-4 and re, im of lines 5, 6.

@inline function planned(plan: usize, index: usize): i32 { return load<i32>(plan + (index << 2)); }
@inline function lineAt(plan: usize, line: usize, position: i32): usize {
  return <usize>planned(plan, 7)
    + bytesOfFloats(<i32>line * planned(plan, 9) + (position & (planned(plan, 8) - 1)));
}
@inline function filterInput(plan: usize, line: usize, position: i32): usize {
  return lineAt(plan, line, position - planned(plan, 0) - planned(plan, 19 + line));
}

/**
 * The attenuation of all six lines for the next B samples, the first of which is at ring position `position`:
 * uniformly partitioned overlap-save. Lines 1-4 are the real parts and lines 5, 6 the imaginary parts of one batched
 * transform; their spectra are taken apart by symmetry.
 */
export function streamReverbFilter(plan: usize, position: i32): void {
  const block = planned(plan, 0), points = block << 1;
  const batch = <usize>planned(plan, 1), twiddles = <usize>planned(plan, 2);
  const partitions = planned(plan, 4);
  const end = batch + (<usize>points << 5);
  let l0 = filterInput(plan, 0, position), l1 = filterInput(plan, 1, position), l2 = filterInput(plan, 2, position);
  let l3 = filterInput(plan, 3, position), l4 = filterInput(plan, 4, position), l5 = filterInput(plan, 5, position);
  const none = zero();
  for (let p = batch; p < end; p += 128, l0 += 16, l1 += 16, l2 += 16, l3 += 16, l4 += 16, l5 += 16) {
    const a = v128.load(l0), b = v128.load(l1), c = v128.load(l2), d = v128.load(l3), e = v128.load(l4), f = v128.load(l5);
    const ab = interleaveLow(a, b), cd = interleaveLow(c, d), ef = interleaveLow(e, f);
    v128.store(p, joinLow(ab, cd)); v128.store(p, joinLow(ef, none), 16);
    v128.store(p, joinHigh(ab, cd), 32); v128.store(p, joinHigh(ef, none), 48);
    const abHigh = interleaveHigh(a, b), cdHigh = interleaveHigh(c, d), efHigh = interleaveHigh(e, f);
    v128.store(p, joinLow(abHigh, cdHigh), 64); v128.store(p, joinLow(efHigh, none), 80);
    v128.store(p, joinHigh(abHigh, cdHigh), 96); v128.store(p, joinHigh(efHigh, none), 112);
  }
  forwardBatch(batch, points, twiddles);

  const newest = (planned(plan, 25) + 1) % partitions;
  store<i32>(plan + 100, newest);
  let places = <usize>planned(plan, 3), filters = <usize>planned(plan, 5), inputs = <usize>planned(plan, 6);
  const partitionsEnd = <usize>partitions << 6, newestOffset = <usize>newest << 6;
  for (let k = 0; k <= block; k++, places += 8, filters += partitionsEnd, inputs += partitionsEnd) {
    const p = batch + <usize>load<i32>(places), q = batch + <usize>load<i32>(places, 4);
    const zr = v128.load(p), zi = v128.load(p, 16), yr = v128.load(q), yi = v128.load(q, 16);
    // Twice the spectra of the real and of the imaginary signals; the factor ½ is in the filters.
    const x = inputs + newestOffset;
    v128.store(x, add(zr, yr)); v128.store(x, sub(zi, yi), 16);
    v128.store(x, add(zi, yi), 32); v128.store(x, sub(yr, zr), 48);
    filterBin(filters, inputs, newestOffset, partitionsEnd, p, q);
  }
  samplesOfLines(plan, <usize>planned(plan, 11));
}

/** What {@link streamReverbFilter} has just made, once more with other filter spectra and to another place. */
export function streamReverbFilterAgain(plan: usize, filters: usize, out: usize): void {
  const block = planned(plan, 0), batch = <usize>planned(plan, 1);
  let places = <usize>planned(plan, 3), inputs = <usize>planned(plan, 6);
  const partitionsEnd = <usize>planned(plan, 4) << 6, newestOffset = <usize>planned(plan, 25) << 6;
  for (let k = 0; k <= block; k++, places += 8, filters += partitionsEnd, inputs += partitionsEnd)
    filterBin(
      filters, inputs, newestOffset, partitionsEnd,
      batch + <usize>load<i32>(places), batch + <usize>load<i32>(places, 4),
    );
  samplesOfLines(plan, out);
}

/** One bin of all lines: the sum over the partitions, put at places p and q of the batch. */
@inline function filterBin(
  filters: usize, inputs: usize, newestOffset: usize, partitionsEnd: usize, p: usize, q: usize,
): void {
  let ar = zero(), ai = zero(), br = zero(), bi = zero();
  let s: usize = newestOffset;
  for (let f: usize = 0; f < partitionsEnd; f += 64) {
    const h = filters + f, u = inputs + s;
    const hr = v128.load(h), hi = v128.load(h, 16), gr = v128.load(h, 32), gi = v128.load(h, 48);
    const ur = v128.load(u), ui = v128.load(u, 16), vr = v128.load(u, 32), vi = v128.load(u, 48);
    ar = add(ar, sub(mul(hr, ur), mul(hi, ui))); ai = add(ai, add(mul(hr, ui), mul(hi, ur)));
    br = add(br, sub(mul(gr, vr), mul(gi, vi))); bi = add(bi, add(mul(gr, vi), mul(gi, vr)));
    s = s == 0 ? partitionsEnd - 64 : s - 64;
  }
  v128.store(q, add(ar, bi)); v128.store(q, sub(br, ai), 16);
  v128.store(p, sub(ar, bi)); v128.store(p, add(ai, br), 16);
}

/** The batch back into samples, six planes of B. */
function samplesOfLines(plan: usize, out: usize): void {
  const block = planned(plan, 0), points = block << 1, batch = <usize>planned(plan, 1);
  inverseBatch(batch, points, <usize>planned(plan, 2));
  const plane = bytesOfFloats(block), end = batch + (<usize>points << 5);
  for (let p = batch + (<usize>block << 5); p < end; p += 128, out += 16) {
    const a = v128.load(p), b = v128.load(p, 32), c = v128.load(p, 64), d = v128.load(p, 96);
    const ab = interleaveLow(a, b), cd = interleaveLow(c, d), abHigh = interleaveHigh(a, b), cdHigh = interleaveHigh(c, d);
    v128.store(out, joinLow(ab, cd)); v128.store(out + plane, joinHigh(ab, cd));
    v128.store(out + 2 * plane, joinLow(abHigh, cdHigh)); v128.store(out + 3 * plane, joinHigh(abHigh, cdHigh));
    const ef = interleaveLow(v128.load(p, 16), v128.load(p, 48)), gh = interleaveLow(v128.load(p, 80), v128.load(p, 112));
    v128.store(out + 4 * plane, joinLow(ef, gh)); v128.store(out + 5 * plane, joinHigh(ef, gh));
  }
}

/** Σ_i matrix[i]·v_i, six vectors; `matrix`: six numbers, each four times. */
@inline function weighted(matrix: usize, a: v128, b: v128, c: v128, d: v128, e: v128, f: v128): v128 {
  return add(
    add(
      add(mul(v128.load(matrix), a), mul(v128.load(matrix, 16), b)),
      add(mul(v128.load(matrix, 32), c), mul(v128.load(matrix, 48), d)),
    ),
    add(mul(v128.load(matrix, 64), e), mul(v128.load(matrix, 80), f)),
  );
}

/**
 * One piece of the network inside a block: with w the filtered lines and s what the lines hold,
 *   q = B x + U w goes into the lines,  out = C s,  s_i[n] = q_i[n − m_i].
 * `done`: samples of the block that are already processed. The matrices, every number four times: U 6×6 row-major,
 * B 6×2 row-major, C 2×6 row-major.
 */
export function streamReverbMix(
  plan: usize, position: i32, done: i32, inLeft: usize, inRight: usize, outLeft: usize, outRight: usize, length: i32,
): void {
  const plane = bytesOfFloats(planned(plan, 0));
  const matrices = <usize>planned(plan, 12), intoLines = matrices + 576, outOfLines = matrices + 768;
  const guard = planned(plan, 10), size = planned(plan, 8), mask = size - 1;
  const next = bytesOfFloats(planned(plan, 9)), repeat = bytesOfFloats(size);
  let filtered = <usize>planned(plan, 11) + bytesOfFloats(done);
  for (let i = 0; i < length; i += 4, filtered += 16) {
    const w0 = v128.load(filtered), w1 = v128.load(filtered + plane), w2 = v128.load(filtered + 2 * plane);
    const w3 = v128.load(filtered + 3 * plane), w4 = v128.load(filtered + 4 * plane), w5 = v128.load(filtered + 5 * plane);
    const offset = bytesOfFloats(i);
    const xl = v128.load(inLeft + offset), xr = v128.load(inRight + offset);
    const at = (position + i) & mask;
    let line = lineAt(plan, 0, at);
    let u = matrices, b = intoLines;
    for (let row = 0; row < 6; row++, line += next, u += 96, b += 32) {
      const dry = add(mul(v128.load(b), xl), mul(v128.load(b, 16), xr));
      const q = audible(add(weighted(u, w0, w1, w2, w3, w4, w5), dry));
      v128.store(line, q);
      if (at < guard) v128.store(line + repeat, q);
    }
    const s0 = v128.load(lineAt(plan, 0, position + i - planned(plan, 13)));
    const s1 = v128.load(lineAt(plan, 1, position + i - planned(plan, 14)));
    const s2 = v128.load(lineAt(plan, 2, position + i - planned(plan, 15)));
    const s3 = v128.load(lineAt(plan, 3, position + i - planned(plan, 16)));
    const s4 = v128.load(lineAt(plan, 4, position + i - planned(plan, 17)));
    const s5 = v128.load(lineAt(plan, 5, position + i - planned(plan, 18)));
    v128.store(outLeft + offset, weighted(outOfLines, s0, s1, s2, s3, s4, s5));
    v128.store(outRight + offset, weighted(outOfLines + 96, s0, s1, s2, s3, s4, s5));
  }
}

/** Four samples of a matrix entry that glides; `entry`: its number at the last node four times, `step` its step. */
@inline function glided(entry: usize, step: usize, places: v128): v128 {
  return add(v128.load(entry), mul(v128.load(step), places));
}

/** {@link weighted} while the matrix glides. */
@inline function weightedGliding(
  matrix: usize, steps: usize, places: v128, a: v128, b: v128, c: v128, d: v128, e: v128, f: v128,
): v128 {
  return add(
    add(
      add(mul(glided(matrix, steps, places), a), mul(glided(matrix + 16, steps + 16, places), b)),
      add(mul(glided(matrix + 32, steps + 32, places), c), mul(glided(matrix + 48, steps + 48, places), d)),
    ),
    add(mul(glided(matrix + 64, steps + 64, places), e), mul(glided(matrix + 80, steps + 80, places), f)),
  );
}

/** {@link streamReverbMix} while the matrices glide: those of the plan are at the last node, `steps` are their steps. */
export function streamGlidingReverbMix(
  plan: usize, steps: usize, phase: i32, position: i32, done: i32,
  inLeft: usize, inRight: usize, outLeft: usize, outRight: usize, length: i32,
): void {
  const plane = bytesOfFloats(planned(plan, 0));
  const matrices = <usize>planned(plan, 12), outOfLines = matrices + 768, outSteps = steps + 768;
  const guard = planned(plan, 10), size = planned(plan, 8), mask = size - 1;
  const next = bytesOfFloats(planned(plan, 9)), repeat = bytesOfFloats(size);
  const four = f32x4.splat(4);
  let places = add(f32x4.splat(<f32>phase), f32x4(0, 1, 2, 3));
  let filtered = <usize>planned(plan, 11) + bytesOfFloats(done);
  for (let i = 0; i < length; i += 4, filtered += 16, places = add(places, four)) {
    const w0 = v128.load(filtered), w1 = v128.load(filtered + plane), w2 = v128.load(filtered + 2 * plane);
    const w3 = v128.load(filtered + 3 * plane), w4 = v128.load(filtered + 4 * plane), w5 = v128.load(filtered + 5 * plane);
    const offset = bytesOfFloats(i);
    const xl = v128.load(inLeft + offset), xr = v128.load(inRight + offset);
    const at = (position + i) & mask;
    let line = lineAt(plan, 0, at);
    let u = matrices, us = steps, b = matrices + 576, bs = steps + 576;
    for (let row = 0; row < 6; row++, line += next, u += 96, us += 96, b += 32, bs += 32) {
      const dry = add(mul(glided(b, bs, places), xl), mul(glided(b + 16, bs + 16, places), xr));
      const q = audible(add(weightedGliding(u, us, places, w0, w1, w2, w3, w4, w5), dry));
      v128.store(line, q);
      if (at < guard) v128.store(line + repeat, q);
    }
    const s0 = v128.load(lineAt(plan, 0, position + i - planned(plan, 13)));
    const s1 = v128.load(lineAt(plan, 1, position + i - planned(plan, 14)));
    const s2 = v128.load(lineAt(plan, 2, position + i - planned(plan, 15)));
    const s3 = v128.load(lineAt(plan, 3, position + i - planned(plan, 16)));
    const s4 = v128.load(lineAt(plan, 4, position + i - planned(plan, 17)));
    const s5 = v128.load(lineAt(plan, 5, position + i - planned(plan, 18)));
    v128.store(outLeft + offset, weightedGliding(outOfLines, outSteps, places, s0, s1, s2, s3, s4, s5));
    v128.store(outRight + offset, weightedGliding(outOfLines + 96, outSteps + 96, places, s0, s1, s2, s3, s4, s5));
  }
}
