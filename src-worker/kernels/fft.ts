// Fast Fourier transforms in float32.
//
// Batched transform: four complex transforms of n points (n a power of two) side by side in the four lanes.
//   Layout: point i is a vector of four real parts followed by a vector of four imaginary parts, 32 bytes.
//   forwardBatch  X[k] = Σ x[i] e^{−j2πik/n}, natural order in, digit-reversed order out (see digitReversal).
//   inverseBatch  n·x[i] = Σ X[k] e^{+j2πik/n}, digit-reversed order in, natural order out.
//   Radix 4 decimation in frequency and its mirror image; one radix-2 stage where n is not a power of four.
//   Since a forward followed by an inverse needs no reordering, filters multiply spectra in digit-reversed order.
//
// Large transform: one complex transform of rows·columns points by the four-step method (Bailey 1990), its columns
//   and rows done four at a time by the batched one. Real and imaginary parts in arrays of their own, natural order.
//
// Real transform: P real points through a complex transform of P/2 points z[n] = x[2n] + j x[2n+1].
//   Spectra hold bins 0..P/2−1. The bin at P/2 (the Nyquist frequency) is dropped going forward and zero going back.
//
// Twiddle tables are made by the caller in float64 and stored in float32; their order is the order of use.

import {
  add, sub, mul, zero, evenLanes, oddLanes, interleaveLow, interleaveHigh, joinLow, joinHigh, reverseLanes, bytesOfFloats,
} from './vector';

const POINT: usize = 32;

// ---------------------------------------------------------------- batched transform

/** Radix-4 butterflies of one block of `length` points starting at `base`, twiddles from the table at `twiddle`. */
@inline function forwardStage(base: usize, end: usize, length: i32, twiddle: usize): usize {
  const quarter = length >> 2;
  const q = (<usize>quarter) << 5;
  const blockBytes = (<usize>length) << 5;
  for (let p = base; p < end; p += blockBytes) {
    const pb = p + q, pc = pb + q, pd = pc + q;
    const ar = v128.load(p), ai = v128.load(p, 16), br = v128.load(pb), bi = v128.load(pb, 16);
    const cr = v128.load(pc), ci = v128.load(pc, 16), dr = v128.load(pd), di = v128.load(pd, 16);
    const s0r = add(ar, cr), s0i = add(ai, ci), d0r = sub(ar, cr), d0i = sub(ai, ci);
    const s1r = add(br, dr), s1i = add(bi, di), d1r = sub(br, dr), d1i = sub(bi, di);
    v128.store(p, add(s0r, s1r)); v128.store(p, add(s0i, s1i), 16);
    v128.store(pc, sub(s0r, s1r)); v128.store(pc, sub(s0i, s1i), 16);
    v128.store(pb, add(d0r, d1i)); v128.store(pb, sub(d0i, d1r), 16);
    v128.store(pd, sub(d0r, d1i)); v128.store(pd, add(d0i, d1r), 16);
  }
  for (let j = 1; j < quarter; j++) {
    const w1r = v128.load32_splat(twiddle), w1i = v128.load32_splat(twiddle, 4);
    const w2r = v128.load32_splat(twiddle, 8), w2i = v128.load32_splat(twiddle, 12);
    const w3r = v128.load32_splat(twiddle, 16), w3i = v128.load32_splat(twiddle, 20);
    twiddle += 24;
    for (let p = base + ((<usize>j) << 5); p < end; p += blockBytes) {
      const pb = p + q, pc = pb + q, pd = pc + q;
      const ar = v128.load(p), ai = v128.load(p, 16), br = v128.load(pb), bi = v128.load(pb, 16);
      const cr = v128.load(pc), ci = v128.load(pc, 16), dr = v128.load(pd), di = v128.load(pd, 16);
      const s0r = add(ar, cr), s0i = add(ai, ci), d0r = sub(ar, cr), d0i = sub(ai, ci);
      const s1r = add(br, dr), s1i = add(bi, di), d1r = sub(br, dr), d1i = sub(bi, di);
      v128.store(p, add(s0r, s1r)); v128.store(p, add(s0i, s1i), 16);
      let tr = sub(s0r, s1r), ti = sub(s0i, s1i);
      v128.store(pc, sub(mul(tr, w2r), mul(ti, w2i))); v128.store(pc, add(mul(tr, w2i), mul(ti, w2r)), 16);
      tr = add(d0r, d1i); ti = sub(d0i, d1r);
      v128.store(pb, sub(mul(tr, w1r), mul(ti, w1i))); v128.store(pb, add(mul(tr, w1i), mul(ti, w1r)), 16);
      tr = sub(d0r, d1i); ti = add(d0i, d1r);
      v128.store(pd, sub(mul(tr, w3r), mul(ti, w3i))); v128.store(pd, add(mul(tr, w3i), mul(ti, w3r)), 16);
    }
  }
  return twiddle;
}

