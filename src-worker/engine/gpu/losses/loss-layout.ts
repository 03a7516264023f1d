/** What the kernels of the loss have in common: how long things are and where sums go. */

/** Samples of a region that a workgroup answers for, in all of them. */
export const GROUP_SAMPLES = 512;

/** Sums of one resolution of the STFT: ‖Y − X‖² and ‖Y‖² of left and right, sum, difference; logarithms of l/r and m/s. */
export const STFT_SUMS = 8;
/** Sums of one scale of the dynamics: l/r and m/s. */
export const DYNAMICS_SUMS = 2;

export const RESOLUTIONS = 3;
export const SCALES = 2;

/**
 * Numbers per segment: {@link STFT_SUMS} of every resolution, then {@link DYNAMICS_SUMS} of every scale.
 */
export const LOSS_SUMS = RESOLUTIONS * STFT_SUMS + SCALES * DYNAMICS_SUMS;
export const FIRST_DYNAMICS_SUM = RESOLUTIONS * STFT_SUMS;

/** Factors of the terms in the gradient, in the order mss_lr, mss_ms, mldr_lr, mldr_ms. */
export const FACTORS = 4;

export interface LossLayout {
  /** Samples from a row of signals to the next. */
  readonly points: number;
  /** Workgroups that a region takes: one more than it has whole {@link GROUP_SAMPLES}, for the frame at its end. */
  readonly groups: number;
  /** Samples from a row of a region to the next: groups · {@link GROUP_SAMPLES}. */
  readonly stride: number;
}

/** `maxRegion` in samples. */
export function lossLayout(points: number, maxRegion: number): LossLayout {
  const groups = Math.floor(maxRegion / GROUP_SAMPLES) + 1;
  return { points, groups, stride: groups * GROUP_SAMPLES };
}

/**
 * Bytes of scratch a sample of a region takes, of every segment: its running averages, or its place in all frames of a
 * resolution. Both are over before the other begins.
 */
export const SCRATCH_BYTES_PER_SAMPLE = 32;
