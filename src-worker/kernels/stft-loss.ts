// One resolution of the multi-resolution STFT loss on left, right, sum and difference at once, and its gradient.
// Source: auraloss 0.4; the definition is in the losses' own folder.
//
// Frames come four at a time (lanes), left + j·right as one complex transform with half a Hann window, so that
//   X_left[k] = Z[k] + Z*[n−k],  X_right[k] = (Z[k] − Z*[n−k]) / j,  sum = left + right,  difference = left − right.
// mag² = max(|X|², floor).  Lanes past the last frame are zeroed on the way in and so give no loss and no gradient.
//
// `places`: i32[n] byte offset of bin k in a transformed frame. `target`: magnitudes of the target, per group of frames
// and bin four vectors (left, right, sum, difference). Transformed frames are not kept: transforming them again costs
// less than the memory traffic.

import { add, sub, mul, splat, zero, sumLanes64, bytesOfFloats } from './vector';
import { forwardBatch, inverseBatch } from './fft';
import { loadFrames, overlapAddFrames } from './frames';
import { ln } from './transcendental';

@inline function power(r: v128, i: v128): v128 { return add(mul(r, r), mul(i, i)); }

/** Zeroes the lanes from `used` on. */
function clearLanes(data: usize, n: i32, used: i32): void {
  const mask = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(used));
  for (const end = data + ((<usize>n) << 5); data < end; data += 16) v128.store(data, v128.and(v128.load(data), mask));
}

@inline function transformGroup(data: usize, left: usize, right: usize, n: i32, hop: i32, used: i32, window: usize, twiddles: usize): void {
  loadFrames(data, left, right, n, hop, window);
  if (used < 4) clearLanes(data, n, used);
  forwardBatch(data, n, twiddles);
}

/** Magnitudes of the target into `target`; `sums`: f64[3] out, Σ mag² over left and right, over sum, over difference. */
export function stftTarget(
  left: usize, right: usize, n: i32, hop: i32, frames: i32, window: usize, twiddles: usize, places: usize,
  scratch: usize, target: usize, floor: f32, sums: usize,
): void {
  const floor4 = splat(floor);
  const half = n >> 1;
  let lr: f64 = 0, s: f64 = 0, d: f64 = 0;
  for (let frame = 0; frame < frames; frame += 4) {
    const offset = bytesOfFloats(frame * hop);
    transformGroup(scratch, left + offset, right + offset, n, hop, frames - frame, window, twiddles);
    const used = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(frames - frame));
    let lrPart = zero(), sPart = zero(), dPart = zero();
    for (let k = 0; k <= half; k++, target += 64) {
      const p = scratch + <usize>load<i32>(places + ((<usize>k) << 2)), q = scratch + <usize>load<i32>(places + ((<usize>((n - k) & (n - 1))) << 2));
      const zr = v128.load(p), zi = v128.load(p, 16), yr = v128.load(q), yi = v128.load(q, 16);
      const lre = add(zr, yr), lim = sub(zi, yi), rre = add(zi, yi), rim = sub(yr, zr);
      const pl = f32x4.max(power(lre, lim), floor4), pr = f32x4.max(power(rre, rim), floor4);
      const ps = f32x4.max(power(add(lre, rre), add(lim, rim)), floor4), pd = f32x4.max(power(sub(lre, rre), sub(lim, rim)), floor4);
      v128.store(target, f32x4.sqrt(pl)); v128.store(target, f32x4.sqrt(pr), 16);
      v128.store(target, f32x4.sqrt(ps), 32); v128.store(target, f32x4.sqrt(pd), 48);
      lrPart = add(lrPart, add(pl, pr)); sPart = add(sPart, ps); dPart = add(dPart, pd);
    }
    lr += sumLanes64(v128.and(lrPart, used)); s += sumLanes64(v128.and(sPart, used)); d += sumLanes64(v128.and(dPart, used));
  }
  store<f64>(sums, lr); store<f64>(sums, s, 8); store<f64>(sums, d, 16);
}

/** |ln X − ln Y| summed through products: the quotient of four larger by four smaller magnitudes, at most 1e32. */
@inline function logarithm(larger: v128, smaller: v128): v128 { return ln(f32x4.div(larger, smaller)); }