@inline function inverseStage(base: usize, end: usize, length: i32, twiddle: usize): void {
  const quarter = length >> 2;
  const q = (<usize>quarter) << 5;
  const blockBytes = (<usize>length) << 5;
  for (let p = base; p < end; p += blockBytes) {
    const pb = p + q, pc = pb + q, pd = pc + q;
    const ar = v128.load(p), ai = v128.load(p, 16), br = v128.load(pb), bi = v128.load(pb, 16);
    const cr = v128.load(pc), ci = v128.load(pc, 16), dr = v128.load(pd), di = v128.load(pd, 16);
    const s0r = add(ar, cr), s0i = add(ai, ci), d0r = sub(ar, cr), d0i = sub(ai, ci);
    const s1r = add(br, dr), s1i = add(bi, di), d1r = sub(br, dr), d1i = sub(bi, di);
    v128.store(p, add(s0r, s1r)); v128.store(p, add(s0i, s1i), 16);
    v128.store(pc, sub(s0r, s1r)); v128.store(pc, sub(s0i, s1i), 16);
    v128.store(pb, sub(d0r, d1i)); v128.store(pb, add(d0i, d1r), 16);
    v128.store(pd, add(d0r, d1i)); v128.store(pd, sub(d0i, d1r), 16);
  }
  for (let j = 1; j < quarter; j++) {
    const w1r = v128.load32_splat(twiddle), w1i = v128.load32_splat(twiddle, 4);
    const w2r = v128.load32_splat(twiddle, 8), w2i = v128.load32_splat(twiddle, 12);
    const w3r = v128.load32_splat(twiddle, 16), w3i = v128.load32_splat(twiddle, 20);
    twiddle += 24;
    for (let p = base + ((<usize>j) << 5); p < end; p += blockBytes) {
      const pb = p + q, pc = pb + q, pd = pc + q;
      const ar = v128.load(p), ai = v128.load(p, 16);
      const ur = v128.load(pb), ui = v128.load(pb, 16), vr = v128.load(pc), vi = v128.load(pc, 16);
      const tr = v128.load(pd), ti = v128.load(pd, 16);
      const br = add(mul(ur, w1r), mul(ui, w1i)), bi = sub(mul(ui, w1r), mul(ur, w1i));
      const cr = add(mul(vr, w2r), mul(vi, w2i)), ci = sub(mul(vi, w2r), mul(vr, w2i));
      const dr = add(mul(tr, w3r), mul(ti, w3i)), di = sub(mul(ti, w3r), mul(tr, w3i));
      const s0r = add(ar, cr), s0i = add(ai, ci), d0r = sub(ar, cr), d0i = sub(ai, ci);
      const s1r = add(br, dr), s1i = add(bi, di), d1r = sub(br, dr), d1i = sub(bi, di);
      v128.store(p, add(s0r, s1r)); v128.store(p, add(s0i, s1i), 16);
      v128.store(pc, sub(s0r, s1r)); v128.store(pc, sub(s0i, s1i), 16);
      v128.store(pb, sub(d0r, d1i)); v128.store(pb, add(d0i, d1r), 16);
      v128.store(pd, add(d0r, d1i)); v128.store(pd, sub(d0i, d1r), 16);
    }
  }
}

@inline function radix2Stage(base: usize, end: usize): void {
  for (let p = base; p < end; p += 64) {
    const ar = v128.load(p), ai = v128.load(p, 16), br = v128.load(p, 32), bi = v128.load(p, 48);
    v128.store(p, add(ar, br)); v128.store(p, add(ai, bi), 16);
    v128.store(p, sub(ar, br), 32); v128.store(p, sub(ai, bi), 48);
  }
}

