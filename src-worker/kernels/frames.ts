// Loading and overlap-adding frames for batched transforms: lane l holds frame l, left as the real part, right as the
// imaginary part. Frames are `hop` samples apart; n a multiple of 4.

import { add, mul, interleaveLow, interleaveHigh, joinLow, joinHigh, bytesOfFloats } from './vector';

/** data ← window · frames starting at left, left + hop, … (real) and right, right + hop, … (imaginary). */
@inline export function loadFrames(data: usize, left: usize, right: usize, n: i32, hop: i32, window: usize): void {
  const h = bytesOfFloats(hop);
  const l1 = h, l2 = h << 1, l3 = l2 + h;
  for (const end = window + bytesOfFloats(n); window < end; window += 16, left += 16, right += 16, data += 128) {
    const w = v128.load(window);
    let a = mul(w, v128.load(left)), b = mul(w, v128.load(left + l1)), c = mul(w, v128.load(left + l2)), d = mul(w, v128.load(left + l3));
    let ab = interleaveLow(a, b), cd = interleaveLow(c, d), abh = interleaveHigh(a, b), cdh = interleaveHigh(c, d);
    v128.store(data, joinLow(ab, cd)); v128.store(data, joinHigh(ab, cd), 32);
    v128.store(data, joinLow(abh, cdh), 64); v128.store(data, joinHigh(abh, cdh), 96);
    a = mul(w, v128.load(right)); b = mul(w, v128.load(right + l1)); c = mul(w, v128.load(right + l2)); d = mul(w, v128.load(right + l3));
    ab = interleaveLow(a, b); cd = interleaveLow(c, d); abh = interleaveHigh(a, b); cdh = interleaveHigh(c, d);
    v128.store(data, joinLow(ab, cd), 16); v128.store(data, joinHigh(ab, cd), 48);
    v128.store(data, joinLow(abh, cdh), 80); v128.store(data, joinHigh(abh, cdh), 112);
  }
}

@inline function accumulate(p: usize, v: v128): void { v128.store(p, add(v128.load(p), v)); }

/** Adjoint of loadFrames: adds window · data onto the frames. */
@inline export function overlapAddFrames(data: usize, left: usize, right: usize, n: i32, hop: i32, window: usize): void {
  const h = bytesOfFloats(hop);
  const l1 = h, l2 = h << 1, l3 = l2 + h;
  for (const end = window + bytesOfFloats(n); window < end; window += 16, left += 16, right += 16, data += 128) {
    const w = v128.load(window);
    let a = v128.load(data), b = v128.load(data, 32), c = v128.load(data, 64), d = v128.load(data, 96);
    let ab = interleaveLow(a, b), cd = interleaveLow(c, d), abh = interleaveHigh(a, b), cdh = interleaveHigh(c, d);
    accumulate(left, mul(w, joinLow(ab, cd))); accumulate(left + l1, mul(w, joinHigh(ab, cd)));
    accumulate(left + l2, mul(w, joinLow(abh, cdh))); accumulate(left + l3, mul(w, joinHigh(abh, cdh)));
    a = v128.load(data, 16); b = v128.load(data, 48); c = v128.load(data, 80); d = v128.load(data, 112);
    ab = interleaveLow(a, b); cd = interleaveLow(c, d); abh = interleaveHigh(a, b); cdh = interleaveHigh(c, d);
    accumulate(right, mul(w, joinLow(ab, cd))); accumulate(right + l1, mul(w, joinHigh(ab, cd)));
    accumulate(right + l2, mul(w, joinLow(abh, cdh))); accumulate(right + l3, mul(w, joinHigh(abh, cdh)));
  }
}

/** Writes samples [from, from + hop) of every frame, without window, to hop-spaced places: overlap-save. */
@inline export function storeFrames(data: usize, left: usize, right: usize, from: i32, hop: i32, spacing: i32): void {
  const h = bytesOfFloats(spacing);
  const l1 = h, l2 = h << 1, l3 = l2 + h;
  data += (<usize>from) << 5;
  for (const end = left + bytesOfFloats(hop); left < end; left += 16, right += 16, data += 128) {
    let a = v128.load(data), b = v128.load(data, 32), c = v128.load(data, 64), d = v128.load(data, 96);
    let ab = interleaveLow(a, b), cd = interleaveLow(c, d), abh = interleaveHigh(a, b), cdh = interleaveHigh(c, d);
    v128.store(left, joinLow(ab, cd)); v128.store(left + l1, joinHigh(ab, cd));
    v128.store(left + l2, joinLow(abh, cdh)); v128.store(left + l3, joinHigh(abh, cdh));
    a = v128.load(data, 16); b = v128.load(data, 48); c = v128.load(data, 80); d = v128.load(data, 112);
    ab = interleaveLow(a, b); cd = interleaveLow(c, d); abh = interleaveHigh(a, b); cdh = interleaveHigh(c, d);
    v128.store(right, joinLow(ab, cd)); v128.store(right + l1, joinHigh(ab, cd));
    v128.store(right + l2, joinLow(abh, cdh)); v128.store(right + l3, joinHigh(abh, cdh));
  }
}
