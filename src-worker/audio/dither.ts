/**
 * Dither with a triangular density (TPDF), two quantising steps wide from peak to peak: the sum of two independent
 * uniform values, each one step wide. It makes the mean and the power of the rounding error independent of the
 * signal (Lipshitz, Wannamaker & Vanderkooy, Quantization and dither, JAES 40, 1992).
 */

/** A stream of values in (−1, 1) steps, the same for the same seed. */
export function triangularDither(seed: number): () => number {
  let state = seed >>> 0;
  // Mulberry32: 32 bits of state, all of its period used, good enough for noise 96 dB down.
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => uniform() - uniform();
}