/**
 * Four forward transforms of n points, in place.
 * `twiddles`: for every stage length n, n/4, … ≥ 4 and j = 1..length/4−1: e^{−j2πj/length} to the powers 1, 2, 3.
 */
export function forwardBatch(data: usize, n: i32, twiddles: usize): void {
  const end = data + ((<usize>n) << 5);
  let length = n;
  for (; length >= 4; length >>= 2) twiddles = forwardStage(data, end, length, twiddles);
  if (length == 2) radix2Stage(data, end);
}

/** Four inverse transforms of n points, in place, without the factor 1/n. The tables are those of forwardBatch. */
export function inverseBatch(data: usize, n: i32, twiddles: usize): void {
  const end = data + ((<usize>n) << 5);
  let smallest = n;
  while (smallest >= 4) smallest >>= 2;
  let tableEnd = twiddles;
  for (let length = n; length >= 4; length >>= 2) tableEnd += <usize>((length >> 2) - 1) * 24;
  if (smallest == 2) radix2Stage(data, end);
  for (let length = smallest == 2 ? 8 : 4; length <= n; length <<= 2) {
    tableEnd -= <usize>((length >> 2) - 1) * 24;
    inverseStage(data, end, length, tableEnd);
  }
}

// ---------------------------------------------------------------- large complex transform

/**
 * Columns of the four-step method: transforms of `rows` points with stride `columns`, then twiddles.
 * Input: arrays re, im of rows·columns, or with `interleaved` one array of (re, im) pairs at `re`.
 * `reversal`: i32[rows], bin held at place i of a digit-reversed transform, times `columns` (an element offset).
 * `stepTwiddles`: for every group of four columns and place i, vectors cos and −sin of 2π·column·bin/(rows·columns).
 */
@inline function columnPass(
  re: usize, im: usize, interleaved: bool, outRe: usize, outIm: usize, rows: i32, columns: i32,
  batch: usize, twiddles: usize, reversal: usize, stepTwiddles: usize,
): void {
  const stride = bytesOfFloats(columns);
  for (let c = 0; c < columns; c += 4) {
    let q = batch;
    const end = batch + ((<usize>rows) << 5);
    if (interleaved) {
      for (let p = re + (<usize>c << 3); q < end; q += POINT, p += stride << 1) {
        const a = v128.load(p), b = v128.load(p, 16);
        v128.store(q, evenLanes(a, b)); v128.store(q, oddLanes(a, b), 16);
      }
    } else {
      let pi = im + (<usize>c << 2);
      for (let p = re + (<usize>c << 2); q < end; q += POINT, p += stride, pi += stride) {
        v128.store(q, v128.load(p)); v128.store(q, v128.load(pi), 16);
      }
    }
    forwardBatch(batch, rows, twiddles);
    let r = reversal;
    for (q = batch; q < end; q += POINT, r += 4, stepTwiddles += POINT) {
      const offset = (<usize>(load<i32>(r) + c)) << 2;
      const wr = v128.load(stepTwiddles), wi = v128.load(stepTwiddles, 16), xr = v128.load(q), xi = v128.load(q, 16);
      v128.store(outRe + offset, sub(mul(xr, wr), mul(xi, wi)));
      v128.store(outIm + offset, add(mul(xr, wi), mul(xi, wr)));
    }
  }
}