/** `sums`: f64[5] out: Σ (Y − X)² over left and right, sum, difference; Σ |ln X − ln Y| over left and right, over sum and difference. */
export function stftForward(
  left: usize, right: usize, n: i32, hop: i32, frames: i32, window: usize, twiddles: usize, places: usize,
  scratch: usize, target: usize, floor: f32, sums: usize,
): void {
  const floor4 = splat(floor), one = splat(1);
  const half = n >> 1;
  let lr: f64 = 0, s: f64 = 0, d: f64 = 0, lrLog: f64 = 0, sdLog: f64 = 0;
  for (let frame = 0; frame < frames; frame += 4) {
    const offset = bytesOfFloats(frame * hop);
    transformGroup(scratch, left + offset, right + offset, n, hop, frames - frame, window, twiddles);
    let lrPart = zero(), sPart = zero(), dPart = zero(), lrLogs = zero(), sdLogs = zero();
    let lrMax = one, lrMin = one, sdMax = one, sdMin = one;
    for (let k = 0; k <= half; k++, target += 64) {
      const p = scratch + <usize>load<i32>(places + ((<usize>k) << 2)), q = scratch + <usize>load<i32>(places + ((<usize>((n - k) & (n - 1))) << 2));
      const zr = v128.load(p), zi = v128.load(p, 16), yr = v128.load(q), yi = v128.load(q, 16);
      const lre = add(zr, yr), lim = sub(zi, yi), rre = add(zi, yi), rim = sub(yr, zr);
      const xl = f32x4.sqrt(f32x4.pmax(floor4, power(lre, lim))), xr = f32x4.sqrt(f32x4.pmax(floor4, power(rre, rim)));
      const xs = f32x4.sqrt(f32x4.pmax(floor4, power(add(lre, rre), add(lim, rim)))), xd = f32x4.sqrt(f32x4.pmax(floor4, power(sub(lre, rre), sub(lim, rim))));
      const tl = v128.load(target), tr = v128.load(target, 16), ts = v128.load(target, 32), td = v128.load(target, 48);
      let e = sub(xl, tl);
      lrPart = add(lrPart, mul(e, e));
      e = sub(xr, tr);
      lrPart = add(lrPart, mul(e, e));
      e = sub(xs, ts);
      sPart = add(sPart, mul(e, e));
      e = sub(xd, td);
      dPart = add(dPart, mul(e, e));
      lrMax = mul(lrMax, mul(f32x4.pmax(xl, tl), f32x4.pmax(xr, tr))); lrMin = mul(lrMin, mul(f32x4.pmin(xl, tl), f32x4.pmin(xr, tr)));
      sdMax = mul(sdMax, mul(f32x4.pmax(xs, ts), f32x4.pmax(xd, td))); sdMin = mul(sdMin, mul(f32x4.pmin(xs, ts), f32x4.pmin(xd, td)));
      if ((k & 1) || k == half) {
        lrLogs = add(lrLogs, logarithm(lrMax, lrMin)); sdLogs = add(sdLogs, logarithm(sdMax, sdMin));
        lrMax = one; lrMin = one; sdMax = one; sdMin = one;
      }
    }
    lr += sumLanes64(lrPart); s += sumLanes64(sPart); d += sumLanes64(dPart);
    lrLog += sumLanes64(lrLogs); sdLog += sumLanes64(sdLogs);
  }
  store<f64>(sums, lr); store<f64>(sums, s, 8); store<f64>(sums, d, 16); store<f64>(sums, lrLog, 24); store<f64>(sums, sdLog, 32);
}

/** Factor on X: logWeight·sign(X−Y)/X² + convergenceWeight·(X−Y)/X, 0 below the floor. `relative` is (X−Y)/X. */
@inline function slope(power: v128, inverse: v128, relative: v128, floor: v128, logWeight: v128, convergenceWeight: v128): v128 {
  const sign = v128.and(v128.or(v128.and(relative, splat(-0.0)), logWeight), f32x4.ne(relative, zero()));
  return v128.and(add(mul(sign, mul(inverse, inverse)), mul(convergenceWeight, relative)), f32x4.ge(power, floor));
}

/**
 * What stftForward sums, and the gradient added onto gradLeft and gradRight. `weights`: f32[5], of the log terms (left and
 * right, sum and difference), then of the spectral convergences (left and right, sum, difference), with their 1/count and
 * 1/(‖Y‖‖Y−X‖). The latter are known only after a forward pass; see the caller.
 */
