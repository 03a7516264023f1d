// Short filters applied to long signals by overlap-save, eight blocks to a batched transform: blocks 2l and 2l+1 are the
// real and imaginary part of lane l. Spectra stay in digit-reversed order; the factor 1/n is part of the filter.
//
// A block of n samples gives `hop` valid outputs, its samples [from, from + hop). Signals have enough spare room behind
// them for whole batches: 8·hop·batches + n samples.

import { add, sub, mul, zero, bytesOfFloats } from './vector';
import { forwardBatch, inverseBatch } from './fft';
import { loadFrames, storeFrames, overlapAddFrames } from './frames';

/** data ← data · filter or its conjugate; filter: (re, im) float32 pairs in digit-reversed order. */
@inline function multiplySpectrum(data: usize, n: i32, filter: usize, conjugate: bool): void {
  for (const end = data + ((<usize>n) << 5); data < end; data += 32, filter += 8) {
    const hr = v128.load32_splat(filter), hi = v128.load32_splat(filter, 4), r = v128.load(data), i = v128.load(data, 16);
    if (conjugate) {
      v128.store(data, add(mul(r, hr), mul(i, hi))); v128.store(data, sub(mul(i, hr), mul(r, hi)), 16);
    } else {
      v128.store(data, sub(mul(r, hr), mul(i, hi))); v128.store(data, add(mul(i, hr), mul(r, hi)), 16);
    }
  }
}

/** y ← filter ∗ x on two channels at once (left, right in the real and imaginary parts), filter spectrum real or complex. */
export function convolveStereo(
  left: usize, right: usize, outLeft: usize, outRight: usize, batches: i32, n: i32, from: i32, hop: i32,
  ones: usize, twiddles: usize, filter: usize, scratch: usize,
): void {
  const advance = bytesOfFloats(4 * hop);
  for (let j = 0; j < batches; j++) {
    loadFrames(scratch, left, right, n, hop, ones);
    forwardBatch(scratch, n, twiddles);
    multiplySpectrum(scratch, n, filter, false);
    inverseBatch(scratch, n, twiddles);
    storeFrames(scratch, outLeft, outRight, from, hop, hop);
    left += advance; right += advance; outLeft += advance; outRight += advance;
  }
}

/** y ← filter ∗ x on one channel, eight blocks a batch. */
export function convolveMono(x: usize, y: usize, batches: i32, n: i32, from: i32, hop: i32, ones: usize, twiddles: usize, filter: usize, scratch: usize): void {
  const hopBytes = bytesOfFloats(hop);
  for (let j = 0; j < batches; j++) {
    loadFrames(scratch, x, x + hopBytes, n, 2 * hop, ones);
    forwardBatch(scratch, n, twiddles);
    multiplySpectrum(scratch, n, filter, false);
    inverseBatch(scratch, n, twiddles);
    storeFrames(scratch, y, y + hopBytes, from, hop, 2 * hop);
    x += hopBytes << 3; y += hopBytes << 3;
  }
}

/**
 * Adjoint of convolveMono. `gradY` holds hop-spaced gradients, read as frames whose first `from` samples belong to the
 * block before: `mask` is 1 on [from, from + hop) and 0 elsewhere, and gradY points `from` samples before the first.
 * Adds onto gradX (zeroed by the caller); `gradFilter` receives Σ conj(X) Ḡ as vectors (re, im), one per place, that
 * must still be summed over the lanes and, for blocks 2l and 2l+1 share a lane, its real inverse transform taken.
 */
export function convolveMonoAdjoint(
  x: usize, gradY: usize, gradX: usize, batches: i32, n: i32, hop: i32, mask: usize, ones: usize, twiddles: usize,
  filter: usize, scratch: usize, scratch2: usize, gradFilter: usize,
): void {
  const hopBytes = bytesOfFloats(hop);
  const size = (<usize>n) << 5;
  memory.fill(gradFilter, 0, size);
  for (let j = 0; j < batches; j++) {
    loadFrames(scratch, x, x + hopBytes, n, 2 * hop, ones);
    forwardBatch(scratch, n, twiddles);
    loadFrames(scratch2, gradY, gradY + hopBytes, n, 2 * hop, mask);
    forwardBatch(scratch2, n, twiddles);
    for (let at: usize = 0; at < size; at += 32) {
      const xr = v128.load(scratch + at), xi = v128.load(scratch + at, 16), gr = v128.load(scratch2 + at), gi = v128.load(scratch2 + at, 16);
      const sum = gradFilter + at;
      v128.store(sum, add(v128.load(sum), add(mul(xr, gr), mul(xi, gi))));
      v128.store(sum, add(v128.load(sum, 16), sub(mul(xr, gi), mul(xi, gr))), 16);
    }
    multiplySpectrum(scratch2, n, filter, true);
    inverseBatch(scratch2, n, twiddles);
    overlapAddFrames(scratch2, gradX, gradX + hopBytes, n, 2 * hop, ones);
    x += hopBytes << 3; gradY += hopBytes << 3; gradX += hopBytes << 3;
  }
}

/** sum += x, f32[length]; up to three samples more are touched when length is no multiple of 4. */
export function accumulateInto(sum: usize, x: usize, length: i32): void {
  for (const end = sum + bytesOfFloats(length); sum < end; sum += 16, x += 16) v128.store(sum, add(v128.load(sum), v128.load(x)));
}