/** Rows of the four-step method, four at a time; writes natural order. `reversal` as in columnPass, times `rows`. */
@inline function rowPass(
  re: usize, im: usize, outRe: usize, outIm: usize, interleaved: bool, swapped: bool, rows: i32, columns: i32,
  batch: usize, twiddles: usize, reversal: usize,
): void {
  const stride = bytesOfFloats(columns);
  const end = batch + ((<usize>columns) << 5);
  for (let row = 0; row < rows; row += 4) {
    let q = batch;
    let p0 = re + <usize>row * stride, i0 = im + <usize>row * stride;
    for (; q < end; q += 128, p0 += 16, i0 += 16) {
      const p1 = p0 + stride, p2 = p1 + stride, p3 = p2 + stride, i1 = i0 + stride, i2 = i1 + stride, i3 = i2 + stride;
      let a = v128.load(p0), b = v128.load(p1), c = v128.load(p2), d = v128.load(p3);
      let ab = interleaveLow(a, b), cd = interleaveLow(c, d), efh = interleaveHigh(a, b), ghh = interleaveHigh(c, d);
      v128.store(q, joinLow(ab, cd)); v128.store(q, joinHigh(ab, cd), 32);
      v128.store(q, joinLow(efh, ghh), 64); v128.store(q, joinHigh(efh, ghh), 96);
      a = v128.load(i0); b = v128.load(i1); c = v128.load(i2); d = v128.load(i3);
      ab = interleaveLow(a, b); cd = interleaveLow(c, d); efh = interleaveHigh(a, b); ghh = interleaveHigh(c, d);
      v128.store(q, joinLow(ab, cd), 16); v128.store(q, joinHigh(ab, cd), 48);
      v128.store(q, joinLow(efh, ghh), 80); v128.store(q, joinHigh(efh, ghh), 112);
    }
    forwardBatch(batch, columns, twiddles);
    let r = reversal;
    for (q = batch; q < end; q += POINT, r += 4) {
      const offset = (<usize>(load<i32>(r) + row)) << 2;
      const xr = v128.load(q), xi = v128.load(q, 16);
      if (interleaved) {
        const first = swapped ? xi : xr, second = swapped ? xr : xi;
        v128.store(outRe + (offset << 1), interleaveLow(first, second));
        v128.store(outRe + (offset << 1), interleaveHigh(first, second), 16);
      } else {
        v128.store(outRe + offset, xr); v128.store(outIm + offset, xi);
      }
    }
  }
}

// ---------------------------------------------------------------- real transform

/**
 * Spectrum of P real points. `plan` is the address of a table of i32 (addresses and sizes), made by the caller:
 *   0 rows, 1 columns (rows·columns = P/2), 2 batch scratch, 3 column twiddles, 4 row twiddles,
 *   5 column reversal, 6 row reversal, 7 step twiddles, 8 split twiddles, 9 scratch re, 10 scratch im.
 * Split twiddles: for k = 0..P/4−1 in groups of four, vectors cos and −sin of 2πk/P.
 */
export function forwardReal(x: usize, re: usize, im: usize, plan: usize): void {
  const rows = load<i32>(plan), columns = load<i32>(plan, 4), batch = <usize>load<i32>(plan, 8);
  const scratchRe = <usize>load<i32>(plan, 36), scratchIm = <usize>load<i32>(plan, 40);
  columnPass(x, 0, true, scratchRe, scratchIm, rows, columns, batch, <usize>load<i32>(plan, 12), <usize>load<i32>(plan, 20), <usize>load<i32>(plan, 28));
  rowPass(scratchRe, scratchIm, re, im, false, false, rows, columns, batch, <usize>load<i32>(plan, 16), <usize>load<i32>(plan, 24));
  // X[k] = (Z[k] + Z*[M−k])/2 − (j/2) w^k (Z[k] − Z*[M−k]) with w = e^{−j2π/P}, M = P/2.
  const half = rows * columns;
  const half4 = f32x4.splat(0.5);
  const z0r = load<f32>(re), z0i = load<f32>(im);
  const middle = bytesOfFloats(half >> 1);
  const zmr = load<f32>(re + middle), zmi = load<f32>(im + middle);
  let w = <usize>load<i32>(plan, 32);
  for (let k = 0; k < half >> 1; k += 4, w += 32) {
    const a = bytesOfFloats(k), b = bytesOfFloats(half - k - 3);
    const zr = v128.load(re + a), zi = v128.load(im + a);
    // For k = 0 the first lane of the mirrored vector is past the end; that lane is mended below.
    const yr = reverseLanes(v128.load(re + b)), yi = reverseLanes(v128.load(im + b));
    const wr = v128.load(w), wi = v128.load(w, 16);
    const er = mul(half4, add(zr, yr)), ei = mul(half4, sub(zi, yi));
    const or = mul(half4, add(zi, yi)), oi = mul(half4, sub(yr, zr));
    const tr = sub(mul(or, wr), mul(oi, wi)), ti = add(mul(or, wi), mul(oi, wr));
    v128.store(re + a, add(er, tr)); v128.store(im + a, add(ei, ti));
    if (k == 0) {
      // Keep the lane past the end of the arrays as it was: store lanes 1..3 singly.
      const fr = sub(er, tr), fi = sub(ti, ei);
      store<f32>(re + bytesOfFloats(half - 1), f32x4.extract_lane(fr, 1)); store<f32>(im + bytesOfFloats(half - 1), f32x4.extract_lane(fi, 1));
      store<f32>(re + bytesOfFloats(half - 2), f32x4.extract_lane(fr, 2)); store<f32>(im + bytesOfFloats(half - 2), f32x4.extract_lane(fi, 2));
      store<f32>(re + bytesOfFloats(half - 3), f32x4.extract_lane(fr, 3)); store<f32>(im + bytesOfFloats(half - 3), f32x4.extract_lane(fi, 3));
    } else {
      v128.store(re + b, reverseLanes(sub(er, tr))); v128.store(im + b, reverseLanes(sub(ti, ei)));
    }
  }
  store<f32>(re, z0r + z0i); store<f32>(im, 0);
  store<f32>(re + middle, zmr); store<f32>(im + middle, -zmi);
}