export function stftGradient(
  left: usize, right: usize, n: i32, hop: i32, frames: i32, window: usize, twiddles: usize, places: usize,
  scratch: usize, target: usize, floor: f32, sums: usize, weights: usize, gradLeft: usize, gradRight: usize,
): void {
  const floor4 = splat(floor), one = splat(1);
  const half = n >> 1;
  const lrLogWeight = v128.load32_splat(weights), sdLogWeight = v128.load32_splat(weights, 4);
  const lrWeight = v128.load32_splat(weights, 8), sWeight = v128.load32_splat(weights, 12), dWeight = v128.load32_splat(weights, 16);
  let lr: f64 = 0, s: f64 = 0, d: f64 = 0, lrLog: f64 = 0, sdLog: f64 = 0;
  for (let frame = 0; frame < frames; frame += 4) {
    const offset = bytesOfFloats(frame * hop);
    transformGroup(scratch, left + offset, right + offset, n, hop, frames - frame, window, twiddles);
    let lrPart = zero(), sPart = zero(), dPart = zero(), lrLogs = zero(), sdLogs = zero();
    let lrMax = one, lrMin = one, sdMax = one, sdMin = one;
    for (let k = 0; k <= half; k++, target += 64) {
      const p = scratch + <usize>load<i32>(places + ((<usize>k) << 2)), q = scratch + <usize>load<i32>(places + ((<usize>((n - k) & (n - 1))) << 2));
      const zr = v128.load(p), zi = v128.load(p, 16), yr = v128.load(q), yi = v128.load(q, 16);
      const lre = add(zr, yr), lim = sub(zi, yi), rre = add(zi, yi), rim = sub(yr, zr);
      const sre = add(lre, rre), sim = add(lim, rim), dre = sub(lre, rre), dim = sub(lim, rim);
      const pl = power(lre, lim), pr = power(rre, rim), ps = power(sre, sim), pd = power(dre, dim);
      const xl = f32x4.sqrt(f32x4.pmax(floor4, pl)), xr = f32x4.sqrt(f32x4.pmax(floor4, pr)), xs = f32x4.sqrt(f32x4.pmax(floor4, ps)), xd = f32x4.sqrt(f32x4.pmax(floor4, pd));
      const tl = v128.load(target), tr = v128.load(target, 16), ts = v128.load(target, 32), td = v128.load(target, 48);
      const el = sub(xl, tl), er = sub(xr, tr), es = sub(xs, ts), ed = sub(xd, td);
      lrPart = add(lrPart, add(mul(el, el), mul(er, er))); sPart = add(sPart, mul(es, es)); dPart = add(dPart, mul(ed, ed));
      lrMax = mul(lrMax, mul(f32x4.pmax(xl, tl), f32x4.pmax(xr, tr))); lrMin = mul(lrMin, mul(f32x4.pmin(xl, tl), f32x4.pmin(xr, tr)));
      sdMax = mul(sdMax, mul(f32x4.pmax(xs, ts), f32x4.pmax(xd, td))); sdMin = mul(sdMin, mul(f32x4.pmin(xs, ts), f32x4.pmin(xd, td)));
      if ((k & 1) || k == half) {
        lrLogs = add(lrLogs, logarithm(lrMax, lrMin)); sdLogs = add(sdLogs, logarithm(sdMax, sdMin));
        lrMax = one; lrMin = one; sdMax = one; sdMin = one;
      }
      const il = f32x4.div(one, xl), ir = f32x4.div(one, xr), is = f32x4.div(one, xs), id = f32x4.div(one, xd);
      const fl = slope(pl, il, mul(el, il), floor4, lrLogWeight, lrWeight), fr = slope(pr, ir, mul(er, ir), floor4, lrLogWeight, lrWeight);
      const fs = slope(ps, is, mul(es, is), floor4, sdLogWeight, sWeight), fd = slope(pd, id, mul(ed, id), floor4, sdLogWeight, dWeight);
      const gsr = mul(fs, sre), gsi = mul(fs, sim), gdr = mul(fd, dre), gdi = mul(fd, dim);
      const glr = add(mul(fl, lre), add(gsr, gdr)), gli = add(mul(fl, lim), add(gsi, gdi));
      const grr = add(mul(fr, rre), sub(gsr, gdr)), gri = add(mul(fr, rim), sub(gsi, gdi));
      if (p == q) {
        // Bins 0 and n/2 are their own mirror image.
        v128.store(p, add(glr, glr)); v128.store(p, add(grr, grr), 16);
      } else {
        v128.store(p, sub(glr, gri)); v128.store(p, add(gli, grr), 16);
        v128.store(q, add(glr, gri)); v128.store(q, sub(grr, gli), 16);
      }
    }
    lr += sumLanes64(lrPart); s += sumLanes64(sPart); d += sumLanes64(dPart);
    lrLog += sumLanes64(lrLogs); sdLog += sumLanes64(sdLogs);
    inverseBatch(scratch, n, twiddles);
    overlapAddFrames(scratch, gradLeft + offset, gradRight + offset, n, hop, window);
  }
  store<f64>(sums, lr); store<f64>(sums, s, 8); store<f64>(sums, d, 16); store<f64>(sums, lrLog, 24); store<f64>(sums, sdLog, 32);
}