/** P times the real signal of a spectrum; the spectrum arrays are overwritten. Arrays have 16 spare bytes at the end. */
export function inverseReal(re: usize, im: usize, x: usize, plan: usize): void {
  const rows = load<i32>(plan), columns = load<i32>(plan, 4), batch = <usize>load<i32>(plan, 8);
  const half = rows * columns;
  // Z[k] = (X[k] + X*[M−k]) + j w^{−k} (X[k] − X*[M−k]), which is 2 Z.
  const x0 = load<f32>(re);
  const middle = bytesOfFloats(half >> 1);
  const xmr = load<f32>(re + middle), xmi = load<f32>(im + middle);
  let w = <usize>load<i32>(plan, 32);
  for (let k = 0; k < half >> 1; k += 4, w += 32) {
    const a = bytesOfFloats(k), b = bytesOfFloats(half - k - 3);
    const xr = v128.load(re + a), xi = v128.load(im + a);
    const yr = reverseLanes(v128.load(re + b)), yi = reverseLanes(v128.load(im + b));
    const wr = v128.load(w), wi = v128.load(w, 16);
    const er = add(xr, yr), ei = sub(xi, yi), dr = sub(xr, yr), di = add(xi, yi);
    // o = w* (dr + j di); Z = e + j o
    const or = add(mul(dr, wr), mul(di, wi)), oi = sub(mul(di, wr), mul(dr, wi));
    v128.store(re + a, sub(er, oi)); v128.store(im + a, add(ei, or));
    const fr = add(er, oi), fi = sub(or, ei);
    if (k == 0) {
      store<f32>(re + bytesOfFloats(half - 1), f32x4.extract_lane(fr, 1)); store<f32>(im + bytesOfFloats(half - 1), f32x4.extract_lane(fi, 1));
      store<f32>(re + bytesOfFloats(half - 2), f32x4.extract_lane(fr, 2)); store<f32>(im + bytesOfFloats(half - 2), f32x4.extract_lane(fi, 2));
      store<f32>(re + bytesOfFloats(half - 3), f32x4.extract_lane(fr, 3)); store<f32>(im + bytesOfFloats(half - 3), f32x4.extract_lane(fi, 3));
    } else {
      v128.store(re + b, reverseLanes(fr)); v128.store(im + b, reverseLanes(fi));
    }
  }
  store<f32>(re, x0); store<f32>(im, x0);
  store<f32>(re + middle, 2 * xmr); store<f32>(im + middle, -2 * xmi);
  // The inverse transform is the forward one with real and imaginary parts exchanged.
  const scratchRe = <usize>load<i32>(plan, 36), scratchIm = <usize>load<i32>(plan, 40);
  columnPass(im, re, false, scratchRe, scratchIm, rows, columns, batch, <usize>load<i32>(plan, 12), <usize>load<i32>(plan, 20), <usize>load<i32>(plan, 28));
  rowPass(scratchRe, scratchIm, x, 0, true, true, rows, columns, batch, <usize>load<i32>(plan, 16), <usize>load<i32>(plan, 24));
}
